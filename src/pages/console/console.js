// Signing in and out, and the stream of events that keeps the page up to date.
import { announce, ask, create, part, theirs } from './dom.js'
import { showCalls, showCluster, showTasks, showTokens } from './overview.js'
import { setClock, showPlans, showSession } from './plans.js'

/** Without a sign of the bridge for so long, the stream is opened again. */
const silentMs = 20_000

/** @type {EventSource | undefined} */
let stream
let heardAt = 0

/** @param {'sign-in' | 'console'} id */
function show(id) {
  part('sign-in').hidden = id !== 'sign-in'
  part('console').hidden = id !== 'console'
}

/** @param {string} [problem] why the page is not shown any more */
function signedOut(problem = '') {
  stream?.close()
  stream = undefined
  document.title = 'scale-bridge console'
  show('sign-in')
  part('sign-in-problem').textContent = problem
  part('token', 'input').focus()
}

/** @param {any} session */
function signedIn(session) {
  show('console')
  tellSession(session)
  open()
}

/** @param {any} session */
function tellSession(session) {
  const { name, person, mayApprove } = session
  part('who').replaceChildren(
    'Signed in as ',
    create('strong', '', theirs(name)),
    person === null ? '' : ' (',
    person === null ? '' : theirs(person.name),
    person === null ? '' : ')'
  )
  part('look-only').hidden = mayApprove
  showSession(session)
}

/** @param {'good' | 'bad'} kind @param {string} text */
function tellConnection(kind, text) {
  const element = part('connection')
  if (element.textContent === text) return
  element.className = kind
  element.textContent = text
}

/** @type {Record<string, (data: any) => void>} */
const onEvent = {
  session: tellSession,
  plans: showPlans,
  tasks: showTasks,
  cluster: showCluster,
  calls: showCalls,
  tokens: showTokens,
  beat: ({ now }) => setClock(now),
  end: () => signedOut('The session has ended: sign in again.')
}

/** Opens the stream; the browser itself opens it again when it breaks. */
function open() {
  stream?.close()
  stream = new EventSource('/console/events')
  heardAt = performance.now()
  for (const [name, take] of Object.entries(onEvent))
    stream.addEventListener(name, (event) => {
      heardAt = performance.now()
      tellConnection('good', 'Live')
      take(JSON.parse(event.data))
    })
  stream.addEventListener('error', () => {
    tellConnection('bad', 'No connection to the bridge: what is shown may be old')
    // Refused, not broken: it is not opened again by itself.
    if (stream?.readyState === EventSource.CLOSED) void look()
  })
}

/** Whether the session still holds. */
async function look() {
  try {
    const session = await ask('/console/session')
    if (session.signedIn) signedIn(session)
    else signedOut(stream === undefined ? '' : 'The session has ended: sign in again.')
  } catch {
    setTimeout(look, 5_000)
  }
}

setInterval(() => {
  if (stream === undefined || performance.now() - heardAt < silentMs) return
  tellConnection('bad', 'No connection to the bridge: what is shown may be old')
  open()
}, 5_000)

async function signIn() {
  const field = part('token', 'input')
  const problem = part('sign-in-problem')
  problem.textContent = ''
  try {
    const token = field.value.trim()
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new Error('A token has no spaces and no special letters: paste it whole.')
    const session = await ask('/console/login', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` }
    })
    field.value = ''
    signedIn(session)
    announce(`Signed in as ${session.name}`)
    part('waiting-title').focus()
  } catch (error) {
    const { status, message } = /** @type {Error & { status?: number }} */ (error)
    problem.textContent = status === 401 ? 'The bridge does not know this token.' : message
    field.select()
  }
}

async function signOut() {
  try {
    await ask('/console/logout', { method: 'POST' })
    signedOut()
  } catch (error) {
    tellConnection('bad', /** @type {Error} */ (error).message)
  }
}

part('sign-in')
  .querySelector('form')
  ?.addEventListener('submit', (event) => {
    event.preventDefault()
    void signIn()
  })
part('sign-out').addEventListener('click', () => void signOut())

void look()

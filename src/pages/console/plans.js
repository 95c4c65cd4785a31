// The plans that wait for a decision, and those that were decided.
import { announce, ask, create, part, theirs, time, who } from './dom.js'

/** In words a person understands. */
const effectWords = {
  change: 'changes something',
  interrupt: 'interrupts',
  lose: 'loses data',
  egress: 'data leaves or enters',
  control: 'controls the cluster'
}

/** A second press approves these: what they do cannot be undone. */
const grave = ['lose', 'egress', 'control']

/** The second press counts between this many ms after the first. */
const confirmFromMs = 400
const confirmWithinMs = 6_000

/** @typedef {{ plan: any, element: HTMLElement, left: HTMLElement, tick: () => void }} Card */

/** @type {Map<string, Card>} */
const cards = new Map()
let mayApprove = false

/** What the clock of the bridge is ahead of `performance.now()`, in ms. */
let ahead = 0
let isFirst = true

/** After cards have moved, a press is not for the card that is there now. */
const stillMs = 600
let movedAt = -Infinity

/** @param {number} now Unix milliseconds, by the bridge */
export const setClock = (now) => void (ahead = now - performance.now())

/** @param {{ mayApprove: boolean }} session */
export function showSession(session) {
  if (session.mayApprove === mayApprove) return
  mayApprove = session.mayApprove
  for (const [id, { plan, element }] of cards) {
    const card = createCard(plan)
    element.replaceWith(card.element)
    cards.set(id, card)
  }
}

/** @param {{ now: number, plans: any[] }} data */
export function showPlans({ now, plans }) {
  setClock(now)
  // What expires first is above; what is new moves nothing.
  const waiting = plans.filter(({ state }) => state === 'WAITING').toReversed()
  const place = part('waiting').querySelector('.cards')
  const fresh = waiting.filter(({ id }) => !cards.has(id))
  for (const plan of fresh) {
    const card = createCard(plan)
    cards.set(plan.id, card)
    place?.append(card.element)
  }
  const ids = new Set(waiting.map(({ id }) => id))
  for (const [id, { element }] of cards)
    if (!ids.has(id)) {
      const hadFocus = element.contains(document.activeElement)
      const next = element.nextElementSibling ?? element.previousElementSibling
      if (element.nextElementSibling !== null) movedAt = performance.now()
      element.remove()
      cards.delete(id)
      if (hadFocus) focusOn(next)
    }
  if (fresh.length > 0 && !isFirst)
    announce(
      fresh.length === 1
        ? `A new plan waits: ${fresh[0].summary}`
        : `${fresh.length} new plans wait`
    )
  isFirst = false
  const empty = part('waiting').querySelector('.empty')
  if (empty instanceof HTMLElement) empty.hidden = waiting.length > 0
  document.title = `${waiting.length > 0 ? `(${waiting.length}) ` : ''}scale-bridge console`
  showDecided(plans.filter(({ state }) => state !== 'WAITING'))
}

/** @param {Element | null} card */
function focusOn(card) {
  const title = card?.querySelector('h3') ?? part('waiting-title')
  if (title instanceof HTMLElement) title.focus()
}

/** @param {any[]} plans */
function showDecided(plans) {
  const section = part('decided')
  const empty = section.querySelector('.empty')
  if (empty instanceof HTMLElement) empty.hidden = plans.length > 0
  section
    .querySelector('ol')
    ?.replaceChildren(
      ...plans.map(
        ({ id, state, summary, decidedBy, reason, outcome, requester, person, createdAt }) =>
          create(
            'li',
            '',
            create(
              'p',
              '',
              create('span', `badge ${state.toLowerCase()}`, state),
              ' ',
              theirs(summary)
            ),
            create(
              'p',
              'quiet',
              time(createdAt),
              ` ${id}, asked for by `,
              who(requester, person),
              decidedBy === null ? '' : ', decided by ',
              decidedBy === null ? '' : theirs(decidedBy),
              reason === null ? '' : ': ',
              reason === null ? '' : theirs(reason),
              outcome === null ? '' : '; ',
              outcome === null ? '' : theirs(outcome)
            )
          )
      )
    )
}

/** @param {string} kind @param {any} object */
function objectOf(kind, { uuid, name, deceptive, state, tags }) {
  const chips = tags.map((/** @type {string} */ tag) => create('span', 'tag', theirs(tag)))
  return [
    create(
      'p',
      'row',
      create('span', 'quiet', kind),
      create('strong', '', theirs(name ?? uuid, deceptive !== '')),
      state === null ? null : create('span', 'badge', state),
      ...chips
    ),
    deceptive === '' ? null : create('p', 'look-twice', `Look twice: this name ${deceptive}.`)
  ]
}

/** @param {any} target */
function targetOf({ kind, loses, vm, ...object }) {
  return create(
    'li',
    'target',
    ...objectOf(kind, object),
    ...(vm === null ? [] : objectOf('of VM', vm)),
    loses.length === 0 ? null : create('p', 'loss', 'Lost with it: ', theirs(loses.join('; '))),
    object.name === null ? null : create('p', 'quiet uuid', object.uuid)
  )
}

/** @param {readonly any[]} requests */
function requestsOf(requests) {
  const title = requests.length === 1 ? 'Exact request' : `All ${requests.length} requests`
  const details = create('details', '', create('summary', '', title))
  for (const { method, path, body } of requests) {
    const text = `${method} ${path}${body === null ? '' : `\n\n${JSON.stringify(body, null, 2)}`}`
    const block = create('pre', '', theirs(text))
    block.tabIndex = 0
    details.append(block)
  }
  return details
}

/** On a narrow page the targets are listed below alone, and not in the sentence as well. @param {any} plan */
function summaryOf({ summary, does, targets }) {
  if (targets.length === 0 || !summary.startsWith(does)) return [theirs(summary)]
  return [theirs(does), create('span', 'wide', theirs(summary.slice(does.length)))]
}

/** @param {any} plan @returns {Card} */
function createCard(plan) {
  const title = create('h3', '', ...summaryOf(plan))
  title.tabIndex = -1
  title.id = `title-${plan.id}`
  const left = create('span', 'left')
  left.setAttribute('role', 'timer')
  const problem = create('p', 'problem')
  problem.setAttribute('role', 'alert')
  const element = create(
    'article',
    `plan ${plan.effect}`,
    create(
      'p',
      'row',
      create(
        'span',
        `badge ${plan.effect}`,
        effectWords[/** @type {keyof typeof effectWords} */ (plan.effect)] ?? plan.effect
      ),
      create('code', '', plan.id),
      left
    ),
    title,
    create('ul', 'targets', ...plan.targets.map(targetOf)),
    create(
      'p',
      'quiet',
      'Asked for by ',
      who(plan.requester, plan.person),
      ' with ',
      theirs(plan.tool),
      ' at ',
      time(plan.createdAt)
    ),
    create('p', 'quiet', 'Needs a person: ', theirs(plan.because)),
    requestsOf(plan.requests)
  )
  element.setAttribute('aria-labelledby', title.id)
  const controls = controlsOf(plan, problem)
  if (controls !== undefined) element.append(controls)
  element.append(problem)

  const expiresAt = Date.parse(plan.expiresAt)
  function tick() {
    const seconds = Math.max(0, Math.ceil((expiresAt - performance.now() - ahead) / 1000))
    const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    left.textContent = seconds > 0 ? `${text} left` : 'expired'
    left.classList.toggle('soon', seconds < 60)
    if (seconds > 0) return
    if (element.contains(document.activeElement)) title.focus()
    for (const button of element.querySelectorAll('button')) button.disabled = true
  }
  tick()
  return { plan, element, left, tick }
}

setInterval(() => {
  for (const { tick } of cards.values()) tick()
}, 1_000)

/** @param {any} plan @param {HTMLElement} problem */
function controlsOf(plan, problem) {
  if (plan.own)
    return create(
      'div',
      'controls',
      create('p', 'note', 'Asked for with your own token: another person has to approve it.'),
      ...denial(plan, problem, 'Withdraw')
    )
  if (!mayApprove) return undefined
  return create('div', 'controls', approval(plan, problem), ...denial(plan, problem, 'Deny'))
}

/**
 * @param {any} plan
 * @param {'approve' | 'deny'} decision
 * @param {object} body
 * @param {HTMLElement} problem
 */
async function decide(plan, decision, body, problem) {
  problem.textContent = ''
  const element = cards.get(plan.id)?.element
  if (element === undefined || element.ariaBusy === 'true') return
  // Not disabled: the focus would be lost.
  element.ariaBusy = 'true'
  try {
    const decided = await ask(`/console/approvals/${encodeURIComponent(plan.id)}/${decision}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    announce(`Plan ${plan.id} is ${decided.state.toLowerCase()}`)
  } catch (error) {
    problem.textContent = /** @type {Error} */ (error).message
    element.ariaBusy = null
  }
}

/** @param {any} plan @param {HTMLElement} problem */
function approval(plan, problem) {
  const button = create('button', 'strong approve', 'Approve')
  button.type = 'button'
  let askedAt = -Infinity
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  function calm() {
    clearTimeout(timer)
    askedAt = -Infinity
    button.textContent = 'Approve'
    button.classList.remove('asks')
  }
  // A key that is held down presses again and again.
  button.addEventListener('keydown', (event) => {
    if (event.repeat && (event.key === 'Enter' || event.key === ' ')) event.preventDefault()
  })
  button.addEventListener('blur', calm)
  button.addEventListener('click', () => {
    if (performance.now() - movedAt < stillMs) {
      announce('The list has just changed: look again, then press again')
      return
    }
    const since = performance.now() - askedAt
    if (since < confirmFromMs) return
    if (!grave.includes(plan.effect) || since <= confirmWithinMs) {
      calm()
      void decide(plan, 'approve', {}, problem)
      return
    }
    askedAt = performance.now()
    button.textContent = 'Press again to approve'
    button.classList.add('asks')
    announce(`Press again to approve: ${plan.summary}`)
    timer = setTimeout(calm, confirmWithinMs)
  })
  return button
}

/** @param {any} plan @param {HTMLElement} problem @param {string} word */
function denial(plan, problem, word) {
  const opener = create('button', 'deny', word)
  opener.type = 'button'
  const field = create('input')
  field.type = 'text'
  field.maxLength = 500
  field.id = `reason-${plan.id}`
  const label = create('label', '', 'Reason, for the requester (may be empty)')
  label.htmlFor = field.id
  const send = create('button', 'strong deny', word)
  send.type = 'submit'
  const cancel = create('button', '', 'Cancel')
  cancel.type = 'button'
  const form = create('form', 'denial', label, field, create('div', 'row', send, cancel))
  form.hidden = true
  /** @param {boolean} open */
  function toggle(open) {
    form.hidden = !open
    opener.setAttribute('aria-expanded', String(open))
    if (open) field.focus()
    else opener.focus()
  }
  opener.setAttribute('aria-expanded', 'false')
  opener.addEventListener('click', () => toggle(form.hidden === true))
  cancel.addEventListener('click', () => toggle(false))
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') toggle(false)
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const reason = field.value.trim()
    void decide(plan, 'deny', reason === '' ? {} : { reason }, problem)
  })
  return [opener, form]
}

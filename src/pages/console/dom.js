// What the page is built with: every text, from any source, is put in as a text.

/**
 * The part of the page with this id.
 * @template {keyof HTMLElementTagNameMap} [Name='div']
 * @param {string} id
 * @param {Name} [_name] what it is, for the types
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function part(id, _name) {
  return /** @type {HTMLElementTagNameMap[Name]} */ (document.getElementById(id))
}

/**
 * A new element with texts and elements in it.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name with a class behind a dot: `span.tag`
 * @param {string} [className]
 * @param {(Node | string | null | undefined | false)[]} content
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function create(name, className = '', ...content) {
  const element = document.createElement(name)
  if (className !== '') element.className = className
  for (const each of content) if (each) element.append(each)
  return element
}

/** Invisible characters are shown by their codes: `\u202e`. */
const byCode = /(\\u\{[0-9a-f]+\}|\\u[0-9a-f]{4})/

/** A letter that a plain name does not have. */
const unusual = /([^\x20-\x7e]+)/

/**
 * A text that others wrote, apart from what stands around it; what could deceive its reader is marked.
 * @param {string} text
 * @param {boolean} [deceptive] letters of other scripts are marked, too
 */
export function theirs(text, deceptive = false) {
  const element = create('bdi')
  for (const piece of text.split(byCode)) {
    if (byCode.test(piece)) element.append(mark(piece, 'a character that is not seen'))
    else if (!deceptive) element.append(piece)
    else
      for (const run of piece.split(unusual))
        element.append(unusual.test(run) ? mark(run, 'not the letter it looks like') : run)
  }
  return element
}

/** @param {string} text @param {string} why */
function mark(text, why) {
  const element = create('mark', '', text)
  element.title = why
  return element
}

/** @param {number | string} at Unix milliseconds, or ISO 8601 */
export function time(at) {
  const date = new Date(at)
  const element = create(
    'time',
    '',
    date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  )
  element.dateTime = date.toISOString()
  element.title = date.toLocaleString()
  return element
}

/**
 * Who asked: the token, and the person behind it.
 * @param {string} token
 * @param {{ name: string, verified: boolean } | null} person
 */
export function who(token, person) {
  const element = create('span', 'who', theirs(token))
  if (person !== null)
    element.append(
      ' for ',
      theirs(person.name),
      ' ',
      create(
        'span',
        person.verified ? 'verified' : 'claimed',
        person.verified ? 'verified' : 'claimed'
      )
    )
  return element
}

/**
 * Says it to those who do not see the page.
 * @param {string} text
 */
export const announce = (text) => void (part('announcer').textContent = text)

/**
 * A request to the bridge; throws what it says is wrong.
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, options = {}) {
  let response
  try {
    response = await fetch(path, {
      ...options,
      headers: { accept: 'application/json', ...options.headers }
    })
  } catch {
    throw new Error('The bridge does not respond. Nothing was changed by this page; try again.')
  }
  const body = await response.json().catch(() => undefined)
  if (response.ok) return body
  const error = new Error(body?.error?.message ?? `The bridge returned ${response.status}.`)
  throw Object.assign(error, { status: response.status })
}

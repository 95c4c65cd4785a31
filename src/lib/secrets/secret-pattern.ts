/** Characters of a secret that are matched one by one even where the text ends in the middle of it. */
const cutLength = 16

/** This many characters of a secret before `…` are still taken for it: fewer give nothing away. */
const minCutLength = 4

/** A shorter one is in too many texts. */
const minAnchorLength = 3

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Hexadecimal digits in either case. */
const hex = (digits: string): string =>
  digits.replaceAll(/[a-f]/gi, (digit) => `[${digit.toLowerCase()}${digit.toUpperCase()}]`)

const hexOf = (code: number, length: number): string => hex(code.toString(16).padStart(length, '0'))

/** Percent-encoded, also twice. */
const percentEncoded = (character: string): string =>
  [...Buffer.from(character, 'utf8')].map((byte) => `%(?:25){0,2}${hexOf(byte, 2)}`).join('')

/** `\u00e9`, as JSON may write it, also within JSON; or `\u{1f600}`, as what is hidden is shown. */
function unicodeEscaped(character: string): string[] {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
  const code = character.codePointAt(0) ?? 0
  return [
    units.map((unit) => `\\\\{1,3}u${hexOf(unit, 4)}`).join(''),
    `\\\\{1,3}u\\{${hexOf(code, 1)}\\}`
  ]
}

const entities: Record<string, string> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos'
}

function htmlEncoded(character: string): string[] {
  const code = character.codePointAt(0) ?? 0
  const name = entities[character]
  return [
    ...(name === undefined ? [] : [`&${name};`]),
    `&#0{0,4}${code};`,
    `&#[xX]0{0,4}${hexOf(code, 1)};`
  ]
}

const shortEscapes: Record<string, string> = {
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't'
}

/** How JSON, and JSON within JSON, writes the character itself. */
function inJson(character: string): string {
  if (character === '\\') return '\\\\{1,4}'
  if (character === '"' || character === '/') return `\\\\{0,3}${literal(character)}`
  const short = shortEscapes[character]
  return short === undefined ? literal(character) : `\\\\{1,3}${short}`
}

const isPlain = (character: string): boolean => /^[A-Za-z0-9]$/.test(character)

/** One character in every way in which a text may write it; letters and digits are not encoded. */
const oneOf = (character: string): string =>
  isPlain(character)
    ? character
    : `(?:${[
        percentEncoded(character),
        ...unicodeEscaped(character),
        ...htmlEncoded(character),
        inJson(character)
      ].join('|')})`

/** A letter with its marks, composed or not. */
function letter(text: string): string {
  const forms = new Set([text, text.normalize('NFC'), text.normalize('NFD')])
  const patterns = [...forms].map((form) => Array.from(form, oneOf).join(''))
  return patterns.length === 1 ? patterns.join('') : `(?:${patterns.join('|')})`
}

/** Whitespace of any kind, however encoded. */
const whitespace = `\\s|\\+|%(?:25){0,2}(?:20|0[9aAdD])|\\\\{1,3}[nrtfv]|&#0{0,4}32;|${unicodeEscaped('\u00a0').join('|')}`

/**
 * The characters of a secret as pieces of a pattern. Runs are one piece: a text on one line has one
 * space for several, and a run of backslashes must not be split in many ways.
 */
const pieces = (secret: string): string[] =>
  [...secret.matchAll(/\s+|\\+|[\s\S]\p{M}*/gu)].map(([run]) => {
    const { length } = run
    if (/^\s/u.test(run)) return `(?:${whitespace}){1,${length}}`
    if (run.startsWith('\\')) return `(?:\\\\{${length},${4 * length}}|${oneOf('\\')}{${length}})`
    return letter(run)
  })

/** Where a text was cut. */
const cutHere = '(?=…|\\.{3})'

/** A run of backslashes, which may take those of an escaped character after it. */
const isBackslashes = (piece: string | undefined): boolean => piece?.startsWith('(?:\\\\{') === true

/** A pattern for the pieces, and for their beginning where a text was cut there. */
function withCut(all: readonly string[]): string {
  let length = cutLength
  // Nothing has to match after the middle: it must not end with what may have taken too much.
  while (isBackslashes(all[length - 1])) length++
  const head = all.slice(0, minCutLength).join('')
  const middle = all.slice(minCutLength, length)
  const tail = all.slice(length)
  const cutTail = `[^…\\n]{0,${tail.length}}?${cutHere}`
  const end = tail.length === 0 ? '' : `(?:${tail.join('')}|${cutTail}|)`
  return head + middle.reduceRight((rest, piece) => `(?:${piece}${rest}|${cutHere})`, end)
}

/**
 * A regular expression, as text, for a secret in every form that a text may give it: as it is,
 * percent-encoded in part or whole, with `+` for whitespace, escaped as in JSON, in HTML, composed or
 * decomposed; and for its beginning where a text was cut in the middle of it (`…`).
 *
 * No text makes it slow: every quantifier is bounded, and its pieces begin differently.
 */
export function secretPattern(secret: string): string {
  return secret.trim() === '' ? '(?!)' : withCut(pieces(secret.trim()))
}

/** Where what is looked for first is taken from: a text that was cut later still has it. */
const anchorLength = 8

const runsIn = (text: string): string[] => text.match(/[A-Za-z0-9]+/g) ?? []

/**
 * What every form of a secret has in it as it is: the beginning of its first run of letters and digits,
 * or of its longest where all are short. `""` where it has none. To look for this first is many times
 * faster.
 */
export function anchorOf(secret: string): string {
  const text = secret.trim()
  const early = runsIn(text.slice(0, anchorLength))
  const runs = early.length > 0 ? early : runsIn(text)
  const first = runs.find((run) => run.length >= minAnchorLength)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  return (first ?? longest).slice(0, minCutLength)
}

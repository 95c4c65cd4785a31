import { anchorOf, secretPattern } from './secret-pattern.ts'

/** A value that only its owner may read. */
export interface Secret {
  value: string
  /** Who it belongs to: the two are also known as `user:value` and its base64, as logins are sent. */
  user?: string | undefined
  /** The same text is also something that may be read, such as the name of the user. */
  isPublic?: boolean
}

/** What stands for a secret. */
export const redacted = '***'

/** Kinds of characters; a first capital alone makes no kind of its own. */
const kinds = [/(?<!^)\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u]

const isOdd = /[^\p{Lu}\p{Ll}\p{Nd}]/u

const minLength = 6
const minDifferent = 4
const minLengthOfOneKind = 16

/**
 * Whether a secret may be looked for wherever it occurs. One that is short, or looks like a word or a
 * number (`admin`, `Password`, `20261122`), is as likely to be something else: the name of a user, a
 * field, a size. To replace it would mutilate responses, and to see it replaced would give it away. It
 * is redacted only as part of a login: `user:value`, the base64 of that, and in addresses.
 */
export function isDistinctive(value: string): boolean {
  const characters = Array.from(value.trim())
  if (characters.length < minLength || new Set(characters).size < minDifferent) return false
  if (characters.length >= minLengthOfOneKind || isOdd.test(value.trim())) return true
  return kinds.filter((kind) => kind.test(value.trim())).length > 1
}

/** A text to look for, and what belongs to it wherever it follows. */
interface Known {
  text: string
  tail: string
}

const minBase64Length = 8

/** The base64 of a text, to its last digit that stays the same whatever follows; the others follow. */
function base64Of(text: string): Known[] {
  const bytes = Buffer.from(text, 'utf8')
  const stable = Math.floor(bytes.length / 3) * 4
  const digits = bytes.toString('base64').replace(/=+$/, '')
  const encoded = stable >= minBase64Length ? digits.slice(0, stable) : digits
  if (encoded.length < minBase64Length) return []
  const forUrls = encoded.replaceAll('+', '-').replaceAll('/', '_')
  return [...new Set([encoded, forUrls])].map((start) => ({
    text: start,
    tail: '(?:[A-Za-z0-9+/_=-]|%2[BbFf]|%3[Dd])*'
  }))
}

/** `DOMAIN;user`, `DOMAIN\\user`, `DOMAIN/user`: a server may write one as another, or the user alone. */
function namesOf(user: string): string[] {
  const [, domain, name] = /^([^;\\/]+)[;\\/](.+)$/s.exec(user) ?? []
  return domain === undefined || name === undefined
    ? [user]
    : [...[';', '\\', '/'].map((mark) => domain + mark + name), name]
}

/** The texts by which a secret is known. */
function textsOf({ value, user = '', isPublic = false }: Secret): Known[] {
  if (value.trim() === '') return []
  const pairs = user === '' ? [] : namesOf(user).map((name) => `${name}:${value}`)
  const alone = !isPublic && isDistinctive(value) ? [value] : []
  return [...pairs, ...alone].flatMap((text) => [{ text, tail: '' }, ...base64Of(text)])
}

/** Secrets that come and go, such as session ids: those before them cannot be used any more. */
const maxLearned = 64

/** One text to look for. Its pattern is built with the first text that may hold it. */
class SecretPattern {
  readonly text: string
  readonly anchor: string
  readonly #tail: string
  #pattern: RegExp | undefined

  constructor({ text, tail }: Known) {
    this.text = text
    this.anchor = anchorOf(text)
    this.#tail = tail
  }

  redact(text: string): string {
    if (!text.includes(this.anchor)) return text
    this.#pattern ??= new RegExp(`(?:${secretPattern(this.text)})${this.#tail}`, 'g')
    return text.replace(this.#pattern, redacted)
  }
}

/**
 * Replaces known secrets by `***`, whatever form a text gives them. What it knows it knows by value:
 * where a secret stands, and what it looks like, does not matter.
 */
export class Redactor {
  readonly #fixed: readonly SecretPattern[]
  #learned: SecretPattern[] = []
  /** The longest first: a login before the password in it. */
  #patterns: readonly SecretPattern[] = []
  #anchors: string[] = []

  constructor(secrets: Iterable<Secret>) {
    const known = new Map([...secrets].flatMap(textsOf).map((each) => [each.text, each]))
    this.#fixed = [...known.values()].map((each) => new SecretPattern(each))
    this.#prepare()
  }

  /** One more secret, known from now on. */
  learn(value: string): void {
    const known = new Set(this.#patterns.map(({ text }) => text))
    const fresh = textsOf({ value }).filter(({ text }) => !known.has(text))
    if (fresh.length === 0) return
    const patterns = fresh.map((each) => new SecretPattern(each))
    this.#learned = [...this.#learned, ...patterns].slice(-maxLearned)
    this.#prepare()
  }

  /** Short texts of letters and digits: what holds none of them holds no secret. */
  get anchors(): readonly string[] {
    return this.#anchors
  }

  /** The text with `***` for every secret in it. */
  redact(text: string): string {
    return this.#patterns.reduce((clean, pattern) => pattern.redact(clean), text)
  }

  #prepare(): void {
    this.#patterns = [...this.#fixed, ...this.#learned].toSorted(
      (a, b) => b.text.length - a.text.length
    )
    this.#anchors = [...new Set(this.#patterns.map(({ anchor }) => anchor))]
  }
}

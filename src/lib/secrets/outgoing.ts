import { withoutLogins } from '../http/address-login.ts'
import {
  bytesOf,
  joinPieces,
  jsonPieces,
  type JsonPieces,
  shareAs,
  sourceOf
} from '../json/json-source.ts'
import { itemsOf } from '../json/json-text.ts'
import { isObject, type JsonObject } from '../json/json.ts'
import { redacted, Redactor, type Secret } from './redactor.ts'
import { isSecretName, secretNames } from './secrets.ts'
import { tokenForm } from './token-form.ts'
import { mayHide, notPlain, revealHidden } from '../text/visible-text.ts'

/** Fields whose texts do not leave, by name, and what is said of how to see them. */
export type Withheld = Readonly<Record<string, string>>

/** JSON that stays the same and is sent again and again: what it looks like outside is kept for it. */
export interface FixedJson {
  readonly json: string
}

/** Characters that JSON writes with an escape although they are invisible. */
const escapedInJson = /\\(?:u[0-9a-f]{4}|[bfr])/i

/** In JSON what may be read: nothing, or a record of nothing. */
const emptyInJson = '(?:""|null|\\{(?:"\\w+":"",?)*\\})'

/** Tokens of the bridge are kept as hashes: they are known by their form alone. */
const tokens = new RegExp(tokenForm, 'g')

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** What stands for a text that does not leave. */
const note = (text: string, advice: string): string =>
  `not shown, ${text.length} characters: ${advice}`

/**
 * The one way out: whatever leaves the bridge passes here, in responses, errors, MCP messages, log
 * lines, events and prompts. Known secrets, logins in addresses and what looks like a token of the bridge
 * are replaced by `***`, and invisible characters are written by their codes.
 */
export class Outgoing {
  readonly #redactor: Redactor
  /** What a text has in it that is not to leave as it is; most have nothing of it. */
  #suspect: RegExp
  /** The same in JSON, by the names of fields that are looked for, too. */
  #suspectJson = new Map<string, RegExp>()
  /** Of values that are shared: what they look like outside, and what was looked for then. */
  readonly #shown = new WeakMap<object, { suspect: RegExp; shown: object }>()
  /** The same of texts that stay the same. */
  readonly #shownFixed = new WeakMap<FixedJson, { suspect: RegExp; shown: string }>()
  /** What may leave as it is, and its JSON as it was then. */
  readonly #passed = new WeakMap<object, JsonPieces>()

  constructor(secrets: Iterable<Secret>) {
    this.#redactor = new Redactor(secrets)
    this.#suspect = this.#suspicion()
  }

  /** Makes one more secret known, such as the id of a session. */
  readonly learn = (secret: string): void => {
    this.#redactor.learn(secret)
    this.#suspect = this.#suspicion()
    this.#suspectJson = new Map()
  }

  /** A text that may leave. */
  text(text: string): string {
    return this.#suspect.test(text)
      ? revealHidden(withoutLogins(this.#redactor.redact(text)).replace(tokens, redacted))
      : text
  }

  /** A value of JSON in which every text, names of fields too, may leave. What needs no change is not copied. */
  value<T>(value: T): T {
    const suspect = this.#jsonSuspicion([])
    return this.#passes(value, suspect) ? value : (this.#walk(value, undefined) as T)
  }

  /**
   * A record of the cluster, or what was built from some: as `value`, and fields that hold a secret
   * by their name are emptied, as task records carry the session that started them (FACTS 4, 5.8).
   */
  record<T>(value: T, withheld: Withheld = {}): T {
    const suspect = this.#jsonSuspicion([...secretNames, ...Object.keys(withheld)])
    const record = isObject(value) ? this.#withShared(value, withheld, suspect) : value
    return (this.#passes(record, suspect) ? record : this.#walk(record, withheld)) as T
  }

  /** The JSON of what `value` or `record` has returned. */
  jsonOf(value: unknown): string {
    const passed = this.#piecesOf(value)
    return passed === undefined ? this.json(JSON.stringify(value)) : joinPieces(passed)
  }

  /** The same as bytes, if it is large and they exist or will be sent again; else undefined. */
  bytesOf(value: unknown): Buffer | undefined {
    const passed = this.#piecesOf(value)
    return passed && bytesOf(passed)
  }

  #piecesOf(value: unknown): JsonPieces | undefined {
    return typeof value === 'object' && value !== null ? this.#passed.get(value) : undefined
  }

  /** A text that is JSON, as `value`; any other as `text`. */
  json(text: string): string {
    if (!escapedInJson.test(text) && this.text(text) === text) return text
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return this.text(text)
    }
    const presented = this.value(value)
    return presented === value ? text : JSON.stringify(presented)
  }

  /** As `json`; looked through once for all secrets that are known by then. */
  fixedJson(fixed: FixedJson): string {
    const known = this.#shownFixed.get(fixed)
    if (known?.suspect === this.#suspect) return known.shown
    const shown = this.json(fixed.json)
    this.#shownFixed.set(fixed, { suspect: this.#suspect, shown })
    return shown
  }

  #suspicion(): RegExp {
    return new RegExp([notPlain.source, ...this.#marks()].join('|'))
  }

  /** What stands in a text with something to redact. */
  #marks(): readonly string[] {
    return ['://', tokenForm, ...this.#redactor.anchors]
  }

  /**
   * Whether a record may leave as it is: nothing in its JSON looks as if it had to be changed. To look
   * through one text takes a fraction of a look at each of the texts in it.
   */
  #passes(value: unknown, suspect: RegExp): boolean {
    if (typeof value !== 'object' || value === null) return false
    const isKnown = (piece: object): boolean => {
      const known = this.#shown.get(piece)
      return known?.suspect === suspect && known.shown === piece
    }
    const pieces = jsonPieces(value) ?? []
    const fresh = pieces.filter((piece) => typeof piece === 'string' || !isKnown(piece))
    if (suspect.test(joinPieces(fresh))) return false
    this.#passed.set(value, pieces)
    return true
  }

  /** A record with its shared fields as they look outside. That is found out once for each of them. */
  #withShared(record: JsonObject, withheld: Withheld, suspect: RegExp): JsonObject {
    let copy: JsonObject | undefined
    for (const [name, field] of Object.entries(record)) {
      const source = sourceOf(field)
      // A field that is secret by its own name has its turn with the others.
      if (source === undefined || isSecretName(name) || Object.hasOwn(withheld, name)) continue
      const shared = field as object
      const known = this.#shown.get(shared)
      const shown =
        known?.suspect === suspect
          ? known.shown
          : suspect.test(source)
            ? this.#showShared(shared, source, withheld, suspect)
            : shared
      // What has come out once comes out the same a second time.
      if (known?.suspect !== suspect)
        for (const each of [shared, shown]) this.#shown.set(each, { suspect, shown })
      if (shown !== shared) (copy ??= { ...record })[name] = shown
    }
    return copy ?? record
  }

  /**
   * What is shared as it looks outside. Of a list, only the items that look as if they had to be changed are
   * looked through. What was looked through is written again: a text may hold more than the value in it, such
   * as a field twice.
   */
  #showShared(shared: object, source: string, withheld: Withheld, suspect: RegExp): object {
    const list = Array.isArray(shared) ? (shared as unknown[]) : undefined
    const items = list && itemsOf(source)
    if (list === undefined || items?.length !== list.length) {
      const walked = this.#walk(shared, withheld) as object
      const own = walked !== shared ? walked : Array.isArray(walked) ? [...walked] : { ...walked }
      return shareAs(own, JSON.stringify(own))
    }
    const shown = [...list]
    for (const [i, item] of items.entries()) {
      if (!suspect.test(item)) continue
      shown[i] = this.#walk(list[i], withheld)
      items[i] = JSON.stringify(shown[i])
    }
    return shareAs(shown, `[${items.join(',')}]`)
  }

  #jsonSuspicion(names: readonly string[]): RegExp {
    const key = names.join('|')
    const known = this.#suspectJson.get(key)
    if (known !== undefined) return known
    const fields = key === '' ? [] : [`"(?:${key})":(?!${emptyInJson})`]
    // Letters of other languages are in most lists: one look at all of it shows that they hide nothing.
    const suspect = new RegExp([mayHide, ...this.#marks(), '\\\\[ubfr]', ...fields].join('|'), 'u')
    this.#suspectJson.set(key, suspect)
    return suspect
  }

  #walk(value: unknown, withheld: Withheld | undefined): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return this.#list(value, withheld)
    if (isObject(value)) return this.#fields(value, withheld)
    return value
  }

  #list(list: readonly unknown[], withheld: Withheld | undefined): unknown {
    let copy: unknown[] | undefined
    for (let i = 0; i < list.length; i++) {
      const shown = this.#walk(list[i], withheld)
      if (shown !== list[i]) (copy ??= [...list])[i] = shown
    }
    return copy ?? list
  }

  #fields(record: Record<string, unknown>, withheld: Withheld | undefined): unknown {
    let copy: Record<string, unknown> | undefined
    let renamed = false
    for (const name of Object.keys(record)) {
      const held = record[name]
      const shown =
        withheld === undefined ? this.#walk(held, withheld) : this.#field(name, held, withheld)
      if (shown !== held) (copy ??= { ...record })[name] = shown
      renamed ||= this.text(name) !== name
    }
    const fields = copy ?? record
    if (!renamed) return fields
    return Object.fromEntries(
      Object.entries(fields).map(([name, shown]) => [this.text(name), shown])
    )
  }

  #field(name: string, held: unknown, withheld: Withheld): unknown {
    if (isSecretName(name) && isFilled(held)) return held === redacted ? held : ''
    const advice = Object.hasOwn(withheld, name) ? withheld[name] : undefined
    if (advice === undefined) return this.#walk(held, withheld)
    if (isFilled(held)) return note(held, advice)
    if (!isObject(held)) return this.#walk(held, withheld)
    return Object.fromEntries(
      Object.entries(held).map(([part, text]) => [
        this.text(part),
        isFilled(text) ? note(text, advice) : this.#walk(text, withheld)
      ])
    )
  }
}

import { type Effect, effects } from '../../lib/effect.ts'
import { isObject } from '../../lib/json/json.ts'
import { asWord } from '../../lib/text/quote.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import { type FieldRules, isEmpty, type ValueType, type Verdict } from './body-rules.ts'
import type { AddressKind } from './marks.ts'

/** Something of the cluster that a request names. */
export interface JudgedTarget {
  /** `VirDomain`, `VirDomainSnapshot`, … */
  entity: string
  /** In lower case; `""` for the whole of an entity, such as the cluster that is switched off. */
  uuid: string
}

/** Where data or logins go to, or come from. May hold a login. */
export interface JudgedAddress {
  kind: AddressKind
  address: string
}

/** The higher the graver. */
export const grade = (effect: Effect): number => effects.indexOf(effect)

/** Of what is not known. */
export const control = (reason: string): Verdict => ({ effect: 'control', reason })

/** How much a verdict says: of verdicts that are as grave, the one that says most is shown. */
const telling = { unknown: 0, ofCall: 1, ofValue: 2 }

/** The graver; of two that are as grave the one that comes first in order, whichever was met first. */
export function graver(one: Verdict, other: Verdict): Verdict {
  const difference = grade(one.effect) - grade(other.effect)
  if (difference !== 0) return difference > 0 ? one : other
  return one.reason <= other.reason ? one : other
}

/** Of a place in a body: `actionType` of `[].actionType`. */
const nameOf = ({ place }: FieldRules): string =>
  place === '' ? 'the body' : place.replace(/^\[\]\.?/, '') || 'an item'

function typeOf(value: unknown): ValueType | undefined {
  if (Array.isArray(value)) return 'array'
  const type = typeof value
  if (type === 'object') return value === null ? undefined : 'object'
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined
}

/** A uuid, alone or as the last step of a path inside the cluster: `scribe/7c4f…`. */
const reference = /^(?:\w+\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i

/** Collects what one request does, field by field. */
export class Inspection {
  readonly #base: Verdict
  readonly #targets = new Map<string, JudgedTarget>()
  readonly #references = new Map<string, JudgedTarget>()
  readonly #addresses = new Map<string, JudgedAddress>()
  #worst: Verdict
  #telling = telling.ofCall

  constructor(base: Verdict) {
    this.#base = base
    this.#worst = base
  }

  get verdict(): Verdict {
    return this.#worst
  }

  get targets(): JudgedTarget[] {
    return [...this.#targets.values()]
  }

  get references(): JudgedTarget[] {
    const entries = [...this.#references]
    return entries.filter(([key]) => !this.#targets.has(key)).map(([, object]) => object)
  }

  get addresses(): JudgedAddress[] {
    return [...this.#addresses.values()]
  }

  /** Starts over with the next item; what is named is kept. */
  nextItem(): void {
    this.#worst = this.#base
    this.#telling = telling.ofCall
  }

  consider(verdict: Verdict, much = telling.unknown): void {
    const worse = grade(verdict.effect) - grade(this.#worst.effect) || much - this.#telling
    if (worse < 0 || (worse === 0 && verdict.reason >= this.#worst.reason)) return
    this.#worst = verdict
    this.#telling = much
  }

  acts(entity: string, id: string): void {
    const uuid = id.toLowerCase()
    this.#targets.set(`${entity} ${uuid}`, { entity, uuid })
  }

  pointsTo(entity: string, id: string): void {
    const uuid = id.toLowerCase()
    this.#references.set(`${entity} ${uuid}`, { entity, uuid })
  }

  /** What a value of the body does, and everything inside it. */
  value(rules: FieldRules, value: unknown): void {
    if (typeof value === 'string' && value !== '') this.#names(rules, value)
    if (rules.missing !== undefined && isEmpty(value)) this.consider(rules.missing, telling.ofValue)
    const rule = rules.rules.find(({ holds }) => holds(value))
    if (rule !== undefined) this.consider(rule.verdict, telling.ofValue)
    else if (rules.otherwise !== this.#base) this.consider(rules.otherwise)
    if (rules.closed && rule === undefined) return
    if (rules.type !== undefined && typeOf(value) !== rules.type)
      this.consider(control(`${nameOf(rules)} is not of type ${rules.type}`))
    else if (rules.values !== undefined && !rules.values.has(value))
      this.consider(control(`${nameOf(rules)} has a value that is not known`))
    else if (Array.isArray(value) && rules.item !== undefined)
      for (const item of value as unknown[]) this.value(rules.item, item)
    else if (isObject(value)) this.#object(rules, value)
  }

  #object(rules: FieldRules, value: Record<string, unknown>): void {
    let unknown: string | undefined
    for (const name of Object.keys(value)) {
      const inner = value[name]
      // JSON has no undefined: it is not sent.
      if (inner === undefined) continue
      const field = rules.fields.get(name)
      if (field !== undefined) this.value(field, inner)
      else if (unknown === undefined || name < unknown) unknown = name
    }
    if (unknown !== undefined) this.consider(control(`${asWord(unknown)} is not a known field`))
    if (rules.hasMissing) this.missing(rules, value)
  }

  /** What must be named and is not, here and in the objects that are absent. */
  missing(rules: FieldRules, value: Record<string, unknown>): void {
    for (const [name, field] of rules.fields) {
      if (Object.hasOwn(value, name) && value[name] !== undefined) continue
      if (field.missing !== undefined) this.consider(field.missing, telling.ofValue)
      else if (field.hasMissing && field.type === 'object') this.missing(field, {})
    }
  }

  /** What the value names. Anything but a uuid could be understood as anything. */
  #names(rules: FieldRules, value: string): void {
    const { target, references, address } = rules
    if (address !== undefined)
      this.#addresses.set(`${address} ${value}`, { kind: address, address: value })
    if (target === undefined && references.length === 0) return
    if (target !== undefined) this.acts(target, value)
    const uuid = reference.exec(value)?.[1]
    for (const entity of references) this.pointsTo(entity, uuid ?? value)
    if (target === undefined ? uuid === undefined : !isUuid(value))
      this.consider(control(`${nameOf(rules)} names nothing by its uuid`))
  }
}

import { type Effect, effects } from '../../lib/effect.ts'
import type { HttpMethod } from '../../lib/http-method.ts'
import { isObject } from '../../lib/json.ts'
import { asWord } from '../../lib/quote.ts'
import { isUuid } from '../../lib/uuid.ts'
import { type Catalog, loadCatalog, type Operation } from '../load.ts'
import {
  compileBody,
  type FieldRules,
  isEmpty,
  type Verdict,
  type ValueType
} from './body-rules.ts'
import type { AddressKind } from './marks.ts'

export type { Verdict } from './body-rules.ts'

/** A request as it would reach the cluster. */
export interface JudgedRequest {
  method: HttpMethod
  /** Below `/rest/v1`; begins with `/`, percent-encoded. */
  path: string
  query?: Readonly<Record<string, unknown>> | undefined
  /** Sent as JSON. */
  body?: unknown
}

/** Something of the cluster that a request names. */
export interface NamedObject {
  /** `VirDomain`, `VirDomainSnapshot`, … */
  entity: string
  /** In lower case; `""` for the whole of an entity, such as the cluster that is switched off. */
  uuid: string
}

/** What a request does to the cluster. */
export interface Judgement {
  /** The gravest of all items and fields. */
  effect: Effect
  /** Why it is that grave, in short words; names of the caller's are quoted. */
  reason: string
  /** One for each item of a body that is an array, in its order; else one for the whole. */
  items: readonly Verdict[]
  /** Distinct objects acted on. What a call creates has no uuid yet and is none of them. */
  targets: readonly NamedObject[]
  /**
   * Distinct objects that are only pointed to: the source of a copy, a schedule, a node. Who may reach only
   * some objects must be held to these, too.
   */
  references: readonly NamedObject[]
  /** Hosts and URIs that data or logins leave to or come from; these may hold a login. */
  addresses: readonly { kind: AddressKind; address: string }[]
}

/** An operation with the rules of its body. */
interface Judged {
  operation: Operation
  base: Verdict
  body: FieldRules | undefined
  queryNames: ReadonlySet<string>
}

const grade = (effect: Effect): number => effects.indexOf(effect)

const control = (reason: string): Verdict => ({ effect: 'control', reason })

const unknownCall = control('the catalog does not know this call')
const unknownPath = control('the path is not of the form of any known call')
const reads: Verdict = { effect: 'read', reason: 'only reads' }

/** How much a verdict says: of verdicts that are as grave, the one that says most is shown. */
const telling = { unknown: 0, ofCall: 1, ofValue: 2 }

/** The graver; of two that are as grave the one that comes first in order, whichever was met first. */
function graver(one: Verdict, other: Verdict): Verdict {
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
class Inspection {
  readonly #base: Verdict
  readonly #targets = new Map<string, NamedObject>()
  readonly #references = new Map<string, NamedObject>()
  readonly #addresses = new Map<string, { kind: AddressKind; address: string }>()
  #worst: Verdict
  #telling = telling.ofCall

  constructor(base: Verdict) {
    this.#base = base
    this.#worst = base
  }

  get verdict(): Verdict {
    return this.#worst
  }

  get targets(): NamedObject[] {
    return [...this.#targets.values()]
  }

  get references(): NamedObject[] {
    const entries = [...this.#references]
    return entries.filter(([key]) => !this.#targets.has(key)).map(([, object]) => object)
  }

  get addresses(): { kind: AddressKind; address: string }[] {
    return [...this.#addresses.values()]
  }

  /** Begins anew with the next item; what is named is kept. */
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
    if (rules.closed) return
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
    if (unknown !== undefined) this.consider(control(`${asWord(unknown)} is no known field`))
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

const judgedOperations = new WeakMap<Operation, Judged>()

/** What the catalog that comes with scale-bridge says of an operation: an import cannot soften it. */
function judgedOperation(operation: Operation): Judged | undefined {
  const known = judgedOperations.get(operation)
  if (known !== undefined) return known
  const bundled = loadCatalog()
  const ours = bundled.find(operation.method, operation.path, operation.base)
  if (ours === undefined) return undefined
  const { effect, effectReason } = ours
  const base = effect === 'read' ? reads : { effect, reason: effectReason ?? ours.summary }
  const judged: Judged = {
    operation: ours,
    base,
    body: compileBody(bundled, ours, base),
    queryNames: new Set(
      ours.parameters.filter((each) => each.in === 'query').map(({ name }) => name)
    )
  }
  judgedOperations.set(operation, judged)
  return judged
}

/**
 * A segment that no server reads as another one: nothing is encoded that need not be, so that `%61ction`
 * cannot pass for an id.
 */
function isPlainSegment(segment: string): boolean {
  if (/^\.+$/.test(segment)) return false
  if (!segment.includes('%')) return true
  try {
    const decoded = decodeURIComponent(segment)
    return encodeURIComponent(decoded) === segment && !/[/\\\p{Cc}]/u.test(decoded)
  } catch {
    return false
  }
}

/** Ids of singletons, versions and the like (FACTS 3.5), as opposed to the word of an unknown call. */
const freeFormId = /^(?=.*[\d_.-])[\w.-]+$/

/** Whether an id of a path cannot be the word of a call: only the gravest take other ids than uuids. */
const isId = (value: string, { effect }: Verdict): boolean =>
  isUuid(value) || (grade(effect) >= grade('egress') && freeFormId.test(value))

function refused(verdict: Verdict): Judgement {
  const { effect, reason } = verdict
  return { effect, reason, items: [verdict], targets: [], references: [], addresses: [] }
}

/** The calls of a path; undefined for a path that the wire could take for another one. */
function matchPath(catalog: Catalog, path: string): ReturnType<Catalog['match']> {
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[\\#?]|\/\//.test(path)) return undefined
  if (!path.split('/').every(isPlainSegment)) return undefined
  return catalog.match(`/rest/v1${path}`)
}

const isNothing = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  (typeof body === 'object' && Object.keys(body).length === 0)

/**
 * What a request does to the cluster, by its path, its query and each field and item of its body. Pure,
 * never throws. Whatever is not known (a path, a field, a value) is `control`.
 *
 * A call that only a cluster's own document describes is `control`, too, unless it is a GET or OPTIONS.
 */
export function judge(catalog: Catalog, request: JudgedRequest): Judgement {
  const { method, path, query, body } = request
  const match = matchPath(catalog, path)
  if (match === undefined) return refused(unknownPath)
  const operation = match.operations.find((each) => each.method === method)
  if (operation === undefined) return refused(unknownCall)
  if (operation.imported)
    return refused(operation.effect === 'read' && isNothing(body) ? reads : unknownCall)
  const judged = judgedOperation(operation)
  if (judged === undefined) return refused(unknownCall)
  return inspect(judged, match.parameters, query, body)
}

function inspect(
  { operation, base, body: rules, queryNames }: Judged,
  parameters: Readonly<Record<string, string>>,
  query: JudgedRequest['query'],
  body: unknown
): Judgement {
  const found = new Inspection(base)
  const isRead = operation.method === 'GET' || operation.method === 'OPTIONS'
  for (const [name, value] of Object.entries(parameters)) {
    if (!isRead && !isId(value, base)) return refused(unknownPath)
    const place = `{${name}}`
    const target = operation.targets[place]
    if (target !== undefined) found.acts(target, value)
    for (const entity of [operation.references[place] ?? []].flat()) found.pointsTo(entity, value)
  }
  const whole = operation.targets['']
  if (whole !== undefined) found.acts(whole, '')
  if (!isRead)
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined && !queryNames.has(name))
        found.consider(control(`${asWord(name)} is no known parameter of the query`))
  const ofRequest = found.verdict
  const items: Verdict[] = []
  if (rules === undefined) {
    if (!isNothing(body)) found.consider(control('the call takes no body'))
  } else if (operation.body?.contentType === 'application/json') {
    if (body === undefined) found.consider(control('the body is missing'))
    else if (rules.item !== undefined && Array.isArray(body))
      for (const item of body as unknown[]) {
        found.nextItem()
        found.value(rules.item, item)
        items.push(found.verdict)
      }
    else found.value(rules, body)
  }
  const verdict = items.length === 0 ? found.verdict : items.reduce(graver)
  const { effect, reason } = grade(ofRequest.effect) > grade(verdict.effect) ? ofRequest : verdict
  return {
    effect,
    reason,
    items: items.length === 0 ? [{ effect, reason }] : items,
    targets: found.targets,
    references: found.references,
    addresses: found.addresses
  }
}

import type { Effect } from '../../lib/effect.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import { asWord } from '../../lib/text/quote.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import { type Catalog, loadCatalog, type Operation } from '../load.ts'
import { compileBody, type FieldRules, type Verdict } from './body-rules.ts'
import {
  control,
  grade,
  graver,
  Inspection,
  type JudgedAddress,
  type JudgedTarget
} from './inspection.ts'
import { isFreeFormId, isPlainPath } from './plain-path.ts'

export type { Verdict } from './body-rules.ts'
export type { JudgedAddress, JudgedTarget } from './inspection.ts'

/** A request as it would reach the cluster. */
export interface JudgedRequest {
  method: HttpMethod
  /** Below `/rest/v1`; begins with `/`, percent-encoded. */
  path: string
  query?: Readonly<Record<string, unknown>> | undefined
  /** Sent as JSON. */
  body?: unknown
}

/** What a request does to the cluster. */
export interface Judgement {
  /** The most severe of all items and fields. */
  effect: Effect
  /** Why it is that grave, in short words; names of the caller's are quoted. */
  reason: string
  /** One for each item of a body that is an array, in its order; else one for the whole. */
  items: readonly Verdict[]
  /** Distinct objects acted on. What a call creates has no uuid yet and is none of them. */
  targets: readonly JudgedTarget[]
  /**
   * Distinct objects that are only pointed to: the source of a copy, a schedule, a node. Who may reach only
   * some objects must be held to these, too.
   */
  references: readonly JudgedTarget[]
  /** Hosts and URIs that data or logins leave to or come from. */
  addresses: readonly JudgedAddress[]
}

/** An operation with the rules of its body. */
interface Judged {
  operation: Operation
  base: Verdict
  body: FieldRules | undefined
  queryNames: ReadonlySet<string>
}

const unknownCall = control('the catalog does not know this call')
const unknownPath = control('the path is not of the form of any known call')
const reads: Verdict = { effect: 'read', reason: 'only reads' }

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

/** Whether an id of a path cannot be the name of a call: only the most severe take other ids than uuids. */
const isId = (value: string, { effect }: Verdict): boolean =>
  isUuid(value) || (grade(effect) >= grade('egress') && isFreeFormId(value))

function refused(verdict: Verdict): Judgement {
  const { effect, reason } = verdict
  return { effect, reason, items: [verdict], targets: [], references: [], addresses: [] }
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
  const match = isPlainPath(path) ? catalog.match(`/rest/v1${path}`) : undefined
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
        found.consider(control(`${asWord(name)} is not a known query parameter`))
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

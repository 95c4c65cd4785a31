import type { Grant } from '../../identity/authority.ts'
import { canonicalJson } from '../../lib/json/canonical-json.ts'
import type { HttpMethod } from '../../lib/http/http-method.ts'
import { isObject } from '../../lib/json/json.ts'
import { type StreamFacts, streamFacts } from '../requests/stream-body.ts'

/**
 * One write of a sequence that is known before the first is sent. What an earlier one creates stands in
 * it by name: `placeholder('copy')`, in the path and in texts of the body.
 */
export interface PlannedRequest {
  method: HttpMethod
  /** Below `/rest/v1`, percent-encoded but for placeholders. */
  path: string
  query?: Record<string, string | number | boolean | readonly string[] | undefined>
  body?: unknown
  /** What is sent as bytes in place of a body. */
  stream?: StreamFacts | undefined
}

/** All that decides what a request does, to be compared. */
export const contentOf = ({ method, path, query, body, stream }: PlannedRequest): unknown[] => [
  method,
  path,
  query ?? {},
  body,
  ...(stream === undefined ? [] : [streamFacts(stream)])
]

/** Stands for a uuid that is not known yet. No path may hold these brackets, so that none leaves by mistake. */
export const placeholder = (name: string): string => `⟨${name}⟩`

const placeholders = /⟨([\w.-]+)⟩/g

/** The names of the placeholders in a request, each once. */
export const placeholdersIn = (request: PlannedRequest): string[] => [
  ...new Set(
    [...JSON.stringify([request.path, request.body]).matchAll(placeholders)].map(
      ([, name = '']) => name
    )
  )
]

function fillText(text: string, uuids: ReadonlyMap<string, string>): string {
  return text.replace(placeholders, (whole, name: string) => uuids.get(name) ?? whole)
}

function fillValue(value: unknown, uuids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return fillText(value, uuids)
  if (Array.isArray(value)) return value.map((each) => fillValue(each, uuids))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, fillValue(each, uuids)])
  )
}

/** A request with the uuids that are known by now; others stay placeholders. */
export function fillPlaceholders(
  { path, body, ...others }: PlannedRequest,
  uuids: ReadonlyMap<string, string>
): PlannedRequest {
  return {
    ...others,
    path: fillText(path, uuids),
    ...(body !== undefined && { body: fillValue(body, uuids) })
  }
}

const keyOf = (request: PlannedRequest): string => canonicalJson(contentOf(request))

/** What an upload makes, and may take away again. */
const uploaded = /^\/(?:ISO|VirtualDisk)\/([^/]+)$/

/** The writes of one sequence, each of which may be sent once. */
export class SequenceGrant implements Grant {
  readonly plan: Grant['plan']
  readonly #uuids = new Map<string, string>()
  readonly #left: PlannedRequest[]
  readonly #told: (outcome: string) => void
  readonly #isUpload: boolean
  #hasEnded = false

  /** @param told called with the outcome */
  constructor(
    requests: readonly PlannedRequest[],
    plan: Grant['plan'],
    told: (outcome: string) => void = () => undefined
  ) {
    this.#left = [...requests]
    this.#isUpload = requests.some(({ stream }) => stream !== undefined)
    this.plan = plan
    this.#told = told
  }

  bind(name: string, uuid: string): void {
    // A name keeps its first uuid.
    if (!this.#uuids.has(name)) this.#uuids.set(name, uuid.toLowerCase())
  }

  fill<R extends PlannedRequest>(request: R): R {
    return { ...request, ...fillPlaceholders(request, this.#uuids) }
  }

  takes(request: PlannedRequest): boolean {
    const key = keyOf(request)
    const at = this.#left.findIndex((each) => keyOf(this.fill(each)) === key)
    if (at >= 0) this.#left.splice(at, 1)
    return at >= 0
  }

  discards({ method, path }: PlannedRequest): boolean {
    const [, uuid = ''] = uploaded.exec(path) ?? []
    const isOwn = [...this.#uuids.values()].includes(uuid.toLowerCase())
    return method === 'DELETE' && isOwn && this.#isUpload && !this.#hasEnded
  }

  ended(outcome: string): void {
    this.#hasEnded = true
    this.#told(outcome)
  }
}

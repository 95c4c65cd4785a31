import type { Effect } from '../lib/effect.ts'
import type { HttpMethod } from '../lib/http/http-method.ts'
import { isObject } from '../lib/json/json.ts'
import type { PlanRequest, PlanTarget } from './plan.ts'
import type { TargetFacts } from './target-facts.ts'

/** Requests that were not sent, and what they would do. Holds no secret. */
export interface Preview {
  /** In their order; more than one of a sequence. */
  requests: PlanRequest[]
  effect: Effect
  /** What it does, in a sentence. */
  summary: string
  /** Why a person would have to approve it; undefined where no approval is required. */
  needsApproval: string | undefined
  /** Why it would be refused to this token as things are; undefined where it would not. */
  refused: string | undefined
  targets: PlanTarget[]
  /** Fields as they are, by uuid or, of one target, at once. */
  before: unknown
  /** The same fields afterwards; null: the target no longer exists. */
  after: unknown
}

/** Thrown at the wire instead of sending; a call with `dry_run` ends with it. */
export class DryRun extends Error {
  override readonly name = 'DryRun'
  readonly preview: Preview
  /** What each request does, of a sequence. */
  readonly steps: readonly string[] | undefined

  constructor(preview: Preview, steps?: readonly string[]) {
    super('A dry run sends nothing')
    this.preview = preview
    this.steps = steps
  }
}

/** The state a VM is in after an action (FACTS 5.4, S); others leave it as it is. */
const stateAfter: Readonly<Record<string, string>> = {
  START: 'RUNNING',
  RESUME: 'RUNNING',
  SHUTDOWN: 'SHUTOFF',
  STOP: 'SHUTOFF',
  REBOOT: 'RUNNING',
  RESET: 'RUNNING',
  PAUSE: 'PAUSED'
}

/** States before and after, by uuid. */
function actionChanges(
  items: readonly unknown[],
  facts: readonly TargetFacts[]
): Pick<Preview, 'before' | 'after'> {
  const [before, after]: Record<string, unknown>[] = [{}, {}]
  for (const { target } of facts) {
    const item = items.find(
      (each) => isObject(each) && String(each['virDomainUUID']).toLowerCase() === target.uuid
    )
    const action = isObject(item) ? String(item['actionType']) : ''
    if (before !== undefined) before[target.uuid] = { state: target.state ?? '' }
    if (after !== undefined)
      after[target.uuid] = {
        state: (Object.hasOwn(stateAfter, action) && stateAfter[action]) || (target.state ?? '')
      }
  }
  return { before, after }
}

/**
 * What a request would change.
 * @param body without secrets
 */
export function changesOf(
  { method, path }: { method: HttpMethod; path: string },
  body: unknown,
  facts: readonly TargetFacts[]
): Pick<Preview, 'before' | 'after'> {
  if (/^\/VirDomain\/action\/?$/.test(path) && Array.isArray(body))
    return actionChanges(body, facts)
  const [only] = facts
  if (method === 'DELETE') {
    const { uuid, name, state } = only?.target ?? {}
    return { before: { uuid, name, state }, after: null }
  }
  const isChange = method === 'PATCH' || method === 'PUT'
  if (isChange && isObject(body) && facts.length === 1) {
    const record = only?.record ?? {}
    const before = Object.keys(body).map((field) => [field, record[field] ?? null])
    return { before: Object.fromEntries(before) as unknown, after: body }
  }
  return { before: null, after: body ?? null }
}

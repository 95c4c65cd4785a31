import type { Judgement } from '../catalog/effects/judge.ts'
import { entityLabel } from '../catalog/entity-label.ts'
import { quoteName } from '../lib/text/quote.ts'
import type { PlanTarget } from './plan.ts'
import type { TargetFacts } from './target-facts.ts'

/** Targets that a sentence names; the plan has all. */
const maxNamed = 5

const named = ({ uuid, name }: Pick<PlanTarget, 'uuid' | 'name'>): string =>
  name === undefined ? uuid : quoteName(name)

const stateAndTags = ({ state, tags }: Pick<PlanTarget, 'state' | 'tags'>): string[] => [
  ...(state === undefined ? [] : [state]),
  ...(tags.length === 0 ? [] : [`tagged ${tags.map((tag) => quoteName(tag)).join(', ')}`])
]

/** A target as a sentence has it: `VM "web-01" (RUNNING, tagged prod)`, `NIC "7C:4C:…" of VM "web-01"`. */
function describeTarget({ target }: TargetFacts): string {
  const { entity, loses, vm } = target
  const facts = [
    ...stateAndTags(vm ?? target),
    ...(loses.length === 0 ? [] : [`with it go ${loses.join(', ')}`])
  ]
  const shown = [
    `${entityLabel(entity)} ${named(target)}`.trim(),
    ...(vm === undefined ? [] : [`of VM ${named(vm)}`])
  ].join(' ')
  return facts.length === 0 ? shown : `${shown} (${facts.join('; ')})`
}

/** What a request would do, in a sentence. */
export function summaryOf({ reason }: Judgement, facts: readonly TargetFacts[]): string {
  const first = facts.slice(0, maxNamed).map(describeTarget)
  const more = facts.length - first.length
  const list = [...first, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return list === '' ? reason : `${reason}: ${list}`
}

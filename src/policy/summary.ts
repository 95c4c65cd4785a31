import type { Judgement } from '../catalog/effects/judge.ts'
import { quoteName } from '../lib/quote.ts'
import type { TargetFacts } from './target-facts.ts'

/** Targets that a sentence names; the plan has all. */
const maxNamed = 5

/** A target as a sentence has it: `VM "web-01" (RUNNING, tagged prod)`. */
function describeTarget({ target }: TargetFacts): string {
  const { entity, uuid, name, state, tags, loses } = target
  const kind = entity === 'VirDomain' ? 'VM' : entity
  const facts = [
    ...(state === undefined ? [] : [state]),
    ...(tags.length === 0 ? [] : [`tagged ${tags.map((tag) => quoteName(tag)).join(', ')}`]),
    ...(loses.length === 0 ? [] : [`with it go ${loses.join(', ')}`])
  ]
  const shown = `${kind} ${name === undefined ? uuid : quoteName(name)}`.trim()
  return facts.length === 0 ? shown : `${shown} (${facts.join('; ')})`
}

/** What a request would do, in a sentence. */
export function summaryOf({ reason }: Judgement, facts: readonly TargetFacts[]): string {
  const named = facts.slice(0, maxNamed).map(describeTarget)
  const more = facts.length - named.length
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return list === '' ? reason : `${reason}: ${list}`
}

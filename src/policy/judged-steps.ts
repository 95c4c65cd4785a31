import { randomUUID } from 'node:crypto'
import { type Judgement, judge } from '../catalog/effects/judge.ts'
import type { Catalog } from '../catalog/load.ts'
import {
  fillPlaceholders,
  type PlannedRequest,
  placeholdersIn
} from '../hypercore/writes/sequence.ts'
import { canonicalJson } from '../lib/json/canonical-json.ts'
import { mostSevere } from '../lib/effect.ts'

/** A step, and what it does. */
export interface JudgedStep {
  request: PlannedRequest
  judgement: Judgement
}

/** What each request does; what is not created yet counts as a uuid, and is none of the targets. */
export function judgeAll(catalog: Catalog, requests: readonly PlannedRequest[]): JudgedStep[] {
  const names = new Set(requests.flatMap(placeholdersIn))
  const standIns = new Map<string, string>([...names].map((name) => [name, randomUUID()]))
  const unknown = new Set(standIns.values())
  const isKnown = ({ uuid }: { uuid: string }): boolean => !unknown.has(uuid)
  return requests.map((request) => {
    const judgement = judge(catalog, fillPlaceholders(request, standIns))
    return {
      request,
      judgement: {
        ...judgement,
        targets: judgement.targets.filter(isKnown),
        references: judgement.references.filter(isKnown)
      }
    }
  })
}

const distinct = <T>(values: readonly T[]): T[] => [
  ...new Map(values.map((value) => [canonicalJson(value), value])).values()
]

/** All steps as one: the most severe effect, each object once. */
export function together(steps: readonly JudgedStep[]): Judgement {
  const judgements = steps.map(({ judgement }) => judgement)
  const effect = mostSevere(judgements.map((each) => each.effect))
  return {
    effect,
    reason: judgements.find((each) => each.effect === effect)?.reason ?? '',
    items: judgements.flatMap(({ items }) => items),
    targets: distinct(judgements.flatMap(({ targets }) => targets)),
    references: distinct(judgements.flatMap(({ references }) => references)),
    addresses: distinct(judgements.flatMap(({ addresses }) => addresses))
  }
}

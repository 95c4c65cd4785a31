import { someOf } from '../../lib/text/some-of.ts'
import { ChangeWords } from '../../views/plan/changes.ts'
import type { ToolContext } from '../define-tool.ts'
import { announcements } from './announced.ts'
import { type Comparison, type Difference, differences } from './compare.ts'
import { changesBetween, flatten, type FlatRecords } from '../../hypercore/records/flat-records.ts'
import { headroom } from './headroom.ts'
import { readLists } from './read-records.ts'
import { toldChanges } from './told-changes.ts'
import type { Trial } from './trial.ts'

/** Lines of each kind that a response holds. */
const maxLines = 20

/** What a plan comes to, in words. */
export interface Prediction {
  changes: string[]
  lost: string[]
  headroom: string
  unpredicted: string[]
}

const bounded = (lines: readonly string[]): string[] =>
  lines.length <= maxLines
    ? [...lines]
    : [...lines.slice(0, maxLines), `and ${lines.length - maxLines} more`]

/** What a plan comes to, as its trial shows it. */
export function predictionOf({ read, before, after, announced, lists }: Trial): Prediction {
  const changes = changesBetween(before, after)
  const words = new ChangeWords(after, before)
  const unseen = read.unseen.map((entity) => `${entity}, which the cluster user may not read`)
  return {
    changes: bounded(words.changes(toldChanges(changes))),
    lost: bounded(words.lost(changes)),
    headroom: headroom(lists.before, lists.after),
    unpredicted: [...announced.map((each) => announcements[each]), ...unseen]
  }
}

/** The same in a sentence or two, for the approver. */
export function summaryOf(count: number, { changes, lost, headroom: room }: Prediction): string {
  return [
    `carry out a plan of ${count === 1 ? '1 step' : `${count} steps`}`,
    ...(changes.length === 0 ? [] : [someOf(changes, 8, '; ')]),
    lost.length === 0 ? 'nothing is lost' : `LOST: ${someOf(lost, 8, '; ')}`,
    room
  ].join('. ')
}

/**
 * How the current state of the cluster compares with the trial, after this many steps.
 * @param real what the uuids of the trial became
 */
export function comparisonWith(
  trial: Trial,
  stepsDone: number,
  fact: FlatRecords,
  real: ReadonlyMap<string, string>
): Comparison {
  return {
    before: flatten(trial.read.lists),
    copy: trial.before,
    predicted: stepsDone === 0 ? trial.before : (trial.steps[stepsDone - 1]?.after ?? trial.after),
    fact,
    real,
    announced: trial.announced,
    startedAnywhere: trial.startedAnywhere
  }
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60)

/** What of the plan's own doing came otherwise than it was predicted, a line each. */
export async function unforeseen(
  context: ToolContext,
  trial: Trial,
  real: ReadonlyMap<string, string>
): Promise<string[]> {
  const fact = flatten((await readLists(context)).lists)
  const comparison = comparisonWith(trial, trial.steps.length, fact, real)
  const touched = new Set(
    changesBetween(trial.before, trial.after).flatMap(({ before, after }) => {
      const uuid = (after ?? before)?.uuid ?? ''
      return [uuid, real.get(uuid) ?? uuid]
    })
  )
  const words = new ChangeWords(fact, trial.after, trial.before)
  return differences(comparison)
    .filter(({ uuid }) => touched.has(uuid))
    .map((each) => describe(each, words))
}

const describe = ({ uuid, field, predicted, fact }: Difference, words: ChangeWords): string =>
  field === ''
    ? `${words.nameOf(uuid)} is ${fact === undefined ? 'not there' : 'there'}`
    : `${words.nameOf(uuid)}: ${field} is ${shown(fact)}, not ${shown(predicted)}`

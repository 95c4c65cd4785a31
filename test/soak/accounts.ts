import type { WriteRecord } from '../../src/ledger/records.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Job, Jobs, Told } from './jobs.ts'

/** What was reported to the callers, compared with what the cluster and the ledger say. */
export interface Accounts {
  doubled: string[]
  misreported: string[]
  unaccounted: string[]
  counts: { told: Record<Told, number>; unknownButDone: number }
}

/** Once nothing runs any more. @param oldTasks tags of tasks from before */
export function settleAccounts(
  jobs: Jobs,
  ledger: readonly WriteRecord[],
  simulator: Simulator,
  oldTasks: ReadonlySet<string>
): Accounts {
  const told: Record<Told, number> = { done: 0, failed: 0, unknown: 0, refused: 0 }
  const accounts: Accounts = {
    doubled: [],
    misreported: [],
    unaccounted: [],
    counts: { told, unknownButDone: 0 }
  }
  for (const job of jobs.all) settle(job, jobs.effects(job), jobs.mostEffects(job), accounts)

  for (const { id, method, path, state } of ledger)
    if (state === 'SENDING' || state === 'RUNNING')
      accounts.unaccounted.push(`${method} ${path}, entry ${id}, is ${state}`)
  const entered = new Set(ledger.map(({ taskTag }) => taskTag))
  const unknown = ledger.filter(({ state }) => state === 'UNKNOWN').length
  // The cluster begins snapshots by itself, which have no session.
  const strangers = simulator.world.tasks
    .list()
    .filter(
      ({ taskTag, sessionID }) =>
        sessionID !== '' && !oldTasks.has(taskTag) && !entered.has(taskTag)
    )
  // It began those whose response was lost, too: each has an entry that says so.
  if (strangers.length > unknown)
    accounts.unaccounted.push(
      `${strangers.length} tasks without an entry, ${unknown} entries UNKNOWN: ${strangers.map((task) => `${task.taskTag} ${task.formattedDescription}`).join('; ')}`
    )
  return accounts
}

function settle(
  job: Job,
  effects: number,
  most: number,
  { doubled, misreported, counts }: Accounts
): void {
  const last = job.told.at(-1) ?? 'unknown'
  counts.told[last] += 1
  if (last === 'unknown' && effects > 0) counts.unknownButDone += 1
  const what = `${job.tool} ${job.mark}: ${effects} times, told ${job.told.join(', ')}`
  if (effects > most) doubled.push(what)
  // Of two calls for the same, one may be refused while the other one acts.
  const mayHaveActed = job.told.some((each) => each === 'done' || each === 'unknown')
  const isTrue = job.told.every((each) =>
    each === 'done' ? effects >= 1 : each === 'unknown' || effects === 0 || mayHaveActed
  )
  if (!isTrue) misreported.push(what)
}

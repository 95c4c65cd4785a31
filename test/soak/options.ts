import type { FaultPlan } from '../../src/simulator/plan/plan-file.ts'
import type { Bridges } from '../search/bridge-process.ts'
import type { SoakMutantName } from './mutants.ts'

/** How a bridge is soaked. */
export interface SoakOptions {
  seconds: number
  callsPerSecond: number
  seed: number
  /** Played one after the other, each for its share of the time. */
  plans: readonly { name: string; plan: FaultPlan }[]
  /** How many times as fast as the product everything but the plan is. */
  pace: number
  mutant?: SoakMutantName
  /** Only the first node is in the settings: the bridge finds the others by the cluster's own list. */
  discover?: boolean
  /** How long the end is waited for: long enough for a machine that is busy. */
  settleMs?: number
  /** After each plan, once no fault is near any more: calls that none of them may harm. */
  calmSeconds: number
  /** How long a node that is well may be left alone; what the bridge's limits make it without. */
  recoveryMs?: number
  /** Bundled before. */
  bridges?: Bridges
  /** File descriptor of the bridge's log. */
  log?: number
  /** Receives a line of progress at intervals. */
  progress?: (line: string) => void
  /** Receives a line for each planned event as it begins and ends. */
  told?: (line: string) => void
}

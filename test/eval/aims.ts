/**
 * What the evaluation is held to, and where that stands: the one place to change when a figure gets
 * better. A ceiling above its aim is little more than what was reached, so that it cannot get worse
 * unnoticed.
 */
export interface Bound {
  /** The figure to reach. */
  aim: number
  /** What a test lets pass. */
  ceiling: number
}

const reached = (aim: number): Bound => ({ aim, ceiling: aim })

export const bounds = {
  /** Tokens of the list of all tools, as a model gets it. */
  allTools: { aim: 6500, ceiling: 6500 },
  coreTools: reached(1600),
  coreToolsOverMcp: reached(1600),
  /** Tokens of 100 VMs as text, all of them, with complete uuids. */
  hundredVms: reached(4500),
  /** Tokens of any tool's default answer on a cluster of 1,000 VMs. */
  anyAnswer: reached(4500),
  /** Calls of the corpus that do not end as they must. */
  corpusMisses: reached(0),
  /** Ids that no answer leads to. */
  unreached: reached(0),
  /** Errors that name no next step. */
  deadEnds: reached(0)
} satisfies Record<string, Bound>

/** Its answer is whatever endpoint was called, and says itself how large it is. */
export const outsideBudget: readonly string[] = ['run_api']

import { RecentMap } from '../../lib/flow/recent-map.ts'

/** What to do after a task. Parts of sentences, without a full stop. */
export interface TaskAdvice {
  /** When it failed. */
  failed: string
  /** When it is not known how it ended: what shows that. */
  unknown: string
}

/** How a task is spoken of, by the tool that started it. Parts of sentences, without a full stop. */
export interface TaskWords {
  /** What is being done, as the beginning of a sentence: `Snapshot "before" of VM "web-01"`. */
  subject: string
  /**
   * What holds once it is done: `Created VM "web-02"`. Left out where only the new VM itself tells its
   * name.
   */
  done?: string
  /** What can be done next. */
  next?: string
  advice: TaskAdvice
}

/** What this bridge knows of a task it started, beside the cluster's record. */
export interface StartedTask {
  /** `""` when nothing is created. */
  createdUUID: string
  words?: TaskWords
  /** When the cluster accepted it, by this process's monotonic clock, in ms. */
  since: number
}

/** Some hundred bytes each. */
const maxStarted = 1_000

/**
 * The tasks this bridge started, by tag, for a caller that follows one later with only its tag;
 * shared by all calls. Old ones are forgotten.
 */
export class StartedTasks extends RecentMap<StartedTask> {
  constructor() {
    super(maxStarted)
  }
}

/**
 * Pauses and time limits of the bridge towards its callers. No setting: a program that starts the bridge
 * in its own process may choose others. What the cluster is given is in `TimeLimits`.
 */
export interface Timings {
  /**
   * A wait in which nothing changes is reported again after this many ms. Clients give up on a call that
   * is silent for a minute; some sooner.
   */
  heartbeatMs: number
  /** Between the first two looks at a VM that is to change; the pauses grow from there. */
  firstPollMs: number
  /** How long a step waits for a VM to get where an action leads; official clients wait as long (FACTS 5.6, S). */
  actionMs: number
  /** A guest that still runs after this many seconds may well ignore a SHUTDOWN. */
  shutdownGraceSeconds: number
  /** Names that are completed are kept so long: enough for a burst of keys, and what was just created shows. */
  namesFreshMs: number
  /** Who types a name does not wait longer; clients may, and then show nothing at all. */
  namesTimeoutMs: number
  /** What `/ready` found is returned so long: it is open to anyone and must cost nothing. */
  readyFreshMs: number
  /** A write waits so long for the one before it on the same VM: clients give a call up after 60 s. */
  queueMs: number
  /** Until the first look at the task of a write without a waiting caller; the pauses grow from there. */
  followMs: number
  /** Between two heartbeats to an open page of the console; each checks its session. */
  consoleBeatMs: number
  /** Between two looks at the tasks for open pages of the console. */
  consoleTasksMs: number
  /** Between two looks at the cluster for them. */
  consoleClusterMs: number
  /** A request has to arrive whole within this many ms, its body included. */
  requestMs: number
  /** Keys of the identity provider are read again after this many ms, when the next token comes. */
  keysFreshMs: number
  /** How long those that were read stay in use while the provider cannot be reached. */
  keysStaleMs: number
  /** Between two looks for a key that is not among those that were read, for all callers. */
  keysCooldownMs: number
  /** Between two attempts to reach a provider that cannot be reached. */
  keysRetryMs: number
  /** Between two heartbeats of a bridge that shares its store. */
  presenceBeatMs: number
  /** One that has given none for so long has ended, and what it left is taken up. */
  presenceMs: number
  /** Between two looks at what other bridges have left whose end was not heard of. */
  leftMs: number
}

export const defaultTimings: Timings = {
  heartbeatMs: 5000,
  firstPollMs: 500,
  actionMs: 300_000,
  shutdownGraceSeconds: 10,
  namesFreshMs: 3000,
  namesTimeoutMs: 2000,
  readyFreshMs: 2000,
  queueMs: 20_000,
  followMs: 5000,
  consoleBeatMs: 5000,
  consoleTasksMs: 3000,
  consoleClusterMs: 12_000,
  requestMs: 30_000,
  keysFreshMs: 600_000,
  keysStaleMs: 24 * 3_600_000,
  keysCooldownMs: 30_000,
  keysRetryMs: 5000,
  presenceBeatMs: 3000,
  presenceMs: 12_000,
  leftMs: 60_000
}

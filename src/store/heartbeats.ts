import type { ProcessIdentity } from '../lib/process/process-identity.ts'

/** A heartbeat as it was found. */
export interface Heartbeat {
  /** Another with each that its process gives. */
  mark: string
  /** What is known of that process. */
  identity: Partial<ProcessIdentity>
}

/** What was found of a process: its heartbeat, or that one is there which could not be looked at. */
export type Found = Heartbeat | 'unreadable'

/** Where bridges write heartbeats, each its own, and find those of the others. */
export interface Heartbeats {
  /** Whether bridges of earlier versions gave none here. */
  readonly lackOldBridges: boolean
  /** Gives one of this process. @throws where it cannot be given */
  give(): Promise<void>
  /**
   * The newest of each process, by its nonce.
   * @param known nonces that are looked for also where a listing is late
   */
  look(known: Iterable<string>): Promise<Map<string, Found>>
  /** Removes what a process has left that has ended, unless it has given another one since. */
  remove(nonce: string, heartbeat: Heartbeat): Promise<void>
  /** Takes that of this process away. */
  withdraw(): Promise<void>
}

import type { ScenarioName } from './inventory/scenarios.ts'

/** The two versions the original tool was tested on, and the latest that is known. */
export const simulatedVersions = ['9.4.30.217736', '9.6.19.223352', '9.8.4.227597'] as const

/** The version that is meant: `9.8` stands for the one of that line; undefined for none of them. */
export const simulatedVersion = (text: string): string | undefined =>
  simulatedVersions.find((version) => version === text || version.startsWith(`${text}.`))

/**
 * How the simulated cluster behaves. Where the facts disagree or are a guess (X or I in FACTS.md),
 * there is a switch, and its default is the better supported reading.
 */
export interface SimulatorOptions {
  /**
   * Address of the first node. On 127.0.0.1 the others listen on 127.0.0.2, 127.0.0.3 and so on, on
   * any other all share it and their ports follow each other.
   */
  host: string
  /** Port of the nodes; 0 takes a free one. */
  port: number
  nodes: number
  /** What the nodes say is their LAN address, in their order; 127.0.0.1 and so on for those not named. */
  advertise: readonly string[]
  vms: number
  seed: number
  /**
   * 1 is believable time; 10 runs tasks ten times faster; with 0 it stands still, and only
   * `world.clock.advance` lets it pass.
   */
  speed: number
  version: string
  user: string
  password: string
  /** The status returned for an expired or missing session (FACTS 2.3, X). */
  expiredSession: 401 | 503
  /** Form of a 400 for a schema violation (FACTS 3.4, O). */
  schemaErrors: 'text' | 'json'
  /** A write to an object whose task still runs waits, or fails with 500 (FACTS 4.2, O). */
  overlappingWrites: 'queue' | 'fail'
  /** Whether a session created on one node holds on the others (FACTS 22, X). */
  sessions: 'shared' | 'per-node'
  /** Seconds after which an unused session ends; 0 for never (FACTS 2.3, X). */
  sessionLifetimeSeconds: number
  /** Real seconds a finished task is kept in /TaskTag, at any speed (FACTS 4, X). */
  taskRetentionSeconds: number
  /** What deleting a running VM, or LIVEMIGRATE without room, does (FACTS 5.5 and 22, I). */
  hypervisorRefusals: 'task' | 'http'
  /** Whether a clone keeps the source's tags when none are given (FACTS 5.7, X). */
  cloneKeepsTags: boolean
  /**
   * What `state` shows while a guest shuts down: RUNNING until it is off (FACTS 24, high), or SHUTDOWN
   * as the document describes that value (FACTS 5.6, S).
   */
  acpiShutdown: 'running' | 'shutdown'
  /**
   * Whether START without a node writes the node it chose into an affinity that names none
   * (FACTS 24, medium-high).
   */
  startSetsAffinity: boolean
  /**
   * Read-only fields of the disks and NICs in `POST /VirDomain`: ignored, as on 9.1 to 9.5.5
   * (FACTS 24, high), or refused with 400, as one build did; 9.6 and later are not known.
   */
  nestedReadOnly: 'ignored' | 'refused'
  /**
   * Whether a VIRTIO disk comes out of a running VM: always, never, or if its guest cooperates. By
   * version: never from 9.2.13 to 9.3.1, with the guest from 9.2 to 9.5, else always (FACTS 5.4, O,
   * and 24, medium).
   */
  virtioUnplug: 'by-version' | 'always' | 'with-guest' | 'never'
  /**
   * Boot order of an imported VM: all its devices, or none. It differs from the source's (FACTS 5.8,
   * O), and is filled in where the source had none (24, medium).
   */
  importBootOrder: 'filled' | 'empty'
  /**
   * A write without a body whose fields may all be left out, as a clone: taken as `{}`, as the
   * original tool sends it, or refused with 400. Unclear.
   */
  missingBody: 'accepted' | 'refused'
  /** Whether GET /ClusterSpec exists (FACTS 13.1, X). */
  clusterSpec: boolean
  /** What stands wrong from the start, or `healthy` for nothing; in their order. */
  scenario: readonly ScenarioName[]
}

export const defaultSimulatorOptions: SimulatorOptions = {
  host: '127.0.0.1',
  port: 0,
  nodes: 3,
  advertise: [],
  vms: 24,
  seed: 1,
  speed: 1,
  version: simulatedVersions[0],
  user: 'admin',
  password: 'admin',
  expiredSession: 401,
  schemaErrors: 'text',
  overlappingWrites: 'queue',
  sessions: 'per-node',
  sessionLifetimeSeconds: 0,
  taskRetentionSeconds: 3600,
  hypervisorRefusals: 'task',
  cloneKeepsTags: false,
  acpiShutdown: 'running',
  startSetsAffinity: true,
  nestedReadOnly: 'ignored',
  virtioUnplug: 'by-version',
  importBootOrder: 'filled',
  missingBody: 'accepted',
  clusterSpec: false,
  scenario: []
}

import type { TimeLimits } from '../../src/hypercore/transport/time-limits.ts'

/**
 * Limits of a client on a machine that is busy: a handshake takes its time there, and a hundred of them, and
 * a node that responds late has waited for the machine, so no other is logged in to.
 */
export const patient: Partial<TimeLimits> = { connectMs: 60_000, laneMs: 60_000, slowMs: 600_000 }

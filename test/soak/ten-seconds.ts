import type { FaultPlan } from '../../src/simulator/plan/plan-file.ts'

/** A bad day in ten seconds: something of everything. */
export const tenSeconds: FaultPlan = {
  seed: 7,
  events: [
    { at: 0.5, for: 9, kind: 'reset-before', probability: 0.01 },
    { at: 0.5, for: 9, kind: 'reset-after', probability: 0.02 },
    { at: 0.5, for: 9, kind: 'reset-inside', probability: 0.01 },
    { at: 0.5, for: 9, kind: 'slow-after', ms: 400, probability: 0.03 },
    { at: 0.5, for: 9, kind: 'json-error', status: 504, executed: true, probability: 0.01 },
    { at: 0.5, for: 9, kind: 'html-502', probability: 0.01 },
    { at: 0.5, for: 9, kind: 'no-body', probability: 0.01 },
    { at: 0.5, for: 9, kind: 'fail-task', method: 'POST', probability: 0.1 },
    { at: 1, for: 3, kind: 'node-down', node: 'any' },
    { at: 2, for: 5, kind: 'stuck-task', ms: 1500, times: 3, probability: 0.2 },
    { at: 3, for: 3, kind: 'clock-step', seconds: -3600 },
    { at: 4, for: 3, kind: 'bridge-clock', seconds: -3600 },
    { at: 5, kind: 'drop-sessions', node: 0 },
    { at: 5, kind: 'drop-sessions', node: 1 },
    { at: 6, for: 2, kind: 'other-certificate', node: 'any' },
    { at: 7, for: 2, kind: 'slow-body', bytes: 200_000, path: '/VirDomain' }
  ]
}

/** The first node is away, and nothing else happens: no other trouble leads anybody back to it. */
export const oneNode: FaultPlan = {
  events: [{ at: 1, for: 4, kind: 'node-down', node: 0 }]
}

/** Nothing but that one session ends, at once: what is wrong then is not the cluster. */
export const hardlyAnything: FaultPlan = {
  events: [{ at: 0.2, kind: 'drop-sessions', node: 0 }]
}

/** Of every second write, the reply is lost. */
export const lostReplies: FaultPlan = {
  seed: 7,
  events: [{ at: 0.2, for: 9.8, kind: 'reset-after', method: 'POST', probability: 0.5 }]
}

/** Every second task fails. */
export const failingTasks: FaultPlan = {
  seed: 7,
  events: [{ at: 0.2, for: 9.8, kind: 'fail-task', method: 'POST', probability: 0.5 }]
}

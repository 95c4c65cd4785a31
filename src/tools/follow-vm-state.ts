import { setTimeout as sleep } from 'node:timers/promises'
import { BridgeError } from '../errors.ts'
import type { VirDomain, VirDomainState } from '../hypercore/records.ts'
import type { ToolContext } from './define-tool.ts'
import { progressTeller } from './progress.ts'
import type { WriteAnswer } from './task-answer.ts'

const pollMs = 1000

/**
 * The state a VM is in now; undefined where it could not be read. Asked after a write was accepted:
 * whatever fails here must not hide that.
 */
export async function lookAtState(
  { hypercore, signal }: ToolContext,
  vmUUID: string
): Promise<VirDomainState | undefined> {
  try {
    return (await hypercore.record<VirDomain>(`/VirDomain/${vmUUID}`, { signal }))?.state
  } catch (error) {
    if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return undefined
    throw error
  }
}

/** What to say of an action that the cluster accepted without starting a task. */
export interface StatePlan {
  wanted: VirDomainState
  reached: string
  /** Ends with the state the VM is still in. */
  pending: (state: string) => string
}

/**
 * Follows an accepted action by the VM's state, for those that start no task (SHUTDOWN: FACTS 5.6,
 * S). Ends at the wanted state, after `waitSeconds`, or when the bridge shuts down.
 */
export async function followVmState(
  context: ToolContext,
  vmUUID: string,
  plan: StatePlan,
  waitSeconds: number
): Promise<WriteAnswer> {
  const until = Date.now() + waitSeconds * 1000
  const ends = AbortSignal.any([context.signal, context.draining])
  const teller = progressTeller(context.progress)
  let state = await lookAtState(context, vmUUID)
  try {
    while (state !== plan.wanted && Date.now() < until && !ends.aborted) {
      teller.tell({
        percent: 0,
        message: `The VM is ${state ?? 'in an unknown state'}, waiting for ${plan.wanted}`
      })
      const ms = Math.min(pollMs, until - Date.now())
      await sleep(ms, undefined, { signal: ends }).catch(() => undefined)
      if (context.signal.aborted) throw new BridgeError('CALLER_GONE', 'The caller went away')
      state = (await lookAtState(context, vmUUID)) ?? state
    }
  } finally {
    teller.end()
  }
  const reached = state === plan.wanted
  return {
    taskTag: '',
    createdUUID: '',
    state: reached ? 'COMPLETE' : 'RUNNING',
    progressPercent: reached ? 100 : 0,
    message: reached ? plan.reached : plan.pending(state ?? 'in a state that could not be read')
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { BridgeError } from '../../lib/errors.ts'
import type { VirDomain } from '../../hypercore/records.ts'
import type { ToolContext } from '../define-tool.ts'
import { createProgressReporter } from './progress.ts'
import { completedWithoutTask } from './write-response.ts'
import type { WriteResponse } from '../schemas.ts'

const maxPauseMs = 3000
const pauseGrowth = 1.5

/**
 * The VM as it is now; undefined where it could not be read. Asked after a write was accepted:
 * whatever fails here must not hide that.
 */
export async function tryReadVm(
  { hypercore, signal }: ToolContext,
  vmUUID: string
): Promise<VirDomain | undefined> {
  try {
    return await hypercore.record('/VirDomain', vmUUID, { signal })
  } catch (error) {
    if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return undefined
    throw error
  }
}

/** What to say of an action that shows in the VM itself. */
export interface ExpectedState {
  /** Whether the VM is where the action was to bring it. */
  isReached: (vm: VirDomain) => boolean
  /** What is being done, as the beginning of a sentence: `SHUTDOWN of VM web-01`. */
  subject: string
  /** What holds then. */
  done: string
  /** What holds while it is not, after a wait of so many seconds; `state` as it was read last. */
  pending: (state: string, waitedSeconds: number) => string
}

const stateOf = (vm: VirDomain | undefined): string =>
  vm?.state ?? 'in a state that could not be read'

/**
 * Follows an accepted action by the VM itself, for those that start no task (SHUTDOWN: FACTS 5.6,
 * S). Ends where the action leads to, after `waitSeconds`, or when the bridge shuts down.
 * @param seen the VM as it was seen after the action, to save a look
 */
export async function followVmState(
  context: ToolContext,
  vmUUID: string,
  spec: ExpectedState,
  waitSeconds: number,
  seen?: VirDomain
): Promise<{ response: WriteResponse; vm: VirDomain | undefined }> {
  const since = Date.now()
  const until = since + waitSeconds * 1000
  const ends = AbortSignal.any([context.signal, context.draining])
  const reporter = createProgressReporter(context)
  let pauseMs = context.timings.firstLookMs
  let vm = seen ?? (await tryReadVm(context, vmUUID))
  const isReached = (): boolean => vm !== undefined && spec.isReached(vm)
  try {
    while (!isReached() && Date.now() < until && !ends.aborted) {
      reporter.report({ percent: 0, message: `${spec.subject}: the VM is ${stateOf(vm)}` })
      const ms = Math.min(pauseMs, until - Date.now())
      await sleep(ms, undefined, { signal: ends }).catch(() => undefined)
      pauseMs = Math.min(maxPauseMs, pauseMs * pauseGrowth)
      if (context.signal.aborted) throw new BridgeError('CALLER_GONE', 'The caller went away')
      vm = (await tryReadVm(context, vmUUID)) ?? vm
    }
    reporter.end({
      percent: isReached() ? 100 : 0,
      message: isReached() ? spec.done : `${spec.subject}: the VM is still ${stateOf(vm)}`
    })
  } finally {
    // Only what was thrown leaves it open.
    reporter.end()
  }
  if (isReached()) return { response: completedWithoutTask(spec.done), vm }
  const message = spec.pending(stateOf(vm), Math.round((Date.now() - since) / 1000))
  return {
    response: { taskTag: '', createdUUID: '', state: 'RUNNING', progressPercent: 0, message },
    vm
  }
}

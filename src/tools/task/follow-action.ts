import { setTimeout as sleep } from 'node:timers/promises'
import type { VirDomain, VirDomainActionType } from '../../hypercore/records/records.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import type { WriteReply } from '../../hypercore/writes/write-result.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import type { ToolContext } from '../define-tool.ts'
import { createProgressReporter } from './progress.ts'
import type { TaskWords } from './started-tasks.ts'
import {
  completedWithoutTask,
  doubtfulResponse,
  nextWaitSeconds,
  tryAgain,
  writeResponse
} from './write-response.ts'
import type { WriteResponse } from '../schemas.ts'
import { quoteName } from '../../lib/text/quote.ts'

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
interface ExpectedState {
  /** Whether the VM is where the action was to bring it. */
  isReached: (vm: VirDomain) => boolean
  /** What is being done, as the beginning of a sentence: `SHUTDOWN of VM "web-01"`. */
  subject: string
  /** What holds then. */
  done: string
  /** What holds while it is not, after a wait of this many seconds; `state` as it was read last. */
  pending: (state: string, waitedSeconds: number) => string
  /** What is known of it then: RUNNING, unless it is not certain that it continues. */
  pendingState?: 'RUNNING' | 'UNKNOWN'
}

const stateOf = (vm: VirDomain | undefined): string =>
  vm?.state ?? 'in a state that could not be read'

/**
 * Follows an accepted action by the VM itself, for those that start no task (SHUTDOWN: FACTS 5.6,
 * S). Ends where the action leads to, after `waitSeconds`, or when the bridge shuts down.
 * @param seen the VM as it was seen after the action, to save a look
 */
async function followVmState(
  context: ToolContext,
  vmUUID: string,
  spec: ExpectedState,
  waitSeconds: number,
  seen?: VirDomain
): Promise<{ response: WriteResponse; vm: VirDomain | undefined }> {
  const since = performance.now()
  const until = since + waitSeconds * 1000
  const ends = AbortSignal.any([context.signal, context.draining])
  const reporter = createProgressReporter(context)
  let pauseMs = context.timings.firstPollMs
  let vm = seen ?? (await tryReadVm(context, vmUUID))
  const isReached = (): boolean => vm !== undefined && spec.isReached(vm)
  try {
    while (!isReached() && performance.now() < until && !ends.aborted) {
      reporter.report({ percent: 0, message: `${spec.subject}: the VM is ${stateOf(vm)}` })
      const ms = Math.min(pauseMs, until - performance.now())
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
  const message = spec.pending(stateOf(vm), Math.round((performance.now() - since) / 1000))
  return {
    response: {
      taskTag: '',
      createdUUID: '',
      state: spec.pendingState ?? 'RUNNING',
      progressPercent: 0,
      message
    },
    vm
  }
}

/** An action that the cluster accepted. */
export interface AcceptedAction {
  vm: Pick<VirDomain, 'uuid' | 'name'>
  actionType: VirDomainActionType
  /** Where the VM is to go, or to start. */
  nodeUUID?: string | undefined
  /** The address of that node, where it is known. */
  nodeAddress?: string | undefined
}

/** What an action leads to, and how that shows. */
interface ActionOutcome {
  /** Continues `VM web-01`. */
  done: string
  next?: string
  /** Left out where the VM looks the same before and after. */
  isReached?: (vm: VirDomain, nodeUUID: string | undefined) => boolean
  /** What to say where nothing can be seen of it. */
  pending?: string
}

const isOff = ({ state }: VirDomain): boolean => state === 'SHUTOFF'

const outcomes: Record<VirDomainActionType, ActionOutcome> = {
  START: { done: 'is running', isReached: ({ state }) => isRunning(state) },
  SHUTDOWN: { done: 'is shut down', isReached: isOff },
  STOP: { done: 'is off', isReached: isOff },
  PAUSE: {
    done: 'is paused',
    next: 'changeVM_state with START resumes it',
    isReached: ({ state }) => state === 'PAUSED'
  },
  REBOOT: {
    done: 'was asked to reboot',
    pending: 'The guest may need a while or ignore it; RESET does not ask'
  },
  RESET: { done: 'was reset', pending: 'It may need a while to come up' },
  LIVEMIGRATE: {
    done: 'now runs on the other node',
    isReached: (vm, nodeUUID) => vm.nodeUUID === nodeUUID && isRunning(vm.state)
  },
  NMI: { done: 'was sent the interrupt', pending: 'What it does with it is up to the guest' }
}

/** STOP may be done a moment before the VM reads SHUTOFF (FACTS 5.6, O). */
const maxSettleSeconds = 5

/** What holds once an action is done, as a sentence. */
const doneOf = ({ vm, actionType, nodeAddress }: AcceptedAction): string =>
  actionType === 'LIVEMIGRATE' && nodeAddress !== undefined
    ? `VM ${quoteName(vm.name)} now runs on ${nodeAddress}`
    : `VM ${quoteName(vm.name)} ${outcomes[actionType].done}`

const subjectOf = ({ vm, actionType }: AcceptedAction): string =>
  `${actionType} of VM ${quoteName(vm.name)}`

const lookAgain = 'getVM_details shows its state'

/** The next call where no task can be waited for. */
const waitOn = (actionType: VirDomainActionType): string =>
  `call changeVM_state with ${actionType} and wait ${nextWaitSeconds} to keep waiting`

/** The message for a guest that is not off yet. Cutting its power is offered last. */
function stillShuttingDown(
  name: string,
  state: string,
  waitedSeconds: number,
  graceSeconds: number
): string {
  if (state === 'SHUTDOWN') return `VM ${quoteName(name)} is shutting down: ${waitOn('SHUTDOWN')}`
  const asked = `VM ${quoteName(name)} was asked to shut down and is still ${state}`
  if (state === 'PAUSED' || state === 'CRASHED') return `${asked}. ${lookAgain}`
  return (state === 'RUNNING' || state === 'BLOCKED') && waitedSeconds >= graceSeconds
    ? `${asked} after ${waitedSeconds} s. The guest may need longer: ${waitOn('SHUTDOWN')}. Or it ignores it: STOP cuts the power and can lose data, ask the user first`
    : `${asked}: ${waitOn('SHUTDOWN')}`
}

/** How the VM shows that the action is done; undefined where it does not. */
function expectedStateOf(
  { timings }: ToolContext,
  action: AcceptedAction
): ExpectedState | undefined {
  const { vm, actionType, nodeUUID } = action
  const { isReached } = outcomes[actionType]
  return (
    isReached && {
      isReached: (now) => isReached(now, nodeUUID),
      subject: subjectOf(action),
      done: doneOf(action),
      pending: (state, waitedSeconds) =>
        actionType === 'SHUTDOWN'
          ? stillShuttingDown(vm.name, state, waitedSeconds, timings.shutdownGraceSeconds)
          : `The cluster accepted ${actionType}, and VM ${quoteName(vm.name)} still reads ${state}. ${lookAgain}`
    }
  )
}

function wordsOf(action: AcceptedAction): TaskWords {
  const { next } = outcomes[action.actionType]
  return {
    subject: subjectOf(action),
    done: doneOf(action),
    ...(next !== undefined && { next }),
    advice: tryAgain('changeVM_state', 'getVM_details')
  }
}

/** The response to an action, and the VM as it was seen last. */
export interface ActionResponse {
  response: WriteResponse
  vm: VirDomain | undefined
}

/**
 * What is said of an action that named no task although it should have, or whose response was none: only
 * the VM itself can tell that it was carried out.
 */
function doubtfulState(
  action: AcceptedAction,
  doubt: string
): Pick<ExpectedState, 'pending' | 'pendingState'> {
  const subject = subjectOf(action)
  return {
    pendingState: 'UNKNOWN',
    pending: (state) =>
      `${subject}: the cluster ${doubt}, and VM ${quoteName(action.vm.name)} reads ${state}, so it may or may not have been carried out. ${lookAgain}: look there before you repeat it`
  }
}

/** An action without a task: followed by the VM, where that shows it. */
async function withoutTask(
  context: ToolContext,
  action: AcceptedAction,
  waitSeconds: number,
  doubt?: string
): Promise<ActionResponse> {
  const spec = expectedStateOf(context, action)
  const { actionType, vm } = action
  if (spec !== undefined) {
    // Only SHUTDOWN is accepted without a task whatever the VM does (FACTS 4.1, S).
    const pendingState = actionType === 'SHUTDOWN' ? ('RUNNING' as const) : ('UNKNOWN' as const)
    const doubtful = doubt === undefined ? { pendingState } : doubtfulState(action, doubt)
    return followVmState(context, vm.uuid, { ...spec, ...doubtful }, waitSeconds)
  }
  const seen = await tryReadVm(context, vm.uuid)
  if (doubt !== undefined) {
    const result = { taskTag: '', createdUUID: '' }
    return { response: doubtfulResponse(result, doubt, wordsOf(action)), vm: seen }
  }
  const { pending = lookAgain } = outcomes[actionType]
  return {
    response: {
      taskTag: '',
      createdUUID: '',
      // The interrupt is all there is to it; what the others lead to is not seen.
      state: actionType === 'NMI' ? 'COMPLETE' : 'UNKNOWN',
      progressPercent: actionType === 'NMI' ? 100 : 0,
      message: `The cluster accepted ${subjectOf(action)} without a task. ${pending}; ${lookAgain}`
    },
    vm: seen
  }
}

/**
 * Follows what the VM is already on its way to, without sending anything.
 */
export async function followInProgress(
  context: ToolContext,
  action: AcceptedAction,
  waitSeconds: number
): Promise<ActionResponse> {
  const { vm, actionType } = action
  const spec = expectedStateOf(context, action)
  if (spec === undefined || actionType === 'SHUTDOWN')
    return withoutTask(context, action, waitSeconds)
  const pending = (state: string): string =>
    `${actionType} of VM ${quoteName(vm.name)} is under way, and it still reads ${state}: ${waitOn(actionType)}`
  return followVmState(context, vm.uuid, { ...spec, pending }, waitSeconds)
}

/** The outcome of an accepted action: by its task, or by the VM's state where there is none. */
export async function followAction(
  context: ToolContext,
  action: AcceptedAction,
  result: WriteReply,
  waitSeconds: number
): Promise<ActionResponse> {
  if (result.taskTag === '') return withoutTask(context, action, waitSeconds, result.doubt)
  const response = await writeResponse(context, result, waitSeconds, wordsOf(action))
  const vm = await tryReadVm(context, action.vm.uuid)
  const spec = expectedStateOf(context, action)
  if (spec === undefined || vm === undefined) return { response, vm }
  // A STOP can fail and the VM be off all the same (FACTS 5.6, O).
  if (response.state === 'ERROR')
    return { response: { ...response, message: `${response.message}. It is ${vm.state} now` }, vm }
  if (response.state !== 'COMPLETE' || spec.isReached(vm)) return { response, vm }
  const seconds = Math.min(waitSeconds, maxSettleSeconds)
  const settled = await followVmState(context, action.vm.uuid, spec, seconds, vm)
  const { state, message } = settled.response
  return state === 'COMPLETE'
    ? { response, vm: settled.vm }
    : { response: { ...response, message }, vm: settled.vm }
}

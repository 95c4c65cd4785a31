import type { VirDomain, VirDomainActionType, VirDomainState } from './records.ts'

/** Actions by name, in the order an operator thinks of them. */
export const vmActions = [
  'START',
  'SHUTDOWN',
  'STOP',
  'PAUSE',
  'REBOOT',
  'RESET',
  'LIVEMIGRATE',
  'NMI'
] as const satisfies readonly VirDomainActionType[]

/**
 * From which states an action is legal (FACTS 5.6: S for the first three, I for PAUSE). BLOCKED is a
 * running VM that waits for its disk, and is treated as one.
 */
const legalFrom: Record<VirDomainActionType, readonly VirDomainState[]> = {
  START: ['SHUTOFF', 'CRASHED', 'PAUSED', 'RUNNING', 'BLOCKED'],
  // One that is shutting down is not asked again, but waited for.
  SHUTDOWN: ['RUNNING', 'BLOCKED', 'SHUTDOWN'],
  // Also where nothing is left to do (FACTS 24, high): scripts send it before they delete.
  STOP: ['RUNNING', 'BLOCKED', 'SHUTDOWN', 'PAUSED', 'CRASHED', 'SHUTOFF'],
  PAUSE: ['RUNNING', 'BLOCKED'],
  REBOOT: ['RUNNING', 'BLOCKED'],
  RESET: ['RUNNING', 'BLOCKED', 'SHUTDOWN'],
  LIVEMIGRATE: ['RUNNING', 'BLOCKED'],
  NMI: ['RUNNING', 'BLOCKED']
}

export const isRunning = (state: VirDomainState): boolean =>
  state === 'RUNNING' || state === 'BLOCKED'

/** The fields that tell the power state of a VM. */
export type VmPowerState = Pick<VirDomain, 'state' | 'uiState' | 'desiredDisposition'>

/**
 * Whether the guest was asked to shut down and is not off yet. `state` stays RUNNING meanwhile, and
 * desiredDisposition is the only sign (FACTS 24, high); the document has a state for it too (5.6, S).
 * A guest that ignores the request shows the same for as long as it runs.
 */
export const isShuttingDown = ({
  state,
  desiredDisposition
}: Pick<VmPowerState, 'state' | 'desiredDisposition'>): boolean =>
  state === 'SHUTDOWN' || (isRunning(state) && desiredDisposition === 'SHUTOFF')

/** What can be done with a VM, and would change something. */
export function possibleActions(vm: VmPowerState): VirDomainActionType[] {
  return vmActions.filter(
    (action) =>
      isLegal(action, vm) &&
      !(action === 'START' && isRunning(vm.state)) &&
      alreadyDone(action, vm) === undefined
  )
}

/** How the cluster shows that an action is being carried out (FACTS 5.6, S). */
const marks: Partial<Record<VirDomainActionType, VirDomain['uiState']>> = {
  START: 'STARTING',
  STOP: 'STOPPING',
  PAUSE: 'PAUSING'
}

/**
 * Whether the VM is on its way to what the action asks for: nothing is to be sent then, only to be
 * waited for.
 */
export const isInProgress = (action: VirDomainActionType, vm: VmPowerState): boolean =>
  action === 'SHUTDOWN'
    ? isShuttingDown(vm)
    : marks[action] !== undefined && vm.uiState === marks[action]

/** Where an action that has nothing left to do finds the VM; START is the cluster's own to judge. */
const goals: Partial<Record<VirDomainActionType, { state: VirDomainState; word: string }>> = {
  SHUTDOWN: { state: 'SHUTOFF', word: 'off' },
  STOP: { state: 'SHUTOFF', word: 'off' },
  PAUSE: { state: 'PAUSED', word: 'paused' }
}

/** What the VM is already, `off` or `paused`; undefined where the action is not done yet. */
export function alreadyDone(
  action: VirDomainActionType,
  { state, uiState }: Pick<VmPowerState, 'state' | 'uiState'>
): string | undefined {
  const goal = goals[action]
  return goal?.state === state && uiState === state ? goal.word : undefined
}

/**
 * Whether the cluster takes the action. START of a VM that shuts down it takes as done already, and
 * the VM goes off all the same: not legal here.
 */
export const isLegal = (action: VirDomainActionType, vm: VmPowerState): boolean =>
  legalFrom[action].includes(vm.state) && !(action === 'START' && isShuttingDown(vm))

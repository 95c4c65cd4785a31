import type {
  VirDomain,
  VirDomainActionType,
  VirDomainState
} from '../../hypercore/records/records.ts'
import {
  alreadyDone,
  isInProgress,
  isShuttingDown,
  possibleActions,
  vmActions,
  type VmPowerState
} from '../../hypercore/records/vm-state.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'

const meaning: Record<VirDomainState, string> = {
  RUNNING: 'running',
  BLOCKED: 'running, waiting for its disk',
  PAUSED: 'paused',
  SHUTDOWN: 'shutting down, not off yet',
  SHUTOFF: 'off',
  CRASHED: 'crashed'
}

/** The error for an action that the VM's present state does not allow; says what is possible. */
export function illegalState(
  vm: Pick<VirDomain, 'uuid' | 'name'> & VmPowerState,
  action: VirDomainActionType
): BridgeError {
  const waiting = vmActions.filter((each) => isInProgress(each, vm))
  const others = possibleActions(vm).filter((each) => !waiting.includes(each))
  const possible = [...waiting, ...others]
  // Waiting comes first: what else is possible may cut the power.
  const offers = [...waiting.map((each) => `${each} to keep waiting for it`), ...others]
  const already = alreadyDone(action, vm) === undefined ? '' : ' already'
  const means = isShuttingDown(vm) ? meaning.SHUTDOWN : meaning[vm.state]
  // What the cluster is busy with shows in uiState alone (FACTS 5.6, S).
  const busy = vm.uiState === vm.state ? '' : `, and ${vm.uiState} right now`
  return new BridgeError(
    'ILLEGAL_STATE',
    `${action} is not possible: VM ${quoteName(vm.name)} is ${vm.state} (${means ?? 'state unknown to this bridge'}${already}${busy}). Possible now: ${offers.join(', ') || 'nothing but waiting'}`,
    { details: { vmUUID: vm.uuid, vmState: vm.state, possible } }
  )
}

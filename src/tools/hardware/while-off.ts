import type { VirDomain } from '../../hypercore/records/records.ts'
import { possibleActions } from '../../hypercore/records/vm-state.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { turnOffAdvice } from '../advice/turn-off-advice.ts'

/** Whether nothing of a VM runs, so that all of its hardware can be changed. */
export const isOff = ({ state }: Pick<VirDomain, 'state'>): boolean =>
  state === 'SHUTOFF' || state === 'CRASHED'

/**
 * Refuses a change that a VM takes only while it is off.
 * @param what the change, as a sentence begins: `a NIC is added`
 * @param tool the tool to call again afterwards
 * @throws {BridgeError} ILLEGAL_STATE with the call that comes first
 */
export function requireOff(vm: VirDomain, what: string, tool: string): void {
  if (isOff(vm)) return
  throw new BridgeError(
    'ILLEGAL_STATE',
    `VM ${quoteName(vm.name)} is ${vm.state}, and ${what} only while it is off: ${turnOffAdvice(vm)}, then ${tool} again. Nothing was sent`,
    { details: { vmUUID: vm.uuid, vmState: vm.state, possible: possibleActions(vm) } }
  )
}

/** What comes after a change of a VM that is off, and had to be off for it. */
export const startsAgain = (vm: VirDomain): string | undefined =>
  isOff(vm) ? 'It is off: changeVM_state with START starts it' : undefined

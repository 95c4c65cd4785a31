import type { VirDomain, VirDomainActionType } from '../../hypercore/records/records.ts'
import { quoteName } from '../../lib/text/quote.ts'
import type { Step } from './sequence.ts'

/** A VM that exists, or the placeholder of one that an earlier step creates. */
export type StepVm = Pick<VirDomain, 'uuid' | 'name'>

const doing: Partial<Record<VirDomainActionType, (name: string) => string>> = {
  START: (name) => `start VM ${name}`,
  SHUTDOWN: (name) => `shut down VM ${name}`,
  STOP: (name) => `cut the power of VM ${name}`,
  PAUSE: (name) => `pause VM ${name}`,
  LIVEMIGRATE: (name) => `move VM ${name}`
}

/** What undoes an action. */
const opposite: Partial<Record<VirDomainActionType, VirDomainActionType>> = {
  START: 'SHUTDOWN',
  SHUTDOWN: 'START',
  STOP: 'START',
  PAUSE: 'START'
}

/** A node as a target of a move. */
export interface NodeAt {
  uuid: string
  address: string
}

function bareAction(vm: StepVm, actionType: VirDomainActionType, to?: NodeAt): Step {
  const words = doing[actionType]?.(quoteName(vm.name)) ?? `${actionType} VM ${quoteName(vm.name)}`
  const target = to === undefined ? {} : { nodeUUID: to.uuid }
  return {
    does: to === undefined ? words : `${words} to ${to.address}`,
    vmName: vm.name,
    method: 'POST',
    path: '/VirDomain/action',
    body: [{ virDomainUUID: vm.uuid, actionType, cause: 'INTERNAL', ...target }]
  }
}

/** An action on a VM; how it ends shows in the VM (FACTS 5.6). */
export function actionStep(
  vm: StepVm,
  actionType: Exclude<VirDomainActionType, 'LIVEMIGRATE'>
): Step {
  const back = opposite[actionType]
  const step = bareAction(vm, actionType)
  return back === undefined ? step : { ...step, undo: bareAction(vm, back) }
}

/** The move of a running VM from one node to another. */
export const moveStep = (vm: StepVm, from: NodeAt, to: NodeAt): Step => ({
  ...bareAction(vm, 'LIVEMIGRATE', to),
  undo: bareAction(vm, 'LIVEMIGRATE', from)
})

/**
 * A change of a VM's fields, which can be undone.
 * @param does as an order: `rename VM "file-01" to "file-01-old"`
 */
export function changeStep(
  vm: StepVm & Partial<VirDomain>,
  patch: Partial<VirDomain>,
  does: string,
  undoes: string
): Step {
  const path = `/VirDomain/${vm.uuid}`
  const before = Object.fromEntries(
    Object.keys(patch).map((field) => [field, vm[field as keyof VirDomain]])
  )
  return {
    does,
    method: 'PATCH',
    path,
    body: patch,
    undo: { does: undoes, method: 'PATCH', path, body: before }
  }
}

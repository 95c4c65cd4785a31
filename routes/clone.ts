import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import type { VirDomain } from '../src/hypercore/records/records.ts'
import { additive, defineTool, type ToolContext, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { readNotesOnName } from '../src/tools/names/same-name.ts'
import { optionalList } from '../src/tools/read/optional-list.ts'
import { scheduleName } from '../src/views/vm/changes.ts'
import { snapshotOf } from '../src/tools/vms/snapshot-of-vm.ts'
import {
  Input,
  Name,
  Reference,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { newVmIsOff, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { quoteName } from '../src/lib/text/quote.ts'

/** The snapshot to clone from; a replication target can be cloned from one only (FACTS 5.7, S). */
async function chooseSnapshot(
  context: ToolContext,
  vm: VirDomain,
  snapUUID: string | undefined
): Promise<string | undefined> {
  if (snapUUID !== undefined) return (await snapshotOf(context, vm, snapUUID, 'cloned')).uuid
  if (vm.sourceVirDomainUUID === '') return undefined
  const newest = vm.snapUUIDs.at(-1)
  if (newest === undefined)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `VM ${quoteName(vm.name)} is a replication target without a snapshot yet: wait for the first replication`
    )
  return newest
}

/** What of a VM its clone does not have (FACTS 5.7, S). */
async function notCopied(context: ToolContext, vm: VirDomain): Promise<string[]> {
  const { snapshotScheduleUUID, replicationUUIDs, affinityStrategy: affinity, netDevs } = vm
  const schedules =
    snapshotScheduleUUID === '' ? [] : await optionalList(context, '/VirDomainSnapshotSchedule')
  const lost = [
    ...(snapshotScheduleUUID === ''
      ? []
      : [`the snapshot schedule ${scheduleName(snapshotScheduleUUID, { schedules })}`]),
    ...(replicationUUIDs.length > 0 ? ['its replication'] : []),
    ...(affinity.preferredNodeUUID !== '' || affinity.strictAffinity ? ['its affinity'] : [])
  ]
  return [
    ...(lost.length > 0 ? [`not copied of ${quoteName(vm.name)}: ${lost.join(', ')}`] : []),
    ...(netDevs.length > 0 ? ['the copy has new MAC addresses'] : [])
  ]
}

export const cloneVm = defineTool({
  name: 'cloneVM',
  title: 'Clone a VM',
  description:
    'Copies a VM, as it is or as in a snapshot. The copy is off: start it with changeVM_state.',
  tag: 'transfer',
  annotations: additive,
  effects: ['change'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    name: Type.Optional(Name('of the copy, default: name-clone')),
    snapUUID: Type.Optional(Reference('snapshot', 'uuid or label, default: as it is now')),
    ...writeArguments
  }),
  output: WriteResponse({ vmName: Type.String({ description: 'name of the copy' }) }),

  async run(context, { vmUUID, name, snapUUID, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const from = await chooseSnapshot(context, vm, snapUUID)
    const vmName = name ?? `${vm.name}-clone`
    // Whether a clone keeps its tags differs between versions (FACTS 5.7, X): they are sent.
    const body = {
      template: { name: vmName, tags: vm.tags },
      ...(from === undefined ? {} : { snapUUID: from })
    }
    const onName = await readNotesOnName(context, vmName)
    const onCopy = await notCopied(context, vm)
    const result = await hypercore.write('POST', `/VirDomain/${vmUUID}/clone`, body, { signal })
    const words = {
      subject: `Clone ${quoteName(vmName)} of VM ${quoteName(vm.name)}`,
      done: `Created VM ${quoteName(vmName)}`,
      next: newVmIsOff,
      advice: tryAgain('cloneVM', 'vm_read')
    }
    const response = await writeResponse(context, result, wait, words)
    // Of a copy that was not made there is nothing to say.
    const notes = response.state === 'ERROR' ? [] : [...onName, ...onCopy]
    return { ...response, notes, vmName }
  }
})

export const cloneTools: Tool[] = [cloneVm]

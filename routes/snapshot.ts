import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { additive, defineTool, destructive, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { findSnapshot, findVm } from '../src/tools/read/find-record.ts'
import { rememberDeleted } from '../src/tools/names/doubt.ts'
import { listFor } from '../src/tools/list/list-for.ts'
import { listArguments } from '../src/tools/list/list-response.ts'
import {
  ClusterRecord,
  Input,
  ListResponse,
  Name,
  Reference,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import type { TaskWords } from '../src/tools/task/started-tasks.ts'
import { tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { snapshotOfVm, snapshotView } from '../src/views/snapshot.ts'
import { quoteName } from '../src/lib/text/quote.ts'

export const vmSnapshotsRead = defineTool({
  name: 'vmSnapshots_read',
  title: 'List the snapshots',
  description: 'Lists snapshots, newest first: uuid, VM, label, time, type.',
  tag: 'snapshot',
  annotations: readOnly,
  input: Input({
    vmUUID: Type.Optional(Reference('vm', 'of this VM')),
    ...listArguments
  }),
  output: ListResponse(
    ClusterRecord('a snapshot', {
      uuid: Type.String(),
      domainUUID: Type.String({ description: 'uuid of the VM' }),
      label: Type.String(),
      timestamp: Type.Integer({ description: 'Unix seconds' })
    })
  ),

  async run(context, { vmUUID, ...args }) {
    const { hypercore, signal } = context
    if (vmUUID !== undefined) await findVm(context, vmUUID)
    // The API filters nothing itself and sorts nothing (FACTS 3.1, 8.1: O).
    const snapshots = await hypercore.list('/VirDomainSnapshot', { signal })
    const wanted = snapshots
      .filter((snapshot) => vmUUID === undefined || snapshot.domainUUID === vmUUID)
      .toSorted((a, b) => b.timestamp - a.timestamp)
    return listFor(context, wanted, args, snapshotView)
  }
})

const takenWords = (label: string, vmName: string): TaskWords => ({
  subject: `Creation of ${snapshotOfVm(label, vmName)}`,
  done: `Created ${snapshotOfVm(label, vmName)}`,
  advice: tryAgain('snapshotVM', 'vmSnapshots_read')
})

const deletedWords = (label: string, vmName: string): TaskWords => ({
  subject: `Deletion of ${snapshotOfVm(label, vmName)}`,
  done: `Deleted ${snapshotOfVm(label, vmName)}`,
  advice: tryAgain('delete_snapshotVM', 'vmSnapshots_read')
})

export const snapshotVm = defineTool({
  name: 'snapshotVM',
  title: 'Take a snapshot of a VM',
  description: 'Takes a snapshot of a VM, without its memory. Do it before a risky change.',
  tag: 'snapshot',
  annotations: additive,
  effects: ['change'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    label: Name("the snapshot's name"),
    replicate: Type.Optional(Type.Boolean({ description: 'to the remote cluster' })),
    ...writeArguments
  }),
  output: WriteResponse({ vmName: Type.String() }),

  async run(context, { vmUUID, label, replicate = false, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    // The cluster's own default sends it over the WAN, which may delay its deletion (FACTS 24, high).
    const body = { domainUUID: vmUUID, label, type: 'USER', replication: replicate }
    const result = await hypercore.write('POST', '/VirDomainSnapshot', body, { signal })
    const response = await writeResponse(context, result, wait, takenWords(label, vm.name))
    return { ...response, vmName: vm.name }
  }
})

export const deleteSnapshotVm = defineTool({
  name: 'delete_snapshotVM',
  title: 'Delete a snapshot',
  description:
    'Deletes a snapshot for good; the VM stays. Ask the user first, naming VM and label.',
  tag: 'snapshot',
  annotations: destructive,
  effects: ['lose'],
  slow: true,
  destroys: () => true,
  async vmsOf(context, { snapUUID }) {
    return [(await findSnapshot(context, snapUUID)).domainUUID]
  },
  input: Input({
    snapUUID: Reference('snapshot', 'uuid or label, from vmSnapshots_read'),
    vmUUID: Type.Optional(Reference('vm', 'its VM, where labels repeat')),
    ...writeArguments
  }),
  output: WriteResponse({ vmName: Type.String(), label: Type.String() }),

  async run(context, { snapUUID, vmUUID, wait }) {
    const { hypercore, signal } = context
    const snapshot = await findSnapshot(context, snapUUID)
    if (vmUUID !== undefined && snapshot.domainUUID !== vmUUID)
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `snapUUID is a snapshot of VM ${quoteName(snapshot.domain.name)} (${snapshot.domainUUID}), not of ${vmUUID}: vmSnapshots_read with vmUUID lists the right ones; nothing was deleted`
      )
    if (snapshot.state === 'DELETING')
      throw new BridgeError(
        'ILLEGAL_STATE',
        `Snapshot ${quoteName(snapshot.label)} is being deleted already: taskTagStatus_read shows the task`
      )
    const path = `/VirDomainSnapshot/${snapUUID}`
    const named = { entity: 'snapshot', text: snapshot.label, vm: snapshot.domainUUID } as const
    await rememberDeleted(context, named, snapUUID)
    const result = await hypercore.write('DELETE', path, undefined, { signal })
    const { label } = snapshot
    const vmName = snapshot.domain.name
    const response = await writeResponse(context, result, wait, deletedWords(label, vmName))
    return { ...response, vmName, label }
  }
})

export const snapshotTools: Tool[] = [vmSnapshotsRead, snapshotVm, deleteSnapshotVm]

import type { VirDomainReplication } from '../../hypercore/records/records.ts'
import {
  ApiError,
  internalError,
  written,
  type Call,
  type Handlers,
  type World
} from '../handler.ts'
import { shownSnapshot } from '../later-fields.ts'
import { given } from '../vms/build.ts'
import { noProgress, resumeTransfer, transfer } from '../vms/replication-transfer.ts'
import { addSnapshot, refreshSnapshotList } from '../vms/snapshots.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'
import { readHandlers } from './records.ts'

type Body = Partial<VirDomainReplication>

/** FACTS 9.1: the text is a cluster's own (S), that a VM is replicated once only is a guess (I). */
const refuse = (reason: string): never => {
  throw new ApiError(400, `Failed to create replication: ${reason}`)
}

function create(call: Call<Body>): unknown {
  const { world, body } = call
  const { state, random, clock } = world
  const vm = state.virDomains.get(body.sourceDomainUUID ?? '')
  if (vm === undefined) return refuse('there is no such virtual machine')
  if (!state.remoteClusterConnections.has(body.connectionUUID ?? ''))
    return refuse('there is no such remote cluster connection')
  if (vm.sourceVirDomainUUID !== '') return refuse('the virtual machine is a replication target')
  const isTaken = (): boolean =>
    [...state.replications.values()].some(({ sourceDomainUUID }) => sourceDomainUUID === vm.uuid)
  if (isTaken()) return refuse('the virtual machine is replicated already')

  const uuid = random.uuid()
  const replication: VirDomainReplication = {
    uuid,
    sourceDomainUUID: vm.uuid,
    targetDomainUUID: random.uuid(),
    connectionUUID: body.connectionUUID ?? '',
    enable: body.enable ?? true,
    label: body.label ?? '',
    deprecated_sourceVSDInitialSerialNumber: body.deprecated_sourceVSDInitialSerialNumber ?? 0,
    progress: noProgress()
  }
  const tag = startVmTask(call, {
    vm,
    description: 'Create Replication for Virtual Machine %@',
    durationMs: 1000,
    finish() {
      state.replications.set(uuid, replication)
      vm.replicationUUIDs = [...vm.replicationUUIDs, uuid]
      if (!replication.enable) return
      const snapshot = addSnapshot(state, random, vm, {
        uuid: random.uuid(),
        timestamp: clock.seconds(),
        type: 'AUTOMATED',
        label: 'Replication',
        automatedTriggerTimestamp: clock.seconds()
      })
      refreshSnapshotList(state, vm)
      transfer(world, vm, snapshot)
    }
  })
  return written(tag, uuid)
}

/** Switches a replication off or on, or names it; it is never removed (FACTS 9.1: S). */
function update(call: Call<Body>): unknown {
  const { world, body } = call
  const replication = world.state.replications.get(call.params.uuid ?? '')
  if (replication === undefined) throw internalError()
  const connectionUUID = body.connectionUUID ?? replication.connectionUUID
  if (!world.state.remoteClusterConnections.has(connectionUUID))
    throw new ApiError(400, 'There is no such remote cluster connection')
  const vm = targetVM(world, replication.sourceDomainUUID)
  const tag = startVmTask(call, {
    vm,
    description: 'Update Replication for Virtual Machine %@',
    durationMs: 500,
    finish() {
      const resumes = body.enable === true && !replication.enable
      Object.assign(replication, given(body, ['enable', 'label']), { connectionUUID })
      if (resumes) resumeTransfer(world, replication)
    }
  })
  return written(tag)
}

/** A replication with its snapshots as its version shows them. */
function shown(world: World, replication: VirDomainReplication): VirDomainReplication {
  const { progress } = replication
  const snapshotFrom = shownSnapshot(world, progress.snapshotFrom)
  const snapshotTo = shownSnapshot(world, progress.snapshotTo)
  return { ...replication, progress: { ...progress, snapshotFrom, snapshotTo } }
}

/** Replications and the connections to other clusters, which are read-only (FACTS 9). */
export const replicationHandlers: Handlers = {
  ...readHandlers('/VirDomainReplication', ({ world }) =>
    [...world.state.replications.values()].map((replication) => shown(world, replication))
  ),
  ...readHandlers('/RemoteClusterConnection', ({ world }) =>
    world.state.remoteClusterConnections.values()
  ),
  'POST /VirDomainReplication': create,
  'POST /VirDomainReplication/{uuid}': update,
  'PATCH /VirDomainReplication/{uuid}': update
}

import type { VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { ApiError, internalError, written, type Call, type Handlers } from '../handler.ts'
import { shownSnapshot } from '../later-fields.ts'
import { TaskFailure } from '../tasks.ts'
import { given } from '../vms/build.ts'
import { takeSnapshot } from '../vms/snapshot-task.ts'
import { refreshSnapshotList, removeSnapshot } from '../vms/snapshots.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'
import { readHandlers } from './records.ts'

function create(call: Call<Partial<VirDomainSnapshot>>): unknown {
  const { world, body } = call
  if (body.domainUUID === undefined) throw new ApiError(400, 'domainUUID is missing')
  const vm = targetVM(world, body.domainUUID)
  const uuid = world.random.uuid()
  const tag = takeSnapshot(call, vm, {
    ...given(body, [
      'label',
      'type',
      'automatedTriggerTimestamp',
      'localRetainUntilTimestamp',
      'remoteRetainUntilTimestamp',
      'blockCountDiffFromSerialNumber',
      'replication'
    ]),
    uuid
  })
  return written(tag, uuid)
}

/** DELETING and off the VM's list while the task runs (FACTS 8.1: S, I). */
function remove(call: Call): unknown {
  const { world } = call
  const { state } = world
  const snapshot = state.snapshots.get(call.params.uuid ?? '')
  if (snapshot === undefined || snapshot.state === 'DELETING') throw internalError()
  const vm = targetVM(world, snapshot.domainUUID)
  const tag = startVmTask(call, {
    vm,
    description: 'Delete Snapshot for Virtual Machine %@',
    durationMs: 1000,
    check() {
      if (state.snapshots.get(snapshot.uuid) !== snapshot || snapshot.state !== 'CREATED')
        throw new TaskFailure("Unable to delete snapshot of VM '%@': it does not exist any more", [
          vm.name
        ])
    },
    begin() {
      snapshot.state = 'DELETING'
      snapshot.unavailable = true
      refreshSnapshotList(state, vm)
    },
    finish: () => removeSnapshot(state, snapshot.uuid),
    undo() {
      snapshot.state = 'CREATED'
      snapshot.unavailable = false
      refreshSnapshotList(state, vm)
    }
  })
  return written(tag)
}

/** Snapshots (FACTS 8.1), which cannot be updated. */
export const snapshotHandlers: Handlers = {
  ...readHandlers('/VirDomainSnapshot', ({ world }) =>
    [...world.state.snapshots.values()].map((snapshot) => shownSnapshot(world, snapshot))
  ),
  'POST /VirDomainSnapshot': create,
  'DELETE /VirDomainSnapshot/{uuid}': remove
}

import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { ApiError, internalError, written, type Call, type Handlers } from '../handler.ts'
import { TaskFailure } from '../tasks.ts'
import { guestLike } from '../vms/build.ts'
import { copyVirDomain } from '../vms/copy.ts'
import { refreshMounts } from '../vms/iso-mounts.ts'
import { keywordFor } from '../vms/machine-types.ts'
import { newVirDomain } from '../vms/new-records.ts'
import { addSnapshot, domainOf, refreshSnapshotList, removeSnapshot } from '../vms/snapshots.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'

interface CloneBody {
  snapUUID?: string
  template?: Partial<VirDomain>
}

/** The snapshot the body names; undefined where it names none. */
function requestedSnapshot(
  call: Call<CloneBody>,
  source: VirDomain
): VirDomainSnapshot | undefined {
  const { snapUUID = '' } = call.body
  if (snapUUID === '') {
    // FACTS 5.7 (S): a replication target has no live disks to take a snapshot of.
    if (source.sourceVirDomainUUID !== '')
      throw new ApiError(400, 'Cloning a replication target requires snapUUID')
    return undefined
  }
  const snapshot = call.world.state.snapshots.get(snapUUID)
  if (snapshot?.domainUUID !== source.uuid) throw internalError()
  return snapshot
}

/** Clones a VM from a snapshot, or from one taken now (FACTS 5.7). */
function clone(call: Call<CloneBody>): unknown {
  const { world } = call
  const { state, random, clock } = world
  const source = targetVM(world, call.params.virDomainUUID)
  const { template = {} } = call.body
  const named = requestedSnapshot(call, source)
  if (template.machineType !== undefined && keywordFor(template.machineType) === undefined)
    throw new ApiError(400, `Unknown machine type: ${template.machineType}`)
  const uuid = random.uuid()
  let snapshot = named
  // Stands for the clone until it is created: the task is shown there and not at its source.
  const clone = newVirDomain({ uuid, name: template.name ?? `${source.name}-clone` })
  const tag = startVmTask(call, {
    vm: clone,
    creates: true,
    alsoLocks: [source.uuid],
    description: 'Clone Virtual Machine %@ to %@',
    parameters: [source.name, clone.name],
    durationMs: 3000,
    check() {
      const refuse = (reason: string): never => {
        throw new TaskFailure(`Unable to clone VM '%@': ${reason}`, [source.name])
      }
      if (!state.virDomains.has(source.uuid)) refuse('it does not exist any more')
      if (named === undefined) return
      if (state.snapshots.get(named.uuid) !== named) refuse('the snapshot does not exist any more')
      if (named.unavailable || named.state !== 'CREATED') refuse('the snapshot is unavailable')
    },
    begin() {
      snapshot ??= addSnapshot(state, random, source, {
        uuid: random.uuid(),
        timestamp: clock.seconds(),
        type: 'AUTOMATED',
        label: `Clone to ${clone.name}`,
        automatedTriggerTimestamp: clock.seconds()
      })
      refreshSnapshotList(state, source)
    },
    finish() {
      if (snapshot === undefined) return
      const tags = world.options.cloneKeepsTags ? source.tags : ''
      const made = copyVirDomain(world, {
        uuid,
        source: domainOf(snapshot),
        template: { tags, ...template, name: clone.name },
        thin: true
      })
      Object.assign(clone, made, { latestTaskTag: clone.latestTaskTag })
      clone.initialCloneSnapshotUUID = snapshot.uuid
      state.virDomains.set(uuid, clone)
      state.guests.set(uuid, guestLike(state.guests.get(source.uuid)))
      refreshMounts(state)
    },
    undo() {
      if (named === undefined && snapshot !== undefined) removeSnapshot(state, snapshot.uuid)
    }
  })
  return written(tag, uuid)
}

export const virDomainCloneHandlers: Handlers = {
  'POST /VirDomain/{virDomainUUID}/clone': clone
}

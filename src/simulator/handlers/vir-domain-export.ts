import type { VirDomain } from '../../hypercore/records/records.ts'
import { ApiError, internalError, written, type Call, type Handlers } from '../handler.ts'
import { TaskFailure } from '../tasks.ts'
import { findExport, folderOf, storeExport } from '../vms/archive.ts'
import { guestLike } from '../vms/build.ts'
import { copyVirDomain } from '../vms/copy.ts'
import { refreshMounts } from '../vms/iso-mounts.ts'
import { keywordFor } from '../vms/machine-types.ts'
import { newVirDomain } from '../vms/new-records.ts'
import { isActive } from '../vms/placement.ts'
import { addSnapshot, domainOf, refreshSnapshotList, removeSnapshot } from '../vms/snapshots.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'

interface ExportBody {
  target: { pathURI: string; definitionFileName?: string }
  snapUUID?: string
}

interface ImportBody {
  source: { pathURI: string; definitionFileName?: string }
  template?: Partial<VirDomain>
}

/** Proportional to the data (FACTS 22): a GiB in a second, between three seconds and two minutes. */
const transferMs = (vm: VirDomain): number => {
  const bytes = vm.blockDevs.reduce((sum, device) => sum + device.allocation, 0)
  return Math.min(120_000, Math.max(3000, (1000 * bytes) / 1024 ** 3))
}

/** Exports a VM, or one of its snapshots, to an SMB share (FACTS 5.8). */
function exportVM(call: Call<ExportBody>): unknown {
  const { world, body } = call
  const { state, random, clock } = world
  const vm = targetVM(world, call.params.virDomainUUID)
  const folder = folderOf(body.target.pathURI, ['smb'])
  const { snapUUID = '' } = body
  const named = state.snapshots.get(snapUUID)
  if (snapUUID !== '' && named?.domainUUID !== vm.uuid) throw internalError()
  let snapshot = named
  const dropSnapshot = (): void => {
    if (named === undefined && snapshot !== undefined) removeSnapshot(state, snapshot.uuid)
  }
  const tag = startVmTask(call, {
    vm,
    description: 'Export Virtual Machine %@',
    durationMs: transferMs(named?.domain ?? vm),
    check() {
      if (named !== undefined && (named.unavailable || named.state !== 'CREATED'))
        throw new TaskFailure("Unable to export VM '%@': the snapshot is unavailable", [vm.name])
    },
    begin() {
      // A running VM is exported from a snapshot of its own (FACTS 5.8, I).
      if (named !== undefined || !isActive(vm)) return
      snapshot = addSnapshot(state, random, vm, {
        uuid: random.uuid(),
        timestamp: clock.seconds(),
        type: 'AUTOMATED',
        label: 'Export',
        automatedTriggerTimestamp: clock.seconds()
      })
      refreshSnapshotList(state, vm)
    },
    finish() {
      const domain = structuredClone(snapshot === undefined ? vm : domainOf(snapshot))
      storeExport(state, folder, {
        definitionFileName: body.target.definitionFileName || `${vm.name}.xml`,
        domain,
        guest: guestLike(state.guests.get(vm.uuid))
      })
      dropSnapshot()
    },
    undo: dropSnapshot
  })
  return written(tag)
}

/** Imports a VM that was exported to the same place; any other place is empty (FACTS 5.8). */
function importVM(call: Call<ImportBody>): unknown {
  const { world, body } = call
  const { state, random } = world
  const { template = {} } = body
  const folder = folderOf(body.source.pathURI, ['smb', 'http', 'https'])
  if (template.machineType !== undefined && keywordFor(template.machineType) === undefined)
    throw new ApiError(400, `Unknown machine type: ${template.machineType}`)
  const uuid = random.uuid()
  let found = findExport(state, folder, body.source.definitionFileName)
  const fileName = body.source.definitionFileName || folder.split('/').at(-1) || folder
  const vm = newVirDomain({ uuid, name: template.name ?? found?.domain.name ?? fileName })
  const tag = startVmTask(call, {
    vm,
    creates: true,
    description: 'Import Virtual Machine %@',
    durationMs: found === undefined ? 3000 : transferMs(found.domain),
    check() {
      // The export may have ended since the call.
      found ??= findExport(state, folder, body.source.definitionFileName)
      if (found === undefined)
        throw new TaskFailure('Unable to import Virtual Machine: no definition %@ in %@', [
          fileName,
          folder
        ])
    },
    finish() {
      if (found === undefined) return
      const made = copyVirDomain(world, {
        uuid,
        source: found.domain,
        template: { tags: found.domain.tags, ...template },
        thin: false
      })
      const bootDevices =
        world.options.importBootOrder === 'empty'
          ? []
          : [...made.blockDevs, ...made.netDevs].map((device) => device.uuid)
      Object.assign(vm, made, { bootDevices, latestTaskTag: vm.latestTaskTag })
      state.virDomains.set(uuid, vm)
      state.guests.set(uuid, guestLike(found.guest))
      refreshMounts(state)
    }
  })
  return written(tag, uuid)
}

export const virDomainExportHandlers: Handlers = {
  'POST /VirDomain/{virDomainUUID}/export': exportVM,
  'POST /VirDomain/import': importVM
}

import type { Handlers } from '../handler.ts'
import { blockDeviceHandlers } from './block-device.ts'
import { isoHandlers } from './iso.ts'
import { netDeviceHandlers } from './net-device.ts'
import { replicationHandlers } from './replication.ts'
import { snapDiffHandlers } from './snap-diff.ts'
import { snapshotHandlers } from './snapshot.ts'
import { snapshotScheduleHandlers } from './snapshot-schedule.ts'
import { statsHandlers } from './stats.ts'
import { virDomainActionHandlers } from './vir-domain-action.ts'
import { virDomainCloneHandlers } from './vir-domain-clone.ts'
import { virDomainExportHandlers } from './vir-domain-export.ts'
import { virDomainHandlers } from './vir-domain.ts'
import { virtualDiskHandlers } from './virtual-disk.ts'

/** All handlers about virtual machines, their devices, media and snapshots. */
export const vmHandlers: Handlers = {
  ...virDomainHandlers,
  ...virDomainActionHandlers,
  ...virDomainCloneHandlers,
  ...virDomainExportHandlers,
  ...blockDeviceHandlers,
  ...snapDiffHandlers,
  ...netDeviceHandlers,
  ...snapshotHandlers,
  ...snapshotScheduleHandlers,
  ...replicationHandlers,
  ...isoHandlers,
  ...virtualDiskHandlers,
  ...statsHandlers
}

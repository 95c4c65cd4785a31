import type { VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import type { Bounded } from '../text/bound-record.ts'
import type { SnapshotInShort } from '../snapshot.ts'
import type { ReplicationInShort, VmDetails } from './details.ts'
import { dataValue, textValue } from '../text/text-form.ts'
import { formatBytes, percentOf } from '../../lib/text/units.ts'
import { isDisk } from './fields.ts'
import { networkDeviceText } from './nic.ts'

/** Marks of a device that are not as usual. */
const ifTrue = (mark: string, holds: boolean): string => (holds ? `, ${mark}` : '')

function blockDeviceText(device: VirDomainBlockDevice): string {
  const { uuid, type, slot, name, capacity, allocation, mountPoints } = device
  const place = `${type}${slot < 0 ? '' : ` slot ${slot}`} ${uuid}`
  const medium = textValue(name)
  if (!isDisk(device)) return `${place}${medium === '-' ? '' : ` ${medium}`}`
  const used = `${formatBytes(allocation)} used (${percentOf(allocation, capacity)} %)`
  return (
    `${place} ${formatBytes(capacity)}, ${used}` +
    ifTrue(`mounted ${textValue(mountPoints)}`, mountPoints.length > 0) +
    ifTrue('not in snapshots', device.disableSnapshotting) +
    ifTrue('read-only', device.readOnly)
  )
}

const snapshotText = ({ uuid, label, type, age }: SnapshotInShort): string =>
  `${uuid} ${dataValue(label)}, ${type}, ${age} old`

const replicationText = ({ uuid, label, enable, percentComplete }: ReplicationInShort): string =>
  `${uuid} ${dataValue(label)}, ${enable ? 'on' : 'off'}` +
  (percentComplete === undefined ? '' : `, ${percentComplete} % sent`)

function replicationLines(vm: VmDetails): string[] {
  const { replications, replicationUUIDs, sourceVirDomainUUID } = vm
  if (sourceVirDomainUUID !== '')
    return [`replication: this is the replica of VM ${sourceVirDomainUUID} of another cluster`]
  if (replications.length === 0 && replicationUUIDs.length > 0)
    return [`replication: ${replicationUUIDs.join(', ')}, which the bridge may not read`]
  return [`replication: ${replications.map(replicationText).join('; ') || '-'}`]
}

/** `name: how many`, and a line for each that is shown. */
function section(name: string, lines: string[], notShown: number, where: string): string[] {
  const all = notShown > 0 ? [...lines, `${notShown} more: ${where}`] : lines
  return [`${name}: ${lines.length + notShown}`, ...all.map((line) => `  ${line}`)]
}

/** A VM in a few lines: what holds, what a call needs, and what stands out. */
export function vmCard(vm: VmDetails & Bounded): string {
  const newest = vm.newestSnapshots.map(snapshotText)
  const { blockDevs: disks = 0, netDevs: nics = 0, snapUUIDs: snapshots = 0 } = vm.leftOut ?? {}
  return [
    `uuid: ${vm.uuid}`,
    `name: ${textValue(vm.name)}`,
    `state: ${vm.state}`,
    `node: ${textValue(vm.node)}`,
    `attention: ${vm.attention.map(textValue).join('; ') || '-'}`,
    `resources: ${vm.numVCPU} vCPUs, ${vm.memory} memory, ${textValue(vm.machineType)}`,
    ...section(
      'disks',
      vm.blockDevs.map(blockDeviceText),
      disks,
      `run_api GET /VirDomain/${vm.uuid}`
    ),
    ...section('network', vm.netDevs.map(networkDeviceText), nics, 'vmNetDevices_read'),
    ...section(
      'snapshots',
      newest,
      vm.snapUUIDs.length + snapshots - newest.length,
      'vmSnapshots_read'
    ),
    `schedule: ${textValue(vm.snapshotSchedule)}`,
    ...replicationLines(vm),
    `guestAgent: ${vm.guestAgentState}`,
    `tags: ${dataValue(vm.tags)}`,
    `description: ${dataValue(vm.description)}`,
    `age: ${textValue(vm.age)}`
  ].join('\n')
}

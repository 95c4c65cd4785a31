import type { FlatEntity } from '../../hypercore/records/flat-records.ts'

/** What no trial can tell, and is said with each. The list is stable: clients may rely on its words. */
export const announcements = {
  times: 'times, tags of tasks, and names made of them',
  ids: 'uuids, MAC addresses, serial numbers and console ports of what is created',
  guests: 'what guests do: whether they heed a shutdown, their addresses and agents',
  usage: 'how much is written, and the load of nodes',
  placement: 'the node of a VM that is started without one',
  memory: 'memory of VMs that are not seen, or were started with other memory than they have now',
  meanwhile: 'what others and schedules do meanwhile'
} as const

export type Announced = keyof typeof announcements

/** Announced with every plan. */
export const always: readonly Announced[] = ['times', 'ids', 'guests', 'usage', 'meanwhile']

type Fields = Partial<Record<FlatEntity, readonly string[]>>

/** The fields that an announcement is about. */
const fields: Record<Announced, Fields> = {
  times: {
    VirDomain: ['created', 'modified', 'latestTaskTag'],
    VirDomainBlockDevice: ['createdTimestamp'],
    VirDomainSnapshot: ['timestamp', 'automatedTriggerTimestamp']
  },
  ids: {
    VirDomain: ['console', 'snapshotListSerialNumber', 'vsdUUIDsToDelete'],
    VirDomainReplication: ['targetDomainUUID']
  },
  guests: {
    VirDomain: ['guestAgentState'],
    VirDomainBlockDevice: ['mountPoints'],
    VirDomainNetDevice: ['ipv4Addresses']
  },
  usage: {
    VirDomain: ['snapshotAllocationBlocks', 'deprecated_stats'],
    VirDomainBlockDevice: ['allocation', 'physical'],
    VirDomainSnapshot: ['blockCountDiff'],
    VirDomainReplication: ['progress'],
    VirtualDisk: ['totalAllocationBytes'],
    Node: ['cpuUsage', 'memUsagePercentage', 'systemMemUsageBytes', 'systemMemUsage', 'drives']
  },
  placement: { Node: ['totalMemUsageBytes'] },
  memory: { Node: ['totalMemUsageBytes'] },
  meanwhile: {}
}

/** Where a VM runs, for those that a plan starts without naming a node. */
export const placementFields: readonly string[] = [
  'nodeUUID',
  'lastSeenRunningOnNodeUUID',
  'affinityStrategy'
]

/** Whether a field of a record is one that an announcement is about. */
export function isAnnounced(
  entity: FlatEntity,
  field: string,
  announced: readonly Announced[]
): boolean {
  return announced.some((each) => fields[each][entity]?.includes(field) === true)
}

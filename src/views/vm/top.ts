import { type Static, Type } from '@sinclair/typebox'
import type { Node, VirDomain, VirDomainStats } from '../../hypercore/records/records.ts'
import { rounded } from '../../lib/text/units.ts'
import { nodeNames } from '../node.ts'
import { columnsOf, tableRow } from '../text/text-form.ts'
import { vmStats, type VmStats } from './stats.ts'

/** A VM with fewer operations a second has no latency worth ranking: a single slow one would lead. */
const minIops = 1

/** What VMs are ranked by. */
export const rankings = ['iops', 'throughput', 'cpu', 'latency', 'network'] as const

export type Ranking = (typeof rankings)[number]

const iopsOf = ({ allDisks }: VmStats): number => allDisks.readIOPS + allDisks.writeIOPS
const mibOf = ({ allDisks }: VmStats): number => allDisks.readMiBps + allDisks.writeMiBps

/** Time all operations of a second take together, in ms. */
const ioTimeOf = ({ allDisks }: VmStats): number =>
  allDisks.readIOPS * allDisks.readLatencyMs + allDisks.writeIOPS * allDisks.writeLatencyMs

const latencyOf = (stats: VmStats): number =>
  iopsOf(stats) < minIops ? 0 : ioTimeOf(stats) / iopsOf(stats)

const mbitOf = ({ rxBitRate, txBitRate }: VmStats): number => (rxBitRate + txBitRate) / 1e6

interface Measure {
  /** What is ranked, and its unit, for the first line. */
  says: string
  value: (stats: VmStats) => number
  /** What the share is of; that of `value` where left out. */
  weight?: (stats: VmStats) => number
  /** What the share is of, in words. */
  of: string
  /** What explains the value, beside it. */
  beside: (stats: VmStats) => Record<string, number>
}

const measures: Record<Ranking, Measure> = {
  iops: {
    says: 'IOPS: reads and writes a second',
    value: iopsOf,
    of: 'IOPS',
    beside: (stats) => ({ MiBps: rounded(mibOf(stats)), ms: rounded(latencyOf(stats)) })
  },
  throughput: {
    says: 'MiB/s of disks, read and written',
    value: mibOf,
    of: 'MiB/s',
    beside: (stats) => ({ IOPS: rounded(iopsOf(stats), 1), ms: rounded(latencyOf(stats)) })
  },
  cpu: {
    says: 'CPU percent, as the cluster measures it',
    value: ({ cpuPercent }) => cpuPercent,
    of: 'the percents of its VMs',
    beside: ({ numVCPU }) => ({ vCPUs: numVCPU })
  },
  latency: {
    says: `ms a disk operation takes, of VMs with ${minIops} IOPS or more`,
    value: latencyOf,
    weight: ioTimeOf,
    of: 'time in disk operations',
    beside: (stats) => ({ IOPS: rounded(iopsOf(stats), 1) })
  },
  network: {
    says: 'Mbit/s received and sent',
    value: mbitOf,
    of: 'Mbit/s',
    beside: ({ rxBitRate, txBitRate }) => ({
      received: rounded(rxBitRate / 1e6),
      sent: rounded(txBitRate / 1e6)
    })
  }
}

/** A VM of the ranking, with what explains its value beside it. */
const TopVm = Type.Object(
  {
    name: Type.String(),
    node: Type.String({ 'x-unlisted': true }),
    value: Type.Number(),
    share: Type.Integer()
  },
  { description: 'a VM', additionalProperties: true }
)

type TopVm = Static<typeof TopVm>

export const TopVms = Type.Object(
  {
    by: Type.Unsafe<Ranking>(Type.String({ 'x-unlisted': true })),
    value: Type.String({ 'x-unlisted': true, description: 'what value is, with its unit' }),
    share: Type.String({ 'x-unlisted': true, description: 'what share is a percentage of' }),
    total: Type.Integer(),
    returned: Type.Integer({ 'x-unlisted': true }),
    items: Type.Array(TopVm)
  },
  { description: 'the ranking; value and share say what they are', additionalProperties: true }
)

export type TopVms = Static<typeof TopVms>

/** What the ranking is computed from. */
export interface TopInput {
  vms: readonly VirDomain[]
  stats: readonly VirDomainStats[]
  nodes: readonly Node[]
  /** Whether the caller sees all VMs there are. */
  seesAll: boolean
}

/** The VMs that do most of something now, each with its share of what those of its node do. */
export function topVms(
  { vms, stats, nodes, seesAll }: TopInput,
  by: Ranking,
  limit: number
): TopVms {
  const { says, value, weight = value, of, beside } = measures[by]
  const names = nodeNames(nodes)
  const byUuid = new Map(stats.map((record) => [record.uuid, record]))
  const measured = vms
    .map((vm) => ({ vm, stats: vmStats(vm, byUuid.get(vm.uuid)) }))
    .map((each) => ({ ...each, value: value(each.stats), weight: weight(each.stats) }))
    .filter((each) => each.value > 0)
    .toSorted((a, b) => b.value - a.value)
  const totals = new Map<string, number>()
  for (const { vm, weight: own } of measured)
    totals.set(vm.nodeUUID, (totals.get(vm.nodeUUID) ?? 0) + own)
  const items = measured.slice(0, limit).map((each): TopVm => {
    const total = totals.get(each.vm.nodeUUID) ?? 0
    return {
      name: each.vm.name,
      node: names.get(each.vm.nodeUUID) ?? '',
      value: rounded(each.value),
      share: total > 0 ? Math.round((100 * each.weight) / total) : 0,
      ...beside(each.stats)
    }
  })
  return {
    by,
    value: says,
    share: `percent of ${of} of ${seesAll ? 'all VMs' : 'the VMs this token sees'} on its node`,
    total: measured.length,
    returned: items.length,
    items
  }
}

/** The same as a table. */
export function topVmsText({ value, share, total, returned, items }: TopVms): string {
  const columns = columnsOf(items)
  return [
    `top ${returned} of ${total} VMs now; value: ${value}; share: ${share}`,
    ...(items.length === 0 ? ['no VM does any of it'] : [columns.join('\t')]),
    ...items.map((item) => tableRow(columns, { ...item, share: `${item.share} %` }))
  ].join('\n')
}

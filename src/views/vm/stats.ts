import type { VirDomain, VirDomainStats } from '../../hypercore/records/records.ts'
import { sum } from '../../lib/sum.ts'
import type { Bounded } from '../text/bound-record.ts'
import { textValue } from '../text/text-form.ts'
import { formatBytes, rounded } from '../../lib/text/units.ts'
import { limitLines } from '../text/limit-lines.ts'

type Rates = VirDomainStats['vsdStats'][number]['rates'][number]

/** What one disk does, or all of them, in units people use. */
export interface DiskRates {
  readIOPS: number
  writeIOPS: number
  readMiBps: number
  writeMiBps: number
  /** Mean time of one operation. */
  readLatencyMs: number
  writeLatencyMs: number
}

const mebi = 1024 ** 2

const idleRates: Rates = {
  decaySeconds: 0,
  millireadsPerSecond: 0,
  milliwritesPerSecond: 0,
  readKibibytesPerSecond: 0,
  writeKibibytesPerSecond: 0,
  meanReadSizeBytes: 0,
  meanWriteSizeBytes: 0,
  meanReadLatencyMicroseconds: 0,
  meanWriteLatencyMicroseconds: 0
}

/** Sums rates; latencies are means, weighted by how many operations each disk had. */
function sumRates(all: readonly Rates[]): DiskRates {
  const reads = sum(all, (rates) => rates.millireadsPerSecond)
  const writes = sum(all, (rates) => rates.milliwritesPerSecond)
  const readTime = sum(
    all,
    (rates) => rates.millireadsPerSecond * rates.meanReadLatencyMicroseconds
  )
  const writeTime = sum(
    all,
    (rates) => rates.milliwritesPerSecond * rates.meanWriteLatencyMicroseconds
  )
  return {
    readIOPS: rounded(reads / 1000, 1),
    writeIOPS: rounded(writes / 1000, 1),
    readMiBps: rounded(sum(all, (rates) => rates.readKibibytesPerSecond) / 1024),
    writeMiBps: rounded(sum(all, (rates) => rates.writeKibibytesPerSecond) / 1024),
    readLatencyMs: reads > 0 ? rounded(readTime / reads / 1000) : 0,
    writeLatencyMs: writes > 0 ? rounded(writeTime / writes / 1000) : 0
  }
}

/**
 * The statistics of a VM: the cluster's own fields, and beside them the same in percent, IOPS,
 * MiB/s and ms, with the resources of the VM. Of several averaging windows the first is taken, as
 * all clients do (FACTS 10, S).
 */
export function vmStats(vm: VirDomain, stats: VirDomainStats | undefined) {
  // A stopped VM may have zeros or no record at all (FACTS 10, I).
  const { cpuUsage, rxBitRate, txBitRate, vsdStats } = stats ?? {
    cpuUsage: 0,
    rxBitRate: 0,
    txBitRate: 0,
    vsdStats: []
  }
  const disks = vsdStats.map(({ uuid, rates }) => {
    const device = vm.blockDevs.find((candidate) => candidate.uuid === uuid)
    return {
      uuid,
      type: device?.type ?? '',
      slot: device?.slot ?? -1,
      ...sumRates([rates[0] ?? idleRates])
    }
  })
  return {
    uuid: vm.uuid,
    cpuUsage,
    rxBitRate,
    txBitRate,
    vsdStats,
    vmName: vm.name,
    vmState: vm.state,
    cpuPercent: rounded(cpuUsage, 1),
    numVCPU: vm.numVCPU,
    rxMiBps: rounded(rxBitRate / 8 / mebi),
    txMiBps: rounded(txBitRate / 8 / mebi),
    disks,
    allDisks: sumRates(vsdStats.map(({ rates }) => rates[0] ?? idleRates)),
    mem: vm.mem,
    memory: formatBytes(vm.mem),
    memoryNote: 'memory is what the VM is given: the cluster measures no use of it'
  }
}

export type VmStats = ReturnType<typeof vmStats>

const rateText = (rates: DiskRates): string =>
  `read ${rates.readIOPS} IOPS ${rates.readMiBps} MiB/s ${rates.readLatencyMs} ms, ` +
  `write ${rates.writeIOPS} IOPS ${rates.writeMiBps} MiB/s ${rates.writeLatencyMs} ms`

const diskText = ({ type, slot, uuid, ...rates }: VmStats['disks'][number]): string =>
  `${type === '' ? 'disk' : `${type} slot ${slot}`} ${uuid}: ${rateText(rates)}`

const networkText = ({ rxMiBps, txMiBps }: VmStats): string =>
  `receives ${rxMiBps} MiB/s, sends ${txMiBps} MiB/s`

/** The same in a few lines. */
export function vmStatsCard(stats: VmStats & Bounded): string {
  const notShown = stats.leftOut?.['disks'] ?? 0
  return [
    `uuid: ${stats.uuid}`,
    `vmName: ${textValue(stats.vmName)}`,
    `vmState: ${stats.vmState}`,
    // What 100 means is not stated (FACTS 10, X).
    `cpu: ${stats.cpuPercent} % (as the cluster measures it); ${stats.numVCPU} vCPUs`,
    `network: ${networkText(stats)}`,
    `disks: ${rateText(stats.allDisks)}`,
    ...stats.disks.map((disk) => `  ${diskText(disk)}`),
    ...(notShown > 0 ? [`  ${notShown} more`] : []),
    `memory: ${stats.memory}; the cluster measures no use of it`
  ].join('\n')
}

const maxDisks = 8

/** The same as lines of Markdown. */
export const vmStatsLines = (stats: VmStats): string[] => [
  `- CPU ${stats.cpuPercent} %, network ${networkText(stats)}`,
  ...limitLines(
    stats.disks.map((disk) => `- ${diskText(disk)}`),
    maxDisks,
    'getVM_sysStats'
  )
]

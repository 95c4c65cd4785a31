import { isUsable } from '../../hypercore/records/node-state.ts'
import type { Drive, Node, VirDomain } from '../../hypercore/records/records.ts'
import { sum } from '../../lib/sum.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { counted, formatBytes, percentOf } from '../../lib/text/units.ts'
import { failover } from '../cluster/failover.ts'
import { type Finding, findingOf } from './finding.ts'
import { thresholds } from './thresholds.ts'

type Located = Drive & { node: string }

const nodesNext = { tool: 'node_read', args: {} }

/** Whether a node was taken out of use on purpose (FACTS 13.2, S). */
const isInMaintenance = (node: Node): boolean =>
  !node.allowRunningVMs || node.currentDisposition !== 'IN' || node.desiredDisposition !== 'IN'

function ofNodes(nodes: readonly Node[]): Finding[] {
  const offline = nodes.filter(({ networkStatus }) => networkStatus !== 'ONLINE')
  const online = nodes.filter(({ networkStatus }) => networkStatus === 'ONLINE')
  const resting = online.filter(isInMaintenance)
  const unusable = online.filter((node) => !isUsable(node) && !isInMaintenance(node))
  const full = online
    .filter(({ memUsagePercentage }) => memUsagePercentage > thresholds.nodeMemoryPercent.value)
    .toSorted((a, b) => b.memUsagePercentage - a.memUsagePercentage)
  return [
    ...findingOf(offline, (found) => ({
      code: 'NODE_OFFLINE',
      severity: 'CRITICAL',
      reason: `${found.length} of ${counted(nodes.length, 'node')} offline`,
      of: found.map(({ lanIP, networkStatus }) => `${lanIP} ${networkStatus}`),
      next: nodesNext
    })),
    ...findingOf(unusable, (found) => ({
      code: 'NODE_UNUSABLE',
      severity: 'ERROR',
      reason: `${found.length} of ${counted(nodes.length, 'node')} cannot run VMs`,
      of: found.map(({ lanIP }) => lanIP),
      next: { tool: 'around', args: { target: found[0].lanIP } }
    })),
    ...findingOf(resting, (found) => ({
      code: 'NODE_MAINTENANCE',
      severity: 'NOTICE',
      reason: `${found.length} of ${counted(nodes.length, 'node')} taken out of use`,
      of: found.map(({ lanIP, currentDisposition }) => `${lanIP} ${currentDisposition}`),
      next: { tool: 'around', args: { target: found[0].lanIP } }
    })),
    ...findingOf(full, (found) => ({
      code: 'NODE_MEMORY_HIGH',
      severity: 'WARNING',
      reason: `${counted(found.length, 'node')} above ${thresholds.nodeMemoryPercent.value} % memory`,
      of: found.map(
        ({ lanIP, memUsagePercentage }) => `${lanIP} ${Math.round(memUsagePercentage)} %`
      ),
      next: nodesNext
    }))
  ]
}

/** Whether the cluster survives its largest node, where it has others. */
function ofFailover(nodes: readonly Node[], vms: readonly VirDomain[]): Finding[] {
  const found = failover(nodes, vms)
  if (found === undefined) return []
  const { node, needed, free, misfit } = found
  if (needed <= free && misfit === undefined) return []
  const short =
    misfit === undefined
      ? `its VMs take ${formatBytes(needed)}, the others have ${formatBytes(free)} free`
      : `VM ${quoteName(misfit.name)} takes ${formatBytes(misfit.mem)}, more than fits on one other node`
  return [
    {
      code: 'FAILOVER_SHORT',
      severity: 'WARNING',
      count: 1,
      reason: `if the largest node fails: ${short}`,
      of: [node.lanIP],
      next: nodesNext
    }
  ]
}

const place = ({ node, slot }: Located): string => `${node} slot ${slot}`

const isFailing = ({ isHealthy, disks }: Drive): boolean =>
  !isHealthy || Object.values(disks ?? {}).some(({ isReachable }) => !isReachable)

const isHot = ({ hasTemperature, hasTemperatureThreshold, ...drive }: Drive): boolean =>
  hasTemperature &&
  hasTemperatureThreshold &&
  drive.temperature > drive.temperatureThreshold - thresholds.driveHotMargin.value

const drivesOf = (found: readonly [Located, ...Located[]]): Finding['next'] => ({
  tool: 'drive_read',
  args: { filter: `node:${found[0].node}` }
})

const used = ({ usedBytes, capacityBytes }: Drive): number => percentOf(usedBytes, capacityBytes)

function ofDrives(drives: readonly Located[]): Finding[] {
  const failing = drives.filter(isFailing)
  const hot = drives
    .filter(isHot)
    .toSorted(
      (a, b) => b.temperature - b.temperatureThreshold - (a.temperature - a.temperatureThreshold)
    )
  const full = drives
    .filter((drive) => used(drive) > thresholds.driveFullPercent.value)
    .toSorted((a, b) => used(b) - used(a))
  const worn = drives.filter(
    (drive) => !isFailing(drive) && drive.errorCount + drive.reallocatedSectors > 0
  )
  return [
    ...findingOf(failing, (found) => ({
      code: 'DRIVE_FAILING',
      severity: 'ERROR',
      reason: `${found.length} of ${counted(drives.length, 'drive')} not healthy or not reachable`,
      of: found.map((drive) => `${place(drive)} (${drive.errorCount} errors)`),
      next: drivesOf(found)
    })),
    ...findingOf(hot, (found) => ({
      code: 'DRIVE_HOT',
      severity: found[0].temperature >= found[0].temperatureThreshold ? 'ERROR' : 'WARNING',
      reason: `${counted(found.length, 'drive')} less than ${thresholds.driveHotMargin.value} °C below the limit`,
      of: found.map(
        (drive) => `${place(drive)} ${drive.temperature} of ${drive.temperatureThreshold} °C`
      ),
      next: drivesOf(found)
    })),
    ...findingOf(full, (found) => ({
      code: 'DRIVE_FULL',
      severity: 'WARNING',
      reason: `${counted(found.length, 'drive')} above ${thresholds.driveFullPercent.value} %`,
      of: found.map((drive) => `${place(drive)} ${used(drive)} %`),
      next: drivesOf(found)
    })),
    ...findingOf(worn, (found) => ({
      code: 'DRIVE_ERRORS',
      severity: 'WARNING',
      reason: `${counted(found.length, 'drive')} with errors`,
      of: found.map(
        (drive) =>
          `${place(drive)} ${drive.errorCount} errors, ${drive.reallocatedSectors} replaced sectors`
      ),
      next: drivesOf(found)
    }))
  ]
}

function ofStorage(drives: readonly Drive[]): Finding[] {
  const usedBytes = sum(drives, (drive) => drive.usedBytes)
  const capacityBytes = sum(drives, (drive) => drive.capacityBytes)
  const percent = percentOf(usedBytes, capacityBytes)
  if (percent <= thresholds.storageWarningPercent.value) return []
  return [
    {
      code: 'STORAGE_FILLING',
      severity: percent > thresholds.storageCriticalPercent.value ? 'CRITICAL' : 'WARNING',
      count: 1,
      reason: `${percent} % in use: ${formatBytes(usedBytes)} of ${formatBytes(capacityBytes)} of all drives`,
      of: [],
      next: { tool: 'drive_read', args: {} }
    }
  ]
}

/** What of nodes and drives needs a person; the drives are those in the records of their nodes. */
export function hardwareFindings(nodes: readonly Node[], vms: readonly VirDomain[]): Finding[] {
  const drives = nodes.flatMap(({ lanIP, drives: own }) =>
    own.map((drive) => ({ ...drive, node: lanIP }))
  )
  return [...ofNodes(nodes), ...ofFailover(nodes, vms), ...ofDrives(drives), ...ofStorage(drives)]
}

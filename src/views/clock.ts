import { formatDuration } from '../lib/text/units.ts'
import type { ZonedTime } from './zoned-time.ts'

/** What is known of the cluster's clock. */
export interface ClusterClock {
  zone: ZonedTime
  /** Unix milliseconds of the clock of the node that was asked, to the second; undefined where it does not tell. */
  cluster?: number
  /** The same moment by the bridge's own clock. */
  bridge: number
}

/** Clocks that differ less are the same to a reader. */
const toleranceMs = 60_000

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function offBy(cluster: number, bridge: number): string {
  const ms = cluster - bridge
  if (Math.abs(ms) < toleranceMs) return ''
  return `, ${formatDuration(Math.abs(ms) / 1000)} ${ms > 0 ? 'ahead of' : 'behind'} the bridge`
}

/**
 * The cluster's time as people there read it: `Sun 2026-11-29 03:20:05 UTC+01:00`. Says where it is the
 * bridge's, or differs from it.
 */
export function clockFields({ zone, cluster, bridge }: ClusterClock) {
  const at = cluster ?? bridge
  const local = zone.text(at)
  const day = weekdays[new Date(`${local.slice(0, 10)}T00:00Z`).getUTCDay()]
  const source = cluster === undefined ? ", the bridge's clock" : offBy(cluster, bridge)
  return {
    time: `${day} ${local} UTC${zone.offset(at)}${source}`,
    timeZone: zone.isKnown ? zone.zone : 'unknown, so UTC'
  }
}

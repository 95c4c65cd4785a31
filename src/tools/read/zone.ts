import type { ClusterAccess, ClusterResponse } from '../../hypercore/cluster-api.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import type { ClusterClock } from '../../views/clock.ts'
import { ZonedTime } from '../../views/zoned-time.ts'
import { type FilterClock, needsZone } from '../filter/times.ts'

const noZone = new ZonedTime(undefined)

async function readSetting({
  hypercore,
  signal
}: ClusterAccess): Promise<Partial<ClusterResponse>> {
  try {
    return await hypercore.request({ method: 'GET', path: '/TimeZone', signal })
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
    return {}
  }
}

function zoneIn(body: unknown): ZonedTime {
  const [first] = Array.isArray(body) ? (body as unknown[]) : []
  const zone = isObject(first) ? first['timeZone'] : undefined
  return typeof zone === 'string' ? new ZonedTime(zone) : noZone
}

/** The cluster's time zone (FACTS 16: S); UTC where it cannot be read. */
export const readZone = async (context: ClusterAccess): Promise<ZonedTime> =>
  zoneIn((await readSetting(context)).body)

/** The cluster's time zone, and its clock by the same response. */
export async function readClock(context: ClusterAccess): Promise<ClusterClock> {
  const { body, clock } = await readSetting(context)
  return { zone: zoneIn(body), bridge: unixMs(), ...(clock !== undefined && { cluster: clock }) }
}

/** What a filter's times are read by; the zone is asked for only where the filter has a local one. */
export const readFilterClock = async (
  context: ClusterAccess,
  filter: string | undefined
): Promise<FilterClock> => ({
  now: unixMs(),
  zone: needsZone(filter ?? '') ? await readZone(context) : noZone
})

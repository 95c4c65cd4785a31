import type { ApiCall } from '../../catalog/call/check-call.ts'
import { isObject } from '../../lib/json/json.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import type { ToolContext } from '../define-tool.ts'
import { readZone } from '../read/zone.ts'

/** Whether a schedule in a body has a time of the clock on the wall. */
function hasLocalTime(body: unknown): boolean {
  if (Array.isArray(body)) return body.some(hasLocalTime)
  if (!isObject(body)) return false
  return 'dtstart' in body || hasLocalTime(body['rrules'])
}

/**
 * What to say of the times in a call and its response that are of no zone: whose they are (FACTS 8:
 * dtstart is local time).
 */
export async function notesOnLocalTimes(
  context: ToolContext,
  call: ApiCall,
  body: unknown
): Promise<string[]> {
  if (!call.path.startsWith('/VirDomainSnapshotSchedule')) return []
  if (!hasLocalTime(call.body) && !hasLocalTime(body)) return []
  const zone = await readZone(context)
  return [
    zone.isKnown
      ? `dtstart is the cluster's local time, ${zone.zone} (now UTC${zone.offset(unixMs())})`
      : "dtstart is the cluster's local time; its time zone could not be read"
  ]
}

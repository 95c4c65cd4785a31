import { Type } from '@sinclair/typebox'
import { unixMs } from '../src/lib/time/unix-time.ts'
import { readActivity } from '../src/tools/activity/recent-activity.ts'
import { parseSince, sincePattern } from '../src/tools/activity/since.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { listResponse, shortListArguments } from '../src/tools/list/list-response.ts'
import { readZone } from '../src/tools/read/zone.ts'
import { Input, ListResponse, unlisted, VmUuid } from '../src/tools/schemas.ts'
import { ActivityLine, activityView } from '../src/views/activity.ts'

const { filter, fields, limit, offset, max_tokens } = shortListArguments

export const recentActivity = defineTool({
  name: 'recentActivity',
  alone: 'it reads what the bridge has recorded',
  title: 'Show who did what',
  description: 'Lists who changed what, the newest first.',
  tag: 'cluster',
  annotations: readOnly,
  input: Input({
    vmUUID: Type.Optional(VmUuid),
    since: Type.Optional(
      Type.String({
        maxLength: 40,
        pattern: sincePattern,
        'x-format-hint': 'a time: 90m, 24h, 7d, 2026-11-28 or 2026-11-28T14:00',
        description: 'hours, days or date',
        'x-example': '"24h"'
      })
    ),
    filter: unlisted(filter),
    fields,
    limit: unlisted(limit),
    offset,
    max_tokens
  }),
  output: ListResponse(ActivityLine, {
    timeZone: Type.String({ description: "the cluster's" })
  }),

  async run(context, args) {
    const zone = await readZone(context)
    const now = unixMs()
    const since = args.since === undefined ? 0 : parseSince(args.since, zone, now)
    const { vmUUID } = args
    const about = vmUUID === undefined ? undefined : [vmUUID]
    const { found, notes } = await readActivity(context, zone, { about, since })
    // One that is deleted may be asked for; one of which nothing is known is none.
    if (vmUUID !== undefined && found.length === 0 && since === 0) await findVm(context, vmUUID)
    const lines = found.map(({ line }) => line)
    const { items, ...list } = listResponse(lines, args, context.form, activityView(zone), {
      now,
      zone
    })
    return {
      ...list,
      timeZone: zone.zone,
      items,
      ...(notes.length > 0 && { notes })
    }
  }
})

export const recentActivityTools: Tool[] = [recentActivity]

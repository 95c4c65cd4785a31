import { type AttentionReport, attentionReport } from '../../views/attention/report.ts'
import { conditionFindings, updateFindings } from '../../views/attention/of-cluster.ts'
import { hardwareFindings } from '../../views/attention/of-hardware.ts'
import { protectionFindings } from '../../views/attention/of-protection.ts'
import { vmFindings } from '../../views/attention/of-vms.ts'
import type { AttentionCode } from '../../views/attention/finding.ts'
import { counted } from '../../lib/text/units.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { readZone } from '../read/zone.ts'
import type { ToolContext } from '../define-tool.ts'
import { PartialRead, whyUnread } from '../read/partial-read.ts'

/** What each list is looked at for: this many codes are unknown where it cannot be read. */
const lists = {
  VMs: ['VM_CRASHED', 'VM_DOWN', 'VM_BLOCKED', 'VM_PAUSED', 'AGENT_SILENT', 'SNAPSHOT_STALE'],
  nodes: ['NODE_OFFLINE', 'NODE_MEMORY_HIGH', 'FAILOVER_SHORT', 'DRIVE_FAILING', 'STORAGE_FILLING'],
  conditions: ['CONDITION'],
  snapshots: ['SNAPSHOT_STALE', 'REPLICATION_LATE'],
  schedules: ['SNAPSHOT_STALE', 'SCHEDULE_COVERS_NOTHING'],
  replications: ['REPLICATION_LATE', 'REPLICATION_OFF'],
  'remote clusters': ['REMOTE_DISCONNECTED'],
  updates: ['UPDATE_AVAILABLE']
} as const satisfies Record<string, readonly AttentionCode[]>

/** What is read, each list once, all at the same time. */
async function readAll({ hypercore, signal }: ToolContext, reads: PartialRead) {
  const take = <T>(what: keyof typeof lists, work: Promise<T>): Promise<T | undefined> =>
    reads.take(what, work)
  const [vms, nodes, conditions, snapshots, schedules, replications, connections, offers, update] =
    await Promise.all([
      take('VMs', hypercore.list('/VirDomain', { signal })),
      take('nodes', hypercore.list('/Node', { signal })),
      take(
        'conditions',
        hypercore.list('/Condition/filter', { query: { includeSet: true }, signal })
      ),
      take('snapshots', hypercore.list('/VirDomainSnapshot', { signal })),
      take('schedules', hypercore.list('/VirDomainSnapshotSchedule', { signal })),
      take('replications', hypercore.list('/VirDomainReplication', { signal })),
      take('remote clusters', hypercore.recordsAt('/RemoteClusterConnection', { signal })),
      take('updates', hypercore.list('/Update', { signal })),
      hypercore.updates.look()
    ])
  return { vms, nodes, conditions, snapshots, schedules, replications, connections, offers, update }
}

const count = (list: readonly unknown[] | undefined, one: string): string[] =>
  list === undefined ? [] : [counted(list.length, one)]

/** How many of each were looked at. */
function lookedAt({
  vms,
  nodes,
  conditions,
  ...rest
}: Awaited<ReturnType<typeof readAll>>): string[] {
  const drives = nodes?.flatMap((node) => node.drives)
  return [
    ...count(vms, 'VM'),
    ...count(nodes, 'node'),
    ...count(drives, 'drive'),
    ...count(conditions, 'set condition'),
    ...count(rest.snapshots, 'snapshot'),
    ...count(rest.schedules, 'schedule'),
    ...count(rest.replications, 'replication'),
    ...count(rest.connections, 'remote cluster'),
    ...(rest.offers === undefined || rest.update.phase === 'UNKNOWN' ? [] : ['updates'])
  ]
}

/**
 * What needs a person now over the whole cluster. What cannot be read is said, and never counts as fine.
 * @throws {BridgeError} where nothing at all can be read
 */
export async function readAttention(context: ToolContext, limit: number): Promise<AttentionReport> {
  const reads = new PartialRead()
  const [read, zone] = await Promise.all([readAll(context, reads), readZone(context)])
  reads.requireAny()
  const { vms = [], nodes = [], conditions = [], offers, update, ...protection } = read
  const now = unixMs() / 1000
  const { vmTags } = context.authority.principal
  const findings = [
    ...conditionFindings(conditions, now),
    ...hardwareFindings(nodes, vms),
    ...vmFindings(vms),
    ...protectionFindings({
      ...protection,
      vms,
      seesAll: vmTags === undefined && read.vms !== undefined,
      zone,
      now
    }),
    ...updateFindings(update, offers)
  ]
  const notRead = [
    ...reads.unread.map(
      (unread) =>
        `${unread.what} (${lists[unread.what as keyof typeof lists].join(', ')}): ${whyUnread(unread)}`
    ),
    ...(update.phase === 'UNKNOWN'
      ? ['whether an update runs (UPDATE_RUNNING, UPDATE_FAILED): no node says']
      : []),
    ...(vmTags === undefined
      ? []
      : [`VMs not tagged ${vmTags.join(' or ')}: this token sees no others`])
  ]
  const frame = {
    at: zone.text(now * 1000).slice(0, 16),
    timeZone: zone.zone,
    lookedAt: lookedAt(read),
    notRead
  }
  return attentionReport(findings, frame, limit)
}

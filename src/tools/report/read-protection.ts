import type { VirDomain } from '../../hypercore/records/records.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { type ProtectionReport, protectionReport } from '../../views/protection/report.ts'
import type { ToolContext } from '../define-tool.ts'
import { PartialRead, whyUnread } from '../read/partial-read.ts'
import { meetFilter } from '../vms/meet-filter.ts'
import { readExports } from './exports.ts'

/** What the report is asked for. */
export interface ProtectionQuery {
  /** Target in seconds of VMs whose tags name none. */
  usual: number
  filter: string | undefined
  limit: number
}

/** The VMs that a filter of VMs finds, and what has to be said of it. */
async function filtered(
  context: ToolContext,
  vms: readonly VirDomain[],
  filter: string | undefined
): Promise<{ vms: readonly VirDomain[]; hints: string[] }> {
  const wanted = filter?.trim() ?? ''
  return wanted === '' ? { vms, hints: [] } : meetFilter(context, vms, wanted)
}

/**
 * The VMs against their targets. What the rights of the cluster's user hide is reported, and such a
 * VM counts as unknown, never as covered.
 */
export async function readProtection(
  context: ToolContext,
  { usual, filter, limit }: ProtectionQuery
): Promise<ProtectionReport> {
  const { hypercore, signal, audit, authority } = context
  const reads = new PartialRead()
  const [all, snapshots, replications, tasks] = await Promise.all([
    hypercore.list('/VirDomain', { signal }),
    reads.take('snapshots', hypercore.list('/VirDomainSnapshot', { signal })),
    reads.take('replications', hypercore.list('/VirDomainReplication', { signal })),
    reads.take('tasks, so exports of others', hypercore.list('/TaskTag', { signal }))
  ])
  const [{ vms, hints }, exports] = await Promise.all([
    filtered(context, all, filter),
    readExports(audit, tasks ?? [])
  ])
  const report = protectionReport(
    vms,
    { snapshots, replications, exports },
    { usual, limit, now: unixMs() / 1000 }
  )
  const { vmTags } = authority.principal
  const notRead = [
    ...reads.unread.map((unread) => `${unread.what}: ${whyUnread(unread)}`),
    ...(vmTags === undefined
      ? []
      : [`VMs not tagged ${vmTags.join(' or ')}: this token sees no others`])
  ]
  const notes = [
    ...hints,
    ...(report.notes ?? []),
    'exports: those in the record of the bridge, and in the tasks the cluster still knows'
  ]
  return { ...report, notes, ...(notRead.length > 0 && { notRead }) }
}

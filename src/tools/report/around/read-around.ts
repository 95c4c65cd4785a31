import type { Condition, Node, VirDomain } from '../../../hypercore/records/records.ts'
import { oneLine } from '../../../lib/text/one-line.ts'
import { quoteText } from '../../../lib/text/quote.ts'
import {
  diskSubject,
  driveSubject,
  nodeSubject,
  snapshotSubject,
  vmSubject
} from '../../../views/around/subject.ts'
import { groupConditions } from '../../../views/condition.ts'
import type { ZonedTime } from '../../../views/zoned-time.ts'
import { type ActivityQuery, type DatedLine, readActivity } from '../../activity/recent-activity.ts'
import { readZone } from '../../read/zone.ts'
import type { ToolContext } from '../../define-tool.ts'
import { readConditions } from '../../read/conditions.ts'
import { PartialRead, whyUnread } from '../../read/partial-read.ts'
import { readVmDetails } from '../../read/vm-details.ts'
import { resolveTarget, type Target } from './resolve-target.ts'

/** Something that happened. */
interface Moment {
  /** In the cluster's time zone. */
  when: string
  who: string
  did: string
  result: string
}

/** One object with all that touches it, and what happened to it, the newest first. */
export interface Around extends Record<string, unknown> {
  kind: string
  conditions: { severity: string; description: string; nodes: string[]; since: string }[]
  runningTasks: { taskTag: string; did: string; result: string }[]
  timeZone: string
  timeline: Moment[]
  notes?: string[]
}

/** A task names an object by the beginning of its uuid (FACTS 4, O). */
const shortLength = 8

/** Of which activity is looked for. */
function activityOf(target: Target): Pick<ActivityQuery, 'about' | 'alsoTask'> {
  switch (target.kind) {
    case 'VM':
      return { about: [target.vm.uuid] }
    case 'node': {
      const { uuid } = target.node
      return { about: [uuid], alsoTask: ({ nodeUUIDs }) => nodeUUIDs.includes(uuid) }
    }
    case 'drive':
      return { about: [target.drive.uuid] }
    case 'disk':
    case 'snapshot': {
      const { uuid } = target.kind === 'disk' ? target.disk : target.snapshot
      const short = uuid.slice(0, shortLength)
      return {
        about: [uuid],
        alsoTask: ({ descriptionParameters }) => descriptionParameters.includes(short)
      }
    }
  }
}

/** The uuid of the node whose conditions touch it; `""` for one that is on none. */
function nodeOf(target: Target, vms: readonly VirDomain[]): string {
  switch (target.kind) {
    case 'node':
    case 'drive':
      return target.node.uuid
    case 'VM':
    case 'disk':
      return target.vm.nodeUUID
    case 'snapshot':
      return vms.find(({ uuid }) => uuid === target.snapshot.domainUUID)?.nodeUUID ?? ''
  }
}

/** Whether a condition is of the node of an object, or speaks of the VM. */
function touches({ nodeUUID, description }: Condition, target: Target, node: string): boolean {
  if (node !== '' && nodeUUID === node) return true
  return target.kind === 'VM' && target.vm.name !== '' && description.includes(target.vm.name)
}

const momentOf = ({ line: { when, who, did, on, result } }: DatedLine, target: Target): Moment => ({
  when,
  who,
  did: target.kind === 'node' && on !== '' ? `${did} on ${on}` : did,
  result
})

function conditionMoment(condition: Condition, zone: ZonedTime): { at: number; moment: Moment } {
  const { lastSetTime: at, severity, description, name } = condition
  const did = `condition set: ${quoteText(description, 100)} (${oneLine(name)})`
  return { at, moment: { when: zone.text(at), who: 'the cluster', did, result: severity } }
}

async function subjectOf(
  context: ToolContext,
  target: Target,
  { vms, nodes, zone }: { vms: readonly VirDomain[]; nodes: readonly Node[]; zone: ZonedTime },
  reads: PartialRead
): Promise<Record<string, unknown> & { kind: string; notes?: string[] }> {
  const { hypercore, signal } = context
  switch (target.kind) {
    case 'VM':
      return vmSubject(await readVmDetails(context, target.vm), nodes, zone)
    case 'node':
      return nodeSubject(target.node, vms)
    case 'disk': {
      const { vm, disk } = target
      const stats = hypercore.record('/VirDomainStats', vm.uuid, { signal })
      return diskSubject(vm, disk, await reads.take('statistics', stats))
    }
    case 'drive':
      return driveSubject(target.node, target.drive)
    case 'snapshot': {
      const { snapshot } = target
      const vm = vms.find(({ uuid }) => uuid === snapshot.domainUUID)
      return snapshotSubject(snapshot, vm, zone)
    }
  }
}

/**
 * A VM, node, disk, drive or snapshot with all that touches it, and a timeline of its tasks, conditions and
 * recorded calls. What cannot be read is said in the notes.
 * @throws {BridgeError} NOT_FOUND, AMBIGUOUS_NAME
 */
export async function readAround(
  context: ToolContext,
  text: string,
  limit: number
): Promise<Around> {
  const target = await resolveTarget(context, text)
  const { hypercore, signal } = context
  const [vms, nodes, zone] = await Promise.all([
    hypercore.knownList('/VirDomain', { signal }),
    hypercore.knownList('/Node', { signal }),
    readZone(context)
  ])
  const reads = new PartialRead()
  const [subject, conditions = [], activity] = await Promise.all([
    subjectOf(context, target, { vms, nodes, zone }, reads),
    reads.take('conditions', readConditions(context)),
    reads.take('tasks', readActivity(context, zone, { ...activityOf(target), since: 0 }))
  ])
  const node = nodeOf(target, vms)
  const own = conditions.filter((condition) => touches(condition, target, node))
  const found = activity?.found ?? []
  const moments = [
    ...found.map((dated) => ({ at: dated.at, moment: momentOf(dated, target) })),
    ...own.filter(({ lastSetTime }) => lastSetTime > 0).map((each) => conditionMoment(each, zone))
  ].toSorted((a, b) => b.at - a.at)
  const notes = [
    ...(subject.notes ?? []),
    ...(activity?.notes ?? []),
    ...(moments.length > limit
      ? [`timeline: ${moments.length - limit} older ones; pass limit, or recentActivity`]
      : []),
    ...reads.unread.map((unread) => `not read: ${unread.what}: ${whyUnread(unread)}`)
  ]
  return {
    ...subject,
    conditions: groupConditions(own).map(({ severity, description, nodes: at, lastSetTime }) => ({
      severity,
      description: quoteText(description),
      nodes: at,
      since: lastSetTime > 0 ? zone.text(lastSetTime) : ''
    })),
    runningTasks: found
      .filter(({ line: { result } }) => result === 'RUNNING' || result === 'QUEUED')
      .map(({ line: { taskTag, did, result } }) => ({ taskTag, did, result })),
    timeZone: zone.zone,
    timeline: moments.slice(0, limit).map(({ moment }) => moment),
    ...(notes.length > 0 && { notes })
  }
}

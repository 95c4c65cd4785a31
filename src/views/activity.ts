import { type Static, Type } from '@sinclair/typebox'
import type { Activity, ActivityTarget } from '../audit/activity.ts'
import type { TaskTagStatus } from '../hypercore/records/records.ts'
import { quoteName, quoteText } from '../lib/text/quote.ts'
import { isUuid } from '../lib/text/uuid.ts'
import { someOf } from '../lib/text/some-of.ts'
import { type ListView, time } from './list-view.ts'
import { taskDetails } from './task.ts'
import type { ZonedTime } from './zoned-time.ts'

/** Who is behind what the record has nothing of. */
const unknownActor = 'another client or the cluster'

/** The actor: the person, and the token used. A person that is not verified is claimed. */
export function actorOf({ token, person }: Pick<Activity, 'token' | 'person'>): string {
  if (person === undefined) return token
  return `${quoteName(person.name)}${person.verified ? '' : ' (claimed)'} by token ${token}`
}

/** Arguments that say what a call is about, in the order they are looked for. */
const telling = ['actionType', 'action', 'label', 'name', 'newName']

/** What was done: the tool and its telling arguments, or the raw request. */
export function deedOf({ kind, tool, args, method, path, state, plan }: Activity): string {
  if (kind === 'plan') return `plan ${plan} ${state}`
  if (tool === '' || tool === 'run_api') return `${method} ${path}`.trim()
  const words = telling
    .map((name) => args[name])
    .filter((value) => typeof value === 'string' && value !== '' && !isUuid(value))
    .slice(0, 2)
    .map((value) =>
      /^[A-Z_]+$/.test(value as string) ? (value as string) : quoteText(value as string, 40)
    )
  return [tool, ...words].join(' ')
}

const maxNamed = 3

/** What it was done to, by name where one is known. */
export function targetsText(
  targets: readonly ActivityTarget[],
  nameOf: (uuid: string) => string | undefined = () => undefined
): string {
  const named = targets.map(({ uuid, name }) => ({ uuid, name: nameOf(uuid) ?? name }))
  // Those with a name say more, and ids of the same call's parts follow from them.
  const known = named.filter(({ name }) => name !== undefined)
  const shown = known.length > 0 ? known : named
  const texts = shown.map(({ uuid, name }) => (name === undefined ? uuid : quoteName(name)))
  return someOf(texts, maxNamed)
}

/** The outcome. */
export function resultOf({ kind, state, message, count, approver }: Activity): string {
  if (kind === 'plan') return message === '' ? '' : quoteText(message, 100)
  const times = count > 1 ? ` (${count} times)` : ''
  if (kind === 'refused') return `refused: ${state}${times}`
  const approved = approver === '' ? '' : `, approved by ${quoteName(approver)}`
  const why = message === '' || state === 'COMPLETE' ? '' : `: ${quoteText(message, 100)}`
  return (state || 'no outcome yet') + why + approved
}

/** One line of what happened. */
export const ActivityLine = Type.Object(
  {
    when: Type.String({ description: 'in timeZone' }),
    who: Type.String(),
    did: Type.String(),
    on: Type.String(),
    result: Type.String(),
    taskTag: Type.String({ 'x-unlisted': true }),
    targets: Type.Array(Type.String(), {
      'x-unlisted': true,
      description: 'uuids of what it was done to'
    }),
    write: Type.String({
      'x-unlisted': true,
      description: 'id in the record, for scale-bridge audit show; empty for other tasks'
    })
  },
  { description: 'something that was done', additionalProperties: true }
)

export type ActivityLine = Static<typeof ActivityLine>

/** The name that something has now, by its uuid. */
type NameOf = (uuid: string) => string | undefined

/** An entry of the record, as a line. */
export const activityLine = (
  activity: Activity,
  zone: ZonedTime,
  nameOf: NameOf
): ActivityLine => ({
  when: zone.text(Date.parse(activity.time)),
  who: actorOf(activity),
  did: deedOf(activity),
  on: targetsText(activity.targets, nameOf),
  result: resultOf(activity),
  taskTag: activity.taskTag,
  targets: activity.targets.map(({ uuid }) => uuid),
  write: activity.id
})

/** What the cluster has of a task that the record does not know. */
export function taskLine(task: TaskTagStatus, zone: ZonedTime, nameOf: NameOf): ActivityLine {
  const { description, message, state, objectUUID, taskTag } = taskDetails(task)
  const targets = objectUUID === '' ? [] : [{ uuid: objectUUID }]
  return {
    when: zone.text(task.created * 1000),
    who: unknownActor,
    did: quoteText(description, 100),
    on: targetsText(targets, nameOf),
    result: state === 'ERROR' && message !== '' ? `${state}: ${quoteText(message, 100)}` : state,
    taskTag,
    targets: targets.map(({ uuid }) => uuid),
    write: ''
  }
}

export const activityView = (zone: ZonedTime): ListView<ActivityLine> => ({
  columns: ['when', 'who', 'did', 'on', 'result'],
  time: 'when',
  measures: { when: time(({ when }) => zone.parse(when.replace(' ', 'T')) / 1000) }
})

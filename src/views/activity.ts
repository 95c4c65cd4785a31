import type { Activity, ActivityTarget } from '../audit/activity.ts'
import { quoteName, quoteText } from '../lib/quote.ts'
import { isUuid } from '../lib/uuid.ts'
import { someOf } from '../lib/some-of.ts'

/** Who is behind what the record has nothing of. */
export const unknownActor = 'another client or the cluster'

/** Who did it: the person, and the token it came with. A person that nobody has verified is claimed. */
export function actorOf({ token, person }: Pick<Activity, 'token' | 'person'>): string {
  if (person === undefined) return token
  return `${quoteName(person.name)}${person.verified ? '' : ' (claimed)'} by token ${token}`
}

/** Arguments that say what a call is about, in the order they are looked for. */
const telling = ['actionType', 'action', 'label', 'name', 'newName']

/** What was done: the tool and what it was told, or the raw request. */
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

/** What became of it. */
export function resultOf({ kind, state, message, count, approver }: Activity): string {
  if (kind === 'plan') return message === '' ? '' : quoteText(message, 100)
  const times = count > 1 ? ` (${count} times)` : ''
  if (kind === 'refused') return `refused: ${state}${times}`
  const approved = approver === '' ? '' : `, approved by ${quoteName(approver)}`
  const why = message === '' || state === 'COMPLETE' ? '' : `: ${quoteText(message, 100)}`
  return (state || 'no outcome yet') + why + approved
}

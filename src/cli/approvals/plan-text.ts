import type { PlanView } from '../../views/plan/plan.ts'
import { asShown } from '../../lib/text/visible-text.ts'
import type { Style, Terminal } from '../io/terminal.ts'
import { hang } from '../io/layout.ts'

const stateStyles: Record<string, Style> = {
  WAITING: 'yellow',
  APPROVED: 'green',
  USED: 'green',
  DENIED: 'red'
}

const grave = ['lose', 'egress', 'control']

/** `9:41`. */
const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`

/** The requester: the token, and the person behind it. */
function askedBy({ requester, person, createdAt }: PlanView): string {
  const behind =
    person === null
      ? ''
      : ` for ${asShown(person.name)} (${person.verified ? 'verified' : 'claimed'})`
  return `${asShown(requester)}${behind} at ${createdAt.slice(11, 19)} UTC`
}

type Target = PlanView['targets'][number]

const objectText = (
  kind: string,
  {
    uuid,
    name,
    state,
    tags,
    deceptive
  }: Pick<Target, 'uuid' | 'name' | 'state' | 'tags' | 'deceptive'>
): string[] => [
  `${kind} ${name === null ? uuid : `${JSON.stringify(asShown(name))} ${uuid}`}`,
  ...(state === null ? [] : [state]),
  ...(tags.length === 0 ? [] : [`tags ${tags.map(asShown).join(' ')}`]),
  ...(deceptive === '' ? [] : [`LOOK TWICE: this name ${deceptive}`])
]

const targetText = (target: Target): string =>
  [
    ...objectText(target.kind, target),
    ...(target.vm === null ? [] : objectText('of VM', target.vm)),
    ...(target.loses.length === 0 ? [] : [`LOST WITH IT: ${target.loses.map(asShown).join('; ')}`])
  ].join(', ')

const maxTargets = 20

/** Whether a plan does what cannot be undone. */
export const isGrave = ({ effect }: PlanView): boolean => grave.includes(effect)

function headOf(terminal: Terminal, plan: PlanView): string {
  const { id, state, effect, secondsLeft, decidedBy } = plan
  const shown = terminal.style(stateStyles[state] ?? 'dim', state)
  const more =
    state === 'WAITING'
      ? ` ${clock(secondsLeft)} left`
      : decidedBy === null
        ? ''
        : ` by ${asShown(decidedBy)}`
  return `${terminal.style('bold', id)}  ${shown}${more}  ${effect}`
}

/** A plan on one line. */
export const planLine = (terminal: Terminal, plan: PlanView): string =>
  `${headOf(terminal, plan)}  ${asShown(plan.summary)}`

/** A plan as a person decides on it. */
export function planLines(terminal: Terminal, plan: PlanView, { whole = false } = {}): string[] {
  const { requests, targets, because, tool, reason, outcome } = plan
  const row = (label: string, text: string): string[] =>
    hang(`  ${label.padEnd(9)}`, text, terminal.width)
  const shown = targets.slice(0, maxTargets).flatMap((target) => row('target', targetText(target)))
  const rest = targets.length - maxTargets
  return [
    headOf(terminal, plan),
    ...row('does', asShown(plan.summary)),
    ...shown,
    ...(rest > 0 ? row('', `and ${rest} more targets`) : []),
    ...row('asked by', `${askedBy(plan)}, with ${asShown(tool)}`),
    ...row('because', asShown(because)),
    ...(reason === null ? [] : row('reason', asShown(reason))),
    ...(outcome === null ? [] : row('outcome', asShown(outcome))),
    ...requests.flatMap(({ method, path, body }) => [
      ...row('request', `${method} ${path}`),
      ...(whole && body !== null
        ? JSON.stringify(body, null, 2)
            .split('\n')
            .map((line) => `           ${line}`)
        : [])
    ])
  ]
}

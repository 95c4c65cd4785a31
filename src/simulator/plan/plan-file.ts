import { type Static, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  getNodeValue
} from 'jsonc-parser'
import { describeProblem, type ProblemWords } from '../../lib/json/validation-problems.ts'
import { type FaultKind, faultKinds } from '../fault-kinds.ts'
import { faultProblems, fieldProblem } from '../fault-text.ts'
import type { Fault } from '../faults.ts'

const maxEvents = 1000
const daySeconds = 86_400

/** The frame of a plan; what an event holds beside it depends on its kind. */
const planFile = Type.Object(
  {
    about: Type.Optional(Type.String({ maxLength: 2000, description: 'what is rehearsed' })),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, description: 'decides what is left to chance (1)' })
    ),
    repeat: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: daySeconds,
        description: 'seconds after which it begins again'
      })
    ),
    events: Type.Array(
      Type.Object({
        at: Type.Number({
          minimum: 0,
          maximum: daySeconds,
          description: 'seconds from the beginning'
        }),
        for: Type.Optional(
          Type.Number({
            exclusiveMinimum: 0,
            maximum: daySeconds,
            description: 'seconds until it is over'
          })
        ),
        kind: Type.String({ description: 'a fault, update or bridge-clock' })
      }),
      { minItems: 1, maxItems: maxEvents }
    )
  },
  { additionalProperties: false }
)

/** When an event happens, in seconds from the beginning of the plan. */
interface Timing {
  at: number
  /** Seconds after which it is over; without it, it lasts until the plan ends or begins again. */
  for?: number
}

/** A fault of the simulator; `any` node is drawn by the seed, each time. */
export type FaultEvent = Timing & Omit<Fault, 'node'> & { node?: number | 'any' }

/** The cluster is updated, node by node; it takes its time. */
export interface UpdateEvent {
  at: number
  kind: 'update'
  /** The one that is asked to, and leads it: 0. */
  node?: number | 'any'
  /** The one that is offered, or the present one again. */
  version?: string
}

/** The clock of the machine that the bridge runs on is off; nothing happens at the cluster. */
export type BridgeClockEvent = Timing & { kind: 'bridge-clock'; seconds: number }

export type PlanEvent = FaultEvent | UpdateEvent | BridgeClockEvent

/** What happens to a cluster, and when. */
export interface FaultPlan extends Omit<Static<typeof planFile>, 'events'> {
  events: PlanEvent[]
}

/** What is wrong with a plan, and in which lines. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
}

/** Kinds of events that are not faults, and their fields. */
const otherKinds: Readonly<Record<'update' | 'bridge-clock', readonly string[]>> = {
  update: ['at', 'kind', 'node', 'version'],
  'bridge-clock': ['at', 'for', 'kind', 'seconds']
}

export const planKinds: readonly string[] = [...faultKinds, ...Object.keys(otherKinds)]

interface Problem {
  path: JSONPath
  text: string
}

const words: ProblemWords = { one: 'field', whole: 'the plan', explain: true }
const hasFrame = new Ajv({ allErrors: true, verbose: true, strict: false }).compile(planFile)

function frameProblems(value: unknown): Problem[] {
  if (hasFrame(value)) return []
  return (hasFrame.errors ?? []).map((error) => {
    const path = error.instancePath
      .split('/')
      .slice(1)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
    const { additionalProperty } = error.params as { additionalProperty?: string }
    if (additionalProperty !== undefined) path.push(additionalProperty)
    return { path, text: describeProblem(error, words) }
  })
}

type RawEvent = Record<string, unknown> & { kind: string }

function otherProblems(kind: keyof typeof otherKinds, event: RawEvent, nodes: number) {
  const allowed = otherKinds[kind]
  const problems = Object.entries(event).flatMap(([field, given]) => {
    if (!allowed.includes(field))
      return [
        { field, text: `${field} is not known for ${kind}, which takes ${allowed.join(', ')}` }
      ]
    if (field === 'version' && typeof given !== 'string')
      return [{ field, text: 'version must be a text such as "9.4.99.218950"' }]
    const text =
      field === 'node' || field === 'seconds' ? fieldProblem(field, given, nodes) : undefined
    return text === undefined ? [] : [{ field, text }]
  })
  if (kind === 'bridge-clock' && event['seconds'] === undefined)
    problems.push({ field: 'seconds', text: 'seconds is required: how far the clock is off' })
  return problems
}

const isFaultKind = (kind: string): kind is FaultKind =>
  (faultKinds as readonly string[]).includes(kind)

const isOtherKind = (kind: string): kind is keyof typeof otherKinds =>
  Object.hasOwn(otherKinds, kind)

function eventProblems(event: RawEvent, index: number, nodes: number): Problem[] {
  const { kind } = event
  const found = (field: string, text: string): Problem => ({
    path: ['events', index, field],
    text: `events[${index}].${text}`
  })
  if (!isFaultKind(kind) && !isOtherKind(kind))
    return [found('kind', `kind must be one of ${planKinds.join(', ')}`)]
  const { node, ...withoutNode } = event
  const checked = node === 'any' ? { ...withoutNode, node: 0 } : event
  const timing: string[] = ['at', 'for']
  const problems = isOtherKind(kind)
    ? otherProblems(kind, checked, nodes)
    : faultProblems(
        kind,
        Object.fromEntries(Object.entries(checked).filter(([field]) => !timing.includes(field))),
        nodes
      ).map(({ field, text }) => ({
        field,
        text: text.replace('which takes kind', `which takes ${timing.join(', ')}, kind`)
      }))
  return problems.map(({ field, text }) =>
    found(field, field === 'node' && / must be /.test(text) ? `${text}, or "any"` : text)
  )
}

/** When the last of the events is over, or begins where that is not said. */
const endOf = ({ events }: FaultPlan): number =>
  Math.max(...events.map((event) => event.at + ('for' in event ? (event.for ?? 0) : 0)))

function repeatProblems(plan: FaultPlan): Problem[] {
  const end = endOf(plan)
  if (plan.repeat === undefined || plan.repeat >= end) return []
  const text = `repeat must be at least ${end}, when the last event is over; got ${plan.repeat}`
  return [{ path: ['repeat'], text }]
}

/** The line that a place is in, or the nearest place around it. */
function lineOf(text: string, tree: Node, path: JSONPath): number {
  for (let length = path.length; length >= 0; length--) {
    const found = findNodeAtLocation(tree, path.slice(0, length))
    if (found !== undefined) return text.slice(0, found.offset).split('\n').length
  }
  return 1
}

/** As many as a person fixes at a time. */
const maxShown = 5

/**
 * Reads a fault plan, the JSON of a `FaultPlan`.
 * @param nodes how many nodes the cluster has
 * @throws {PlanError} a sentence for each problem: its line, the field, and what is allowed
 */
export function readPlan(text: string, nodes = Infinity): FaultPlan {
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { disallowComments: true })
  const [error] = errors
  if (error !== undefined || tree === undefined) {
    const line = text.slice(0, error?.offset ?? 0).split('\n').length
    const what = error === undefined ? 'it is empty' : printParseErrorCode(error.error)
    throw new PlanError(`line ${line} is not valid JSON (${what})`)
  }
  const value: unknown = getNodeValue(tree)
  const problems = frameProblems(value)
  const plan = value as FaultPlan
  if (problems.length === 0)
    problems.push(
      ...plan.events.flatMap((event, i) => eventProblems({ ...event }, i, nodes)),
      ...repeatProblems(plan)
    )
  if (problems.length === 0) return plan
  const shown = problems
    .slice(0, maxShown)
    .map((problem) => `line ${lineOf(text, tree, problem.path)}: ${problem.text}`)
  const more = problems.length - shown.length
  throw new PlanError([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; '))
}

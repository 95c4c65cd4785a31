import { callerKey } from '../../identity/principal.ts'
import type { Tool, ToolContext } from '../define-tool.ts'
import { formatElapsed } from '../task/progress.ts'
import { defaultWaitSeconds, nextWaitSeconds } from '../task/write-response.ts'
import { writeArguments } from '../schemas.ts'
import { emptyResponse } from './dry-run.ts'
import { lookForUpdate, refuseDuringUpdate } from './during-update.ts'
import { describeRepetition } from './describe-repetition.ts'
import { withApproval } from './with-approval.ts'
import { lateTurn, refuseWhileBusy, waitUntilFree } from './vm-turn.ts'

type Args = Record<string, unknown>

/** What is to be done, without what says how to call. */
const ownArguments = (args: Args): Args =>
  Object.fromEntries(Object.entries(args).filter(([name]) => !Object.hasOwn(writeArguments, name)))

/**
 * Arguments as they may be recorded. A payload is the body of the request, which is recorded by the
 * schema of its operation.
 */
function shownArguments({ input }: Tool, args: Args): Args {
  const shown = Object.entries(args).map(([name, value]): [string, unknown] => {
    if (name === 'payload') return [name, 'see body']
    return [name, input.properties[name]?.['x-withheld'] === true ? 'not recorded' : value]
  })
  return Object.fromEntries(shown)
}

/** The uuids in the arguments that name something of the cluster; those of VMs apart. */
function targetsIn({ input }: Tool, args: Args): { all: string[]; vms: string[] } {
  const named = Object.entries(input.properties).flatMap(([name, schema]) => {
    const entity = schema['x-entity']
    const value = args[name]
    return entity !== undefined && typeof value === 'string' && value !== ''
      ? [{ entity, uuid: value.toLowerCase() }]
      : []
  })
  return {
    all: named.map(({ uuid }) => uuid),
    vms: named.filter(({ entity }) => entity === 'vm').map(({ uuid }) => uuid)
  }
}

/** Whether a call of a tool may change something of the cluster. */
export const isWrite = (tool: Tool, args: Args): boolean =>
  args['dry_run'] !== true &&
  (tool.writes?.(args) ?? (!tool.annotations.readOnlyHint && tool.tag !== 'session'))

/** What is known of a call beside its arguments. */
export interface CallInfo {
  /** When it came in, Unix milliseconds. */
  at: number
  /** The caller's own name for it. */
  idempotencyKey: string | undefined
}

/**
 * Runs a call that writes: once, however often it is sent; after what works on the same VM; and to its
 * end, whether its caller waits or not.
 * @throws {BridgeError} VM_BUSY, UPDATE_IN_PROGRESS, LEDGER_UNAVAILABLE, and what the tool throws
 */
export async function runWrite(
  tool: Tool,
  context: ToolContext,
  args: Args,
  { at: askedAt, idempotencyKey }: CallInfo
): Promise<unknown> {
  const { writes, signal } = context
  const own = ownArguments(args)
  const named = targetsIn(tool, args)
  const vms = [...new Set([...named.vms, ...((await tool.vmsOf?.(context, args)) ?? [])])]
  lookForUpdate(context)
  const targets = [...new Set([...named.all, ...vms])]
  const result = await writes.calls.run(
    {
      tool: tool.name,
      caller: callerKey(context.authority.principal),
      args: own,
      shown: shownArguments(tool, own),
      targets,
      askedAt,
      idempotencyKey
    },
    {
      again: args['again'] === true,
      idempotent: tool.idempotent?.(args) ?? tool.annotations.idempotentHint,
      signal,
      ...(tool.sequence?.(args) === true && { maxWaitMs: waitSecondsOf(args) * 1000 })
    },
    // A person may take their time: other calls to the same VM continue meanwhile.
    (work) =>
      withApproval({ ...context, signal: work }, tool.name, args, (each) =>
        inTurn(tool, each, args, vms)
      )
  )
  if (result.kind === 'joined') return withNotes(result.response, [joinedNote])
  if (result.kind === 'ran') return result.response
  if (result.kind === 'running') return stillRunning(tool, result.progress)
  return describeRepetition(context, result.earlier, waitSecondsOf(args))
}

const waitSecondsOf = ({ wait }: Args): number =>
  typeof wait === 'number' ? wait : defaultWaitSeconds

/** What a caller gets whose call continues without it. */
const stillRunning = (
  tool: Tool,
  { percent, message }: { percent: number; message: string }
): Args => ({
  ...emptyResponse(tool),
  state: 'RUNNING',
  progressPercent: percent,
  message: `${message}. It continues by itself: call ${tool.name} again with the same arguments and wait ${nextWaitSeconds} for its result; nothing is sent twice`
})

/** The note for a caller whose call was running already. */
const joinedNote =
  'the same call was running already, so nothing was sent twice: this is its outcome'

/** Runs the tool when it is the turn of its VMs. */
async function inTurn(
  tool: Tool,
  context: ToolContext,
  args: Args,
  vms: readonly string[]
): Promise<unknown> {
  const turn = { vms, destroys: tool.destroys?.(args) === true }
  return takeTurn(tool, context, args, turn, async (notes) => {
    const response = await tool.run(context, args)
    return notes.length === 0 ? response : withNotes(response, notes)
  })
}

/** The VMs that a call acts on. */
export interface Turn {
  vms: readonly string[]
  /** Whether it takes away what cannot be brought back. */
  destroys: boolean
}

/**
 * Works when it is the turn of these VMs, no update runs and nothing else works on them.
 * @param work learns what was waited for: what was read before is old then
 * @throws {BridgeError} VM_BUSY, UPDATE_IN_PROGRESS
 */
export async function takeTurn<T>(
  tool: Tool,
  context: ToolContext,
  args: Args,
  { vms, destroys }: Turn,
  work: (notes: string[]) => Promise<T>
): Promise<T> {
  const { queueMs } = context.timings
  const askedAt = performance.now()
  const endsAt = askedAt + queueMs
  const options = { limitMs: queueMs, late: lateTurn(vms, queueMs), signal: context.signal }
  return context.writes.queue.run(vms, options, async (waited, isOld) => {
    const notes = waited
      ? [`waited ${formatElapsed(performance.now() - askedAt)} for another call to the same VM`]
      : []
    await refuseDuringUpdate(tool, context, args)
    if (isOld) context.hypercore.forget()
    for (const vm of vms)
      if (destroys) await refuseWhileBusy(context, vm)
      else notes.push(...(await waitUntilFree(context, vm, endsAt)))
    // One may have begun while it waited.
    notes.push(...(await refuseDuringUpdate(tool, context, args)))
    if (notes.length > 0) context.hypercore.forget()
    return work(notes)
  })
}

/** A response with notes before its own. */
export function withNotes(response: unknown, notes: readonly string[]): unknown {
  if (notes.length === 0 || typeof response !== 'object' || response === null) return response
  if (Array.isArray(response)) return response
  const { notes: own, ...rest } = response as Args
  return { ...rest, notes: [...notes, ...(Array.isArray(own) ? (own as unknown[]) : [])] }
}

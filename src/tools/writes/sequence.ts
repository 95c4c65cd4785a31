import { Type } from '@sinclair/typebox'
import type { VirDomainActionType } from '../../hypercore/records.ts'
import type { PlannedRequest } from '../../hypercore/sequence.ts'
import type { StreamBody } from '../../hypercore/stream-body.ts'
import type { WriteReply } from '../../hypercore/write-result.ts'
import { currentCall } from '../../ledger/call-scope.ts'
import type { SequenceRecord, StepRecord, UndoStep } from '../../ledger/sequences.ts'
import { type BridgeError, toBridgeError } from '../../lib/errors.ts'
import { isObject } from '../../lib/json.ts'
import type { ToolContext } from '../define-tool.ts'
import { WriteResponse } from '../schemas.ts'
import { followAction, tryReadVm } from '../task/follow-action.ts'
import { writeResponse } from '../task/write-response.ts'

/** How long a task may take: a large disk is copied for hours. */
const maxTaskSeconds = 4 * 60 * 60

/** How long a VM may take to get where an action leads; official clients wait as long (FACTS 5.6, S). */
const maxActionSeconds = 300

/** Tells what a placeholder stands for. */
export type Bind = (name: string, uuid: string) => void

/** One write of a sequence. */
export interface Step extends PlannedRequest {
  /** What it does, as an order: `shut VM "file-01" down`. */
  does: string
  /** The placeholder that stands for what it creates. */
  creates?: string
  /** What is sent as bytes, once. */
  stream?: StreamBody
  /** How long its response may take, in ms, where it is slow by nature. */
  timeoutMs?: number
  /**
   * What is to be known right before it is sent: binds placeholders.
   * @throws {BridgeError} why the sequence cannot go on
   */
  prepare?: (context: ToolContext, bind: Bind, created: (name: string) => string) => Promise<void>
  /** What takes it back. */
  undo?: UndoStep
  /**
   * Takes what is of no use without the rest away at once, where this step or a later one failed. Must not
   * throw.
   * @returns what holds then, as a sentence without a full stop
   */
  discard?: (context: ToolContext, bind: Bind, created: (name: string) => string) => Promise<string>
  /** Its failure is told, and the rest goes on. */
  optional?: boolean
}

/** What a sequence comes to. */
export interface SequenceOutcome {
  record: SequenceRecord
  /** By the names of the placeholders. */
  created: ReadonlyMap<string, string>
  /** Why it stopped; undefined where it did not. */
  error: BridgeError | undefined
  /** What was taken away again, in sentences without a full stop. */
  discarded: string[]
}

/** What tools that carry out a sequence return. */
export const SequenceResponse = () =>
  WriteResponse({
    sequence: Type.String({ description: 'for undo; empty where nothing was sent' }),
    steps: Type.Array(Type.String(), { description: 'each step and how it ended' })
  })

/**
 * Carries out several writes one after the other. All of them are admitted, and where a person has to
 * approve them approved, as one before the first is sent; each is recorded; the first that fails ends it,
 * unless it is optional. What becomes of them is in the record: only what keeps the first from being sent
 * is thrown.
 * @throws {BridgeError} what the guard refuses; LEDGER_UNAVAILABLE
 */
export async function runSequence(
  context: ToolContext,
  tool: string,
  targets: readonly string[],
  steps: readonly Step[]
): Promise<SequenceOutcome> {
  const requests = steps.map(({ method, path, query, body, stream }) => ({
    method,
    path,
    ...(query !== undefined && { query }),
    ...(body !== undefined && { body }),
    ...(stream !== undefined && { stream })
  }))
  const { grant, hypercore } = await context.hypercore.admitAll(requests, context.signal)
  const scope = currentCall()
  const record = await context.writes.sequences.begin({
    callId: scope?.callId ?? '',
    tool,
    targets: [...targets],
    steps: steps.map(({ does, undo }, at) => ({
      does,
      request: shownRequest(requests[at] as PlannedRequest, undo),
      state: 'PENDING',
      message: '',
      createdUUID: '',
      undo
    }))
  })
  const created = new Map<string, string>()
  const bind: Bind = (name, uuid) => {
    created.set(name, uuid)
    grant.bind(name, uuid)
  }
  const fill = (request: PlannedRequest): PlannedRequest => grant.fill(request)
  const nameOf = (name: string): string => created.get(name) ?? ''
  let failed: StepRecord | undefined
  let error: BridgeError | undefined
  const discarded: string[] = []
  for (const [at, step] of steps.entries()) {
    const kept = record.steps[at] as StepRecord
    const percent = Math.round((at / steps.length) * 100)
    const head = `Step ${at + 1} of ${steps.length}, ${step.does}`
    if (scope !== undefined) scope.progress = { percent, message: head }
    const own: ToolContext = {
      ...context,
      hypercore,
      progress:
        context.progress &&
        ((progress) =>
          context.progress?.({
            percent: percent + Math.floor(progress.percent / steps.length),
            message: `${head}: ${progress.message}`,
            done: false
          }))
    }
    context.progress?.({ percent, message: head, done: false })
    const thrown = await carryOut(own, step, kept, {
      bind,
      created: nameOf,
      fill,
      save: () => context.writes.sequences.save(record)
    })
    if (kept.createdUUID !== '' && step.creates !== undefined) bind(step.creates, kept.createdUUID)
    if (kept.undo !== undefined) kept.undo = { ...fill(kept.undo), does: kept.undo.does }
    if (kept.state === 'COMPLETE' || kept.state === 'SKIPPED' || step.optional === true) continue
    failed = kept
    error = thrown
    for (const each of steps.slice(0, at + 1).toReversed())
      if (each.discard !== undefined)
        discarded.push(await each.discard({ ...context, hypercore }, bind, nameOf))
    break
  }
  await context.writes.sequences.end(record, failed === undefined ? 'COMPLETE' : 'ERROR')
  const outcome = failed === undefined ? 'carried out' : `stopped: ${failed.message}`
  grant.ended(outcome)
  context.progress?.({
    percent: failed === undefined ? 100 : Math.round((countDone(record) / steps.length) * 100),
    message: failed === undefined ? 'All steps are done' : `Stopped at: ${failed.does}`,
    done: true
  })
  return { record, created, error, discarded }
}

/** Waits for the end of a step: that of an action shows in the VM, that of others in their task. */
async function follow(
  context: ToolContext,
  { path, body }: PlannedRequest,
  result: WriteReply
): Promise<WriteResponse> {
  const [action] = path === '/VirDomain/action' && Array.isArray(body) ? (body as unknown[]) : []
  if (!isObject(action)) return writeResponse(context, result, maxTaskSeconds)
  const { virDomainUUID, actionType, nodeUUID } = action as Record<string, string>
  const vm = await tryReadVm(context, String(virDomainUUID))
  const accepted = {
    vm: { uuid: String(virDomainUUID), name: vm?.name ?? String(virDomainUUID) },
    actionType: actionType as VirDomainActionType,
    nodeUUID
  }
  return (await followAction(context, accepted, result, maxActionSeconds)).response
}

interface StepWork {
  bind: Bind
  created: (name: string) => string
  fill: (request: PlannedRequest) => PlannedRequest
  save: () => Promise<void>
}

/**
 * One step; what becomes of it is entered in `kept`.
 * @returns why it failed, where it is not the task that did
 */
async function carryOut(
  context: ToolContext,
  step: Step,
  kept: StepRecord,
  { bind, created, fill, save }: StepWork
): Promise<BridgeError | undefined> {
  const { hypercore, signal } = context
  let failure: BridgeError | undefined
  try {
    await step.prepare?.(context, bind, created)
    const request = fill(step)
    kept.state = 'RUNNING'
    kept.request = shownRequest(request, kept.undo)
    await save()
    const { method, path, query, body } = request
    const { stream, timeoutMs } = step
    const { written } = await hypercore.request({
      method,
      path,
      body,
      signal,
      ...(query !== undefined && { query }),
      ...(stream !== undefined && { stream }),
      ...(timeoutMs !== undefined && { timeoutMs })
    })
    const result = written ?? { taskTag: '', createdUUID: '' }
    kept.createdUUID = result.createdUUID
    const response = await follow(context, request, result)
    kept.state =
      response.state === 'QUEUED' || response.state === 'RUNNING' ? 'UNKNOWN' : response.state
    kept.message = response.state === 'COMPLETE' ? '' : response.message
  } catch (error) {
    failure = toBridgeError(error)
    const { code, message } = failure
    const mayBeDone =
      kept.state === 'RUNNING' && (code === 'OUTCOME_UNKNOWN' || code === 'CALLER_GONE')
    kept.state = mayBeDone ? 'UNKNOWN' : 'ERROR'
    kept.message = message
  }
  await save()
  return failure
}

/** A request as it is kept: its body only where it is compared with what holds later. */
const shownRequest = (
  { method, path, body }: PlannedRequest,
  undo: UndoStep | undefined
): PlannedRequest => ({ method, path, ...(undo !== undefined && { body }) })

const countDone = ({ steps }: SequenceRecord): number =>
  steps.filter(({ state }) => state === 'COMPLETE' || state === 'SKIPPED').length

const words: Record<StepRecord['state'], string> = {
  PENDING: 'not done',
  RUNNING: 'not known whether done',
  COMPLETE: 'done',
  ERROR: 'failed',
  UNKNOWN: 'not known whether done',
  SKIPPED: 'not necessary'
}

/** The steps of a sequence, and how each ended. */
export const stepLines = ({ steps }: SequenceRecord): string[] =>
  steps.map(({ does, state, message }) => {
    const why = message === '' ? '' : `: ${message}`
    return `${does}: ${words[state]}${why}`
  })

/** Whether something of a sequence can be taken back. */
export const hasUndo = ({ steps, undoneBy }: SequenceRecord): boolean =>
  undoneBy === '' && steps.some(({ state, undo }) => state === 'COMPLETE' && undo !== undefined)

/**
 * The response of a tool that carried out a sequence.
 * @param done what holds when all is done, as a sentence without a full stop
 */
export function sequenceResponse(
  { record, created }: SequenceOutcome,
  done: string,
  next = ''
): WriteResponse & { sequence: string; steps: string[] } {
  const failedAt = record.steps.findIndex(
    ({ state }, at) => (state === 'ERROR' || state === 'UNKNOWN') && isLast(record, at)
  )
  const failed = record.state === 'COMPLETE' ? undefined : record.steps[failedAt]
  const partly = record.steps.filter(({ state }) => state === 'ERROR' || state === 'UNKNOWN')
  const undo = hasUndo(record) ? ` undo with sequence ${record.id} takes back what was done` : ''
  const message =
    failed !== undefined
      ? `Stopped at step ${failedAt + 1} of ${record.steps.length}, ${failed.does}: ${withoutEnd(failed.message)}. ${describeDone(record)}.${undo}`
      : `${[done, ...partly.map(({ does, message: why }) => `Could not ${does}: ${withoutEnd(why)}`), next].filter((text) => text !== '').join('. ')}.${undo}`
  return {
    taskTag: '',
    createdUUID: [...created.values()][0] ?? '',
    state: failed === undefined ? 'COMPLETE' : failed.state === 'UNKNOWN' ? 'UNKNOWN' : 'ERROR',
    progressPercent: Math.round((countDone(record) / Math.max(1, record.steps.length)) * 100),
    message: message.trim(),
    sequence: record.id,
    steps: stepLines(record)
  }
}

/** Whether nothing after a step was sent. */
const isLast = ({ steps }: SequenceRecord, at: number): boolean =>
  steps.slice(at + 1).every(({ state }) => state === 'PENDING')

const withoutEnd = (text: string): string => text.replace(/[.\s]+$/, '')

/** What of a sequence was done and what was not, in a sentence. */
export function describeDone({ steps }: SequenceRecord): string {
  const done = steps.filter(({ state }) => state === 'COMPLETE').map(({ does }) => does)
  const open = steps.filter(({ state }) => state === 'PENDING').map(({ does }) => does)
  return [
    done.length === 0 ? 'Nothing was done before it' : `Done before it: ${done.join('; ')}`,
    ...(open.length === 0 ? [] : [`Not done: ${open.join('; ')}`])
  ].join('. ')
}

import type { AdmittedCall } from '../../hypercore/cluster-api.ts'
import type { VirDomainActionType } from '../../hypercore/records/records.ts'
import type { PlannedRequest } from '../../hypercore/writes/sequence.ts'
import type { StreamBody } from '../../hypercore/requests/stream-body.ts'
import type { WriteReply } from '../../hypercore/writes/write-result.ts'
import { currentCall } from '../../ledger/call-scope.ts'
import {
  countDone,
  isDone,
  type SequenceRecord,
  type StepRecord,
  type UndoStep
} from '../../ledger/sequences.ts'
import { type BridgeError, toBridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { Semaphore } from '../../lib/flow/semaphore.ts'
import { DryRun } from '../../policy/dry-run.ts'
import type { ToolContext } from '../define-tool.ts'
import type { WriteResponse } from '../schemas.ts'
import { followAction, tryReadVm } from '../task/follow-action.ts'
import { writeResponse } from '../task/write-response.ts'
import { someOf } from '../../lib/text/some-of.ts'

/** How long a task may take: a large disk is copied for hours. */
const maxTaskSeconds = 4 * 60 * 60

/** Independent steps that run at a time: the cluster is one of small nodes. */
const maxTogether = 4

/** Steps that a sentence names; the plan has every request. */
const maxNamed = 20

const tooMany = (): Error => new Error('The steps before never ended')

/** Tells what a placeholder stands for. */
export type Bind = (name: string, uuid: string) => void

/** One write of a sequence. */
export interface Step extends PlannedRequest {
  /** What it does, as an order: `shut VM "file-01" down`. */
  does: string
  /** The name of the VM that an action is for. */
  vmName?: string
  /** The placeholder that stands for what it creates. */
  creates?: string
  /** What is sent as bytes, once. */
  stream?: StreamBody
  /** How long its response may take, in ms, where it is slow by nature. */
  timeoutMs?: number
  /**
   * What is to be known right before it is sent: binds placeholders.
   * @throws {BridgeError} why the sequence cannot continue
   */
  prepare?: (context: ToolContext, bind: Bind, created: (name: string) => string) => Promise<void>
  /** What undoes it. */
  undo?: UndoStep
  /**
   * Takes what is of no use without the rest away at once, where this step or a later one failed. Must not
   * throw.
   * @returns what holds then, as a sentence without a full stop
   */
  discard?: (context: ToolContext, bind: Bind, created: (name: string) => string) => Promise<string>
  /** Its failure is reported, and the rest continues. */
  optional?: boolean
  /** The others do not wait for its end, and continue whatever its outcome. */
  independent?: boolean
}

/** What a sequence comes to. */
export interface SequenceOutcome {
  record: SequenceRecord
  /** By the names of the placeholders. */
  created: ReadonlyMap<string, string>
  /** Whether one of several independent steps failed. */
  isPartial: boolean
  /** Why it stopped; undefined where it did not. */
  error: BridgeError | undefined
  /** What was taken away again, in sentences without a full stop. */
  discarded: string[]
}

/**
 * Carries out several writes one after the other. All of them are admitted, and where a person has to
 * approve them approved, as one before the first is sent; each is recorded; the first that fails ends it,
 * unless it is optional. Their outcomes are in the record: only what keeps the first from being sent
 * is thrown.
 * @param summary what it comes to, in words; the steps say the rest
 * @param left sequences that others have left, and must not continue with once this one begins
 * @throws {BridgeError} what the guard refuses; ILLEGAL_STATE where one of those continues; LEDGER_UNAVAILABLE
 */
export async function runSequence(
  context: ToolContext,
  tool: string,
  targets: readonly string[],
  steps: readonly Step[],
  summary?: string,
  left: readonly SequenceRecord[] = []
): Promise<SequenceOutcome> {
  const requests = steps.map(({ method, path, query, body, stream }) => ({
    method,
    path,
    ...(query !== undefined && { query }),
    ...(body !== undefined && { body }),
    ...(stream !== undefined && { stream })
  }))
  const { grant, hypercore } = await admit(context, requests, steps, summary)
  const scope = currentCall()
  const { sequences } = context.writes
  for (const each of left) await sequences.take(each)
  const record = await sequences.begin({
    callId: scope?.callId ?? '',
    tool,
    plan: grant.plan?.id ?? '',
    targets: [...targets],
    steps: steps.map(({ does, undo, optional }, at) => ({
      does,
      request: shownRequest(requests[at] as PlannedRequest, undo),
      state: 'PENDING',
      message: '',
      createdUUID: '',
      undo,
      ...(optional === true && { optional })
    }))
  })
  const created = new Map<string, string>()
  const bind: Bind = (name, uuid) => {
    created.set(name, uuid)
    grant.bind(name, uuid)
  }
  const fill = (request: PlannedRequest): PlannedRequest => grant.fill(request)
  const nameOf = (name: string): string => created.get(name) ?? ''
  let error: BridgeError | undefined
  const run = async (step: Step, at: number): Promise<boolean> => {
    const kept = record.steps[at] as StepRecord
    const done = countDone(record)
    const percent = Math.round((done / steps.length) * 100)
    const head = `Step ${at + 1} of ${steps.length}, ${step.does}`
    if (scope !== undefined) scope.progress = { percent, message: head }
    const { progress: told } = context
    told?.({ percent, message: head, done: false })
    const own: ToolContext = {
      ...context,
      hypercore,
      progress:
        told &&
        ((progress) =>
          told({
            percent: percent + Math.floor(progress.percent / steps.length),
            message: `${head}: ${progress.message}`,
            done: false
          }))
    }
    const thrown = await carryOut(own, step, kept, {
      bind,
      created: nameOf,
      fill,
      save: () => sequences.save(record)
    })
    if (kept.createdUUID !== '' && step.creates !== undefined) bind(step.creates, kept.createdUUID)
    if (kept.undo !== undefined) kept.undo = { ...fill(kept.undo), does: kept.undo.does }
    if (!isDone(kept)) error ??= thrown
    return isDone(kept)
  }
  let failed: StepRecord | undefined
  let isPartial = false
  const discarded: string[] = []
  const together = new Semaphore(maxTogether)
  const running: Promise<void>[] = []
  const held = sequences.held(record)
  scope?.conditions.push(held)
  try {
    for (const [at, step] of steps.entries()) {
      if (step.independent === true) {
        await together.acquire(maxTaskSeconds * 1000, tooMany)
        running.push(
          run(step, at)
            .then((done) => void (isPartial ||= !done))
            .finally(() => together.release())
        )
      } else {
        await Promise.all(running)
        if ((await run(step, at)) || step.optional === true) continue
        failed = record.steps[at]
        for (const each of steps.slice(0, at + 1).toReversed())
          if (each.discard !== undefined)
            discarded.push(await each.discard({ ...context, hypercore }, bind, nameOf))
        break
      }
    }
    await Promise.all(running)
  } finally {
    scope?.conditions.splice(scope.conditions.indexOf(held), 1)
  }
  await sequences.end(record, failed === undefined ? 'COMPLETE' : 'ERROR')
  const outcome = failed === undefined ? 'carried out' : `stopped: ${failed.message}`
  grant.ended(outcome)
  context.progress?.({
    percent: failed === undefined ? 100 : Math.round((countDone(record) / steps.length) * 100),
    message: failed === undefined ? 'All steps are done' : `Stopped at: ${failed.does}`,
    done: true
  })
  return { record, created, isPartial, error, discarded }
}

/** Leave for all steps. @throws {BridgeError} what the guard refuses; DryRun, which names the steps */
async function admit(
  { hypercore, signal }: ToolContext,
  requests: readonly PlannedRequest[],
  steps: readonly Step[],
  summary: string | undefined
): Promise<AdmittedCall> {
  const lines = steps.map(({ does }) => does)
  const whole = someOf(lines, maxNamed, '; ')
  const inWords = summary === undefined ? whole : `${summary}. ${whole}`
  try {
    return await hypercore.admitAll(requests, inWords, signal)
  } catch (error) {
    if (!(error instanceof DryRun)) throw error
    throw new DryRun({ ...error.preview, summary: summary ?? whole }, lines)
  }
}

/** Waits for the end of a step: that of an action shows in the VM, that of others in their task. */
async function follow(
  context: ToolContext,
  { path, body }: PlannedRequest,
  vmName: string | undefined,
  result: WriteReply
): Promise<WriteResponse> {
  const [action] = path === '/VirDomain/action' && Array.isArray(body) ? (body as unknown[]) : []
  if (!isObject(action)) return writeResponse(context, result, maxTaskSeconds)
  const { virDomainUUID, actionType, nodeUUID } = action as Record<string, string>
  const uuid = String(virDomainUUID)
  const accepted = {
    vm: { uuid, name: vmName ?? (await tryReadVm(context, uuid))?.name ?? uuid },
    actionType: actionType as VirDomainActionType,
    nodeUUID
  }
  return (await followAction(context, accepted, result, context.timings.actionMs / 1000)).response
}

interface StepWork {
  bind: Bind
  created: (name: string) => string
  fill: (request: PlannedRequest) => PlannedRequest
  save: () => Promise<void>
}

/**
 * One step; its outcome is entered in `kept`.
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
    const response = await follow(context, request, step.vmName, result)
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
  // What was done is reported even if it cannot be stored; the ledger then refuses further writes.
  await save().catch(() => undefined)
  return failure
}

/** A request as it is kept: its body only where it is compared with what holds later. */
const shownRequest = (
  { method, path, body }: PlannedRequest,
  undo: UndoStep | undefined
): PlannedRequest => ({ method, path, ...(undo !== undefined && { body }) })

import { Type } from '@sinclair/typebox'
import { isLeft, type SequenceRecord, type StepRecord } from '../src/ledger/sequences.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { isObject } from '../src/lib/json/json.ts'
import { canonicalJson } from '../src/lib/json/canonical-json.ts'
import { quoteText } from '../src/lib/text/quote.ts'
import { defineTool, destructive, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { Input, writeArguments } from '../src/tools/schemas.ts'
import { runSequence, type Step } from '../src/tools/writes/sequence.ts'
import {
  hasUndo,
  sequenceResponse,
  SequenceResponse,
  stepLines
} from '../src/tools/writes/sequence-response.ts'
import { leftBehind } from '../src/tools/writes/left-behind.ts'
import { someOf } from '../src/lib/text/some-of.ts'
import { sequenceText } from '../src/views/text/sequence-text.ts'

/** Steps that a sentence names. */
const maxNamed = 10

/** Whether the caller may know of a sequence: a limited one only where it sees all that it acted on. */
async function maySee(context: ToolContext, { targets }: SequenceRecord): Promise<boolean> {
  const { authority, hypercore, signal } = context
  if (authority.principal.vmTags === undefined) return true
  const own = new Set((await hypercore.list('/VirDomain', { signal })).map(({ uuid }) => uuid))
  return targets.every((uuid) => own.has(uuid))
}

async function findSequence(context: ToolContext, id: string): Promise<SequenceRecord> {
  const found = await context.writes.sequences.get(id)
  if (found === undefined || !(await maySee(context, found)))
    throw new BridgeError(
      'NOT_FOUND',
      `No sequence has the id ${quoteText(id, 40)}: the call that carried it out returned it; recentActivity shows what was done`
    )
  if (found.undoneBy !== '')
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Sequence ${found.id} was already undone by sequence ${found.undoneBy}`
    )
  if (found.state === 'RUNNING' && !isLeft(found))
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Sequence ${found.id} still runs: call ${found.tool} again with the same arguments to wait for its end, then undo`
    )
  if (!hasUndo(found))
    throw new BridgeError(
      'ILLEGAL_STATE',
      [
        `Nothing of sequence ${found.id} can be undone: ${someOf(stepLines(found), maxNamed, '; ')}`,
        ...(await leftBehind(context, found))
      ].join('. ')
    )
  return found
}

/** The VM of a live migration, and the node it went to. */
function targetOf(body: unknown): { vm: string; node: string } | undefined {
  const [action] = Array.isArray(body) ? (body as unknown[]) : []
  if (!isObject(action) || action['actionType'] !== 'LIVEMIGRATE') return undefined
  return { vm: String(action['virDomainUUID']), node: String(action['nodeUUID']) }
}

/** What of a record is not as a step left it. */
async function changedSince(
  { hypercore, signal }: ToolContext,
  { request, undo }: StepRecord
): Promise<string[]> {
  const movedTo = targetOf(request.body)
  if (movedTo !== undefined) {
    const vm = await hypercore.known('/VirDomain', movedTo.vm, { signal })
    if (vm === undefined) return ['it no longer exists']
    return vm.nodeUUID === movedTo.node ? [] : ['it left the node it was moved to']
  }
  if (undo?.method !== 'PATCH' || !isObject(undo.body)) return []
  const [, vm] = /^\/VirDomain\/([^/]+)$/.exec(undo.path) ?? []
  // Read since its turn has come.
  const record: object | undefined =
    vm === undefined
      ? (await hypercore.recordsAt(undo.path, { signal }))[0]
      : await hypercore.known('/VirDomain', vm, { signal })
  if (record === undefined) return ['it no longer exists']
  const left = request.path === undo.path && isObject(request.body) ? request.body : {}
  return Object.entries(left)
    .filter(
      ([field, value]) =>
        canonicalJson((record as Record<string, unknown>)[field] ?? null) !==
        canonicalJson(value ?? null)
    )
    .map(([field]) => `its ${field} was changed`)
}

/** What undoes what was done, the last first. */
async function undoSteps(context: ToolContext, { steps }: SequenceRecord): Promise<Step[]> {
  const done = steps.filter(({ state, undo }) => state === 'COMPLETE' && undo !== undefined)
  const found: Step[] = []
  for (const step of done.toReversed()) {
    const changed = await changedSince(context, step)
    if (changed.length > 0)
      throw new BridgeError(
        'ILLEGAL_STATE',
        `Cannot ${step.undo?.does ?? ''}: ${changed.join(', ')} since. Nothing was sent; undo it by hand`
      )
    if (step.undo !== undefined) found.push(step.undo)
  }
  return found
}

export const undo = defineTool({
  name: 'undo',
  alone: 'it undoes what was carried out already',
  title: 'Undo a sequence',
  description: 'Undoes a sequence of changes as far as possible. Ask the user first.',
  tag: 'task',
  annotations: destructive,
  effects: ['change', 'interrupt'],
  slow: true,
  sequence: () => true,
  async vmsOf({ writes }, { sequence }) {
    const found = await writes.sequences.get(sequence)
    return found === undefined ? [] : [...found.targets]
  },
  input: Input({
    sequence: Type.String({
      maxLength: 40,
      pattern: '^[sp]-[a-z0-9]+$',
      'x-format-hint':
        'the id of a sequence such as s-7f3kx2mq, or of the plan that was approved for it',
      'x-example': '"s-7f3kx2mq"',
      description: 'its id, from the call'
    }),
    ...writeArguments
  }),
  output: SequenceResponse(),
  text: sequenceText,

  async run(context, { sequence }) {
    const found = await findSequence(context, sequence)
    const steps = await undoSteps(context, found)
    const left = await leftBehind(context, found, steps)
    const summary = [`undo sequence ${found.id}`, ...left].join('. ')
    const taken = isLeft(found) ? [found] : []
    const outcome = await runSequence(context, undo.name, found.targets, steps, summary, taken)
    if (outcome.record.state === 'COMPLETE')
      await context.writes.sequences.markUndone(found.id, outcome.record.id)
    return sequenceResponse(outcome, `Undid sequence ${sequence}`, left.join('. '))
  }
})

export const undoTools: Tool[] = [undo]

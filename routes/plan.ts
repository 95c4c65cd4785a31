import { type Static, Type } from '@sinclair/typebox'
import { isDone } from '../src/ledger/sequences.ts'
import { DryRun } from '../src/policy/dry-run.ts'
import { defineTool, destructive, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { predictionOf, summaryOf, unforeseen } from '../src/tools/plan/prediction.ts'
import { maxSteps, readSteps, stepWords } from '../src/tools/plan/read-steps.ts'
import { placeholderNames, toSequence } from '../src/tools/plan/to-sequence.ts'
import { type Trial, tryPlan } from '../src/tools/plan/trial.ts'
import { Input, writeArguments } from '../src/tools/schemas.ts'
import { dryRunResponse } from '../src/tools/writes/dry-run.ts'
import { takeTurn, type Turn } from '../src/tools/writes/run-write.ts'
import { runSequence, type SequenceOutcome } from '../src/tools/writes/sequence.ts'
import {
  hasUndo,
  nothingSent,
  sequenceResponse,
  SequenceResponse
} from '../src/tools/writes/sequence-response.ts'
import { planText } from '../src/views/text/plan-text.ts'

const Lines = (description: string) => Type.Array(Type.String(), { description })

const output = SequenceResponse({
  changes: Lines('before → after'),
  lost: Lines('what is lost then'),
  headroom: Type.String({ description: 'memory of the nodes, and whether one may fail' }),
  unpredicted: Lines('what the trial cannot tell')
})

type PlanResponse = Static<typeof output>

/** What the sequence of a plan is recorded under. */
const name = 'plan'

/** The VMs that exist and are acted on. */
function turnOf({ before, steps }: Trial): Turn {
  const vms = steps
    .flatMap(({ writes }) => writes)
    .flatMap((write) => [...write.before.keys()])
    .flatMap((uuid) => {
      const record = before.get(uuid)
      if (record === undefined) return []
      return record.entity === 'VirDomain' ? [uuid] : record.owner === '' ? [] : [record.owner]
    })
  return { vms: [...new Set(vms)], destroys: steps.some(({ destroys }) => destroys) }
}

/** What the uuids of the trial became. */
function realUuids(trial: Trial, { created }: SequenceOutcome): Map<string, string> {
  const known = [...placeholderNames(trial)].flatMap(([uuid, name]): [string, string][] => {
    const real = created.get(name)
    return real === undefined ? [] : [[uuid, real]]
  })
  return new Map(known)
}

/** Sends what was tried, and says how it went. */
async function carryOut(context: ToolContext, trial: Trial): Promise<PlanResponse> {
  const prediction = predictionOf(trial)
  const steps = toSequence(trial)
  const count = trial.steps.length
  if (steps.length === 0)
    return { ...nothingSent(`Nothing to send: ${describeIdle(trial)}`), ...prediction }
  const summary = summaryOf(count, prediction)
  const { vms } = turnOf(trial)
  const outcome = await runSequence(context, name, vms, steps, summary)
  const response = sequenceResponse(
    outcome,
    `Carried out the plan of ${count === 1 ? '1 step' : `${count} steps`}`,
    hasUndo(outcome.record) ? kept(trial) : ''
  )
  // What it cannot tell is of use before; afterwards it is known.
  const told = { ...prediction, unpredicted: [] }
  if (outcome.record.state !== 'COMPLETE') return { ...response, ...told }
  const otherwise = await unforeseen(context, trial, realUuids(trial, outcome)).catch(
    () => undefined
  )
  const verdict =
    otherwise === undefined
      ? 'Whether everything matches the prediction could not be read'
      : otherwise.length === 0
        ? outcome.record.steps.every(isDone)
          ? 'Everything matches the prediction'
          : 'NOT all of it was done'
        : `NOT as predicted: ${otherwise.slice(0, 5).join('; ')}`
  return { ...response, message: `${verdict}. ${response.message}`, ...told }
}

/** What steps say of which nothing has to be sent. */
const describeIdle = ({ steps }: Trial): string =>
  steps.map(({ step }) => stepWords(step)).join('; ')

/** What undo leaves. */
function kept({ steps }: Trial): string {
  const made = steps.filter(({ writes }) => writes.some(({ createdUUID }) => createdUUID !== ''))
  return made.length === 0 ? '' : 'What it created stays where it is undone'
}

/** A preview in the form of the response, with what the trial says. */
async function preview(context: ToolContext, trial: Trial): Promise<PlanResponse> {
  try {
    return await carryOut(context, trial)
  } catch (error) {
    if (!(error instanceof DryRun)) throw error
    return { ...nothingSent(''), ...dryRunResponse({ output }, error), ...predictionOf(trial) }
  }
}

export const plan = defineTool({
  name,
  title: 'Carry out a plan of several steps',
  description:
    'Carries out several steps, tried first on a copy of the cluster. dry_run shows what changes and is lost.',
  tag: 'task',
  annotations: destructive,
  effects: ['change', 'interrupt', 'lose', 'egress', 'control'],
  slow: true,
  largeBody: true,
  alone: 'it is a plan itself: put its steps here',
  sequence: () => true,
  input: Input({
    steps: Type.Array(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        properties: {
          tool: { type: 'string', maxLength: 200, description: 'name' },
          args: { type: 'object', description: 'of it' }
        }
      }),
      {
        minItems: 1,
        maxItems: maxSteps,
        'x-withheld': true,
        'x-example': '[{"tool": "snapshotVM", "args": {"vm": "web-01", "label": "before"}}]',
        description: `at most ${maxSteps}; $1.createdUUID in args is of step 1`
      }
    ),
    ...writeArguments
  }),
  output,
  text: planText,

  async run(context, args): Promise<PlanResponse> {
    const steps = readSteps(args.steps, context.tools)
    const trial = await tryPlan(context, steps)
    if (context.authority.dryRun === true) return preview(context, trial)
    return takeTurn(plan, context, args, turnOf(trial), async (notes) =>
      carryOut(context, notes.length === 0 ? trial : await tryPlan(context, steps))
    )
  }
})

export const planTools: Tool[] = [plan]

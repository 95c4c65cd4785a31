import { type TProperties, Type } from '@sinclair/typebox'
import { countDone, type SequenceRecord, type StepRecord } from '../../ledger/sequences.ts'
import { WriteResponse } from '../schemas.ts'
import { shownSteps } from './shown-steps.ts'
import type { SequenceOutcome } from './sequence.ts'
import { withoutEnd } from '../../lib/text/sentences.ts'
import { someOf } from '../../lib/text/some-of.ts'

const sequenceFields = {
  sequence: Type.String({ description: 'for undo; empty where nothing was sent' }),
  steps: Type.Array(Type.String(), { description: 'each step and how it ended' })
}

/** What tools that carry out a sequence return, with what they add. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- nothing, where none is added
export const SequenceResponse = <T extends TProperties = Record<never, never>>(extras?: T) =>
  WriteResponse({ ...sequenceFields, ...extras } as typeof sequenceFields & T)

const words: Record<StepRecord['state'], string> = {
  PENDING: 'not done',
  RUNNING: 'not known whether done',
  COMPLETE: 'done',
  ERROR: 'failed',
  UNKNOWN: 'not known whether done'
}

/** Steps that a sentence names; the list has them all. */
const maxNamed = 10

/** The steps of a sequence, and how each ended. */
export const stepLines = ({ steps }: SequenceRecord): string[] =>
  steps.map(({ does, state, message }) => {
    const why = message === '' ? '' : `: ${message}`
    return `${does}: ${words[state]}${why}`
  })

/** Whether something of a sequence can be undone. */
export const hasUndo = ({ steps, undoneBy }: SequenceRecord): boolean =>
  undoneBy === '' && steps.some(({ state, undo }) => state === 'COMPLETE' && undo !== undefined)

/**
 * The response of a tool that carried out a sequence.
 * @param done what holds when all is done, as a sentence without a full stop
 */
export function sequenceResponse(
  { record, created, isPartial }: SequenceOutcome,
  done: string,
  next = ''
): WriteResponse & { sequence: string; steps: string[] } {
  const failedAt = record.steps.findIndex(
    ({ state }, at) => (state === 'ERROR' || state === 'UNKNOWN') && isLast(record, at)
  )
  const failed = record.state === 'COMPLETE' ? undefined : record.steps[failedAt]
  const partly = record.steps
    .filter(({ state }) => state === 'ERROR' || state === 'UNKNOWN')
    .map(({ does, message: why }) => `could not ${does}: ${withoutEnd(why)}`)
  // What holds when all is done does not hold.
  const told = isPartial ? `${countDone(record)} of ${record.steps.length} steps are done` : done
  const undo = hasUndo(record) ? ` undo with sequence ${record.id} reverts what was done` : ''
  const message =
    failed !== undefined
      ? `Stopped at step ${failedAt + 1} of ${record.steps.length}, ${failed.does}: ${withoutEnd(failed.message)}. ${describeDone(record)}.${undo}`
      : `${[told, partly.length === 0 ? '' : `But it ${someOf(partly, maxNamed, '; ')}`, next].filter((text) => text !== '').join('. ')}.${undo}`
  return {
    taskTag: '',
    createdUUID: [...created.values()][0] ?? '',
    state:
      failed === undefined && !isPartial
        ? 'COMPLETE'
        : failed?.state === 'UNKNOWN'
          ? 'UNKNOWN'
          : 'ERROR',
    progressPercent: Math.round((countDone(record) / Math.max(1, record.steps.length)) * 100),
    message: message.trim(),
    sequence: record.id,
    steps: shownSteps(stepLines(record), failed === undefined && !isPartial)
  }
}

/** Whether nothing after a step was sent. */
const isLast = ({ steps }: SequenceRecord, at: number): boolean =>
  steps.slice(at + 1).every(({ state }) => state === 'PENDING')

/** What of a sequence was done and what was not, in a sentence. */
export function describeDone({ steps }: SequenceRecord): string {
  const done = steps.filter(({ state }) => state === 'COMPLETE').map(({ does }) => does)
  const open = steps.filter(({ state }) => state === 'PENDING').map(({ does }) => does)
  return [
    done.length === 0
      ? 'Nothing was done before it'
      : `Done before it: ${someOf(done, maxNamed, '; ')}`,
    ...(open.length === 0 ? [] : [`Not done: ${someOf(open, maxNamed, '; ')}`])
  ].join('. ')
}

/** The response where nothing had to be sent. */
export const nothingSent = (
  message: string
): WriteResponse & { sequence: string; steps: string[] } => ({
  taskTag: '',
  createdUUID: '',
  state: 'COMPLETE',
  progressPercent: 100,
  message,
  sequence: '',
  steps: []
})

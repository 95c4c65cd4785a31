import { textValue } from './text-form.ts'

/** What is told of several writes that were carried out, or would be. */
export interface SequenceTold {
  state: string
  progressPercent: number
  message: string
  createdUUID: string
  sequence: string
  steps: readonly string[]
}

/** Steps that are shown: of what went as it was to, and of what a reader has to decide on. */
const maxShown = { done: 5, others: 30 }

function stepLines(steps: readonly string[], max: number): string[] {
  const shown = steps.slice(0, max).map((step) => `- ${textValue(step)}`)
  const more = steps.length - shown.length
  return more > 0 ? [...shown, `- and ${more} more alike; JSON has them all`] : shown
}

/**
 * A sequence as text, a step a line. Of a dry run the steps stand for the requests, which are many and
 * all alike; JSON has them.
 */
export function sequenceText(told: SequenceTold): string {
  const { state, progressPercent, message, createdUUID, sequence, steps } = told
  const isDryRun = 'sent' in told
  const isAllDone = !isDryRun && state === 'COMPLETE'
  const max = isAllDone && steps.length > maxShown.others / 3 ? maxShown.done : maxShown.others
  return [
    ...(isDryRun ? ['sent: false'] : [`state: ${state}`, `progressPercent: ${progressPercent}`]),
    `message: ${textValue(message)}`,
    ...(createdUUID === '' ? [] : [`createdUUID: ${createdUUID}`]),
    ...(sequence === '' ? [] : [`sequence: ${sequence}`]),
    ...(steps.length === 0 ? [] : ['steps:', ...stepLines(steps, max)])
  ].join('\n')
}

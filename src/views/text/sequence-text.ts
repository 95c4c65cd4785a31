import { textValue } from './text-form.ts'

/** What is reported of several writes that were carried out, or would be. */
export interface SequenceTold {
  state: string
  progressPercent: number
  message: string
  createdUUID: string
  sequence: string
  steps: readonly string[]
}

/**
 * A sequence as text, a step a line. Of a dry run the steps stand for the requests, which are many and
 * all alike; JSON has them.
 */
export function sequenceText(told: SequenceTold): string {
  const { state, progressPercent, message, createdUUID, sequence, steps } = told
  const isDryRun = 'sent' in told
  return [
    ...(isDryRun ? ['sent: false'] : [`state: ${state}`, `progressPercent: ${progressPercent}`]),
    `message: ${textValue(message)}`,
    ...(createdUUID === '' ? [] : [`createdUUID: ${createdUUID}`]),
    ...(sequence === '' ? [] : [`sequence: ${sequence}`]),
    ...(steps.length === 0 ? [] : ['steps:', ...steps.map((step) => `- ${textValue(step)}`)])
  ].join('\n')
}

import { sequenceText, type SequenceTold } from './sequence-text.ts'
import { textValue } from './text-form.ts'

/** What is reported of a plan. */
export interface PlanTold extends SequenceTold {
  changes: readonly string[]
  lost: readonly string[]
  headroom: string
  unpredicted: readonly string[]
}

const listOf = (head: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [head, ...lines.map((line) => `- ${textValue(line)}`)]

/** A plan as text: what it changes, then its steps. */
export function planText(told: PlanTold): string {
  const { changes, lost, headroom, unpredicted } = told
  return [
    sequenceText(told),
    ...listOf('changes:', changes),
    ...listOf('LOST:', lost),
    ...(headroom === '' ? [] : [`headroom: ${textValue(headroom)}`]),
    ...(unpredicted.length === 0 ? [] : [`not predicted: ${textValue(unpredicted.join('; '))}`])
  ].join('\n')
}

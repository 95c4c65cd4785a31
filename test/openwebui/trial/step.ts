import type { Recording } from '../../helper/recorded-model.ts'
import type { Trial } from './trial.ts'

/** What stands in the blanks of a sentence. */
export type Blanks = Record<string, string | number>

/** One thing that is tried. */
export interface Step {
  name: string
  /** What the model plays in it. */
  recordings?: Recording[]
  /** What the table says where all is as it should be, with blanks such as `{status}`. */
  seen: string
  /** What it says where one thing is not: a sentence that the step throws by itself. */
  missed?: string
  /** Returns what fills the blanks; throws where something is not as it should be. */
  run(trial: Trial): Promise<Blanks>
}

const blank = /\{(\w+)\}/g

/** A sentence with its blanks filled. @throws where nothing was seen for one of them */
export const fill = (sentence: string, blanks: Blanks): string =>
  sentence.replaceAll(blank, (_, name: string) => {
    const value = String(blanks[name] ?? '').trim()
    if (value === '') throw new Error(`nothing was seen of what belongs into {${name}}`)
    return value
  })

/** Whether a text is that sentence, whatever its blanks were filled with. */
export function isFilled(sentence: string, text: string): boolean {
  const fixed = sentence.split(/\{\w+\}/)
  const pattern = fixed.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${pattern.join('.+')}$`).test(text)
}

/** Throws where something is not as it should be. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

import { type Effect, effects } from '../../lib/effect.ts'
import type { EffectMarks } from './marks.ts'

/** What the calls of an operation do, by their values; the mildest first. */
export function effectsOf({ effect, effectRules }: EffectMarks): Effect[] {
  // What lacks its target is not a call that anybody would send.
  const byValue = effectRules.filter(({ missing }) => missing !== true).map((rule) => rule.effect)
  const found = new Set([effect, ...byValue])
  return effects.filter((each) => found.has(each))
}

/** The same in words: `change`, `change or interrupt`. */
export const effectWords = (operation: EffectMarks): string =>
  effectsOf(operation)
    .join(', ')
    .replace(/, ([^,]+)$/, ' or $1')

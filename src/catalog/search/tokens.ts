import { conceptAt } from './concepts.ts'
import { joinPhrasalVerbs } from './phrasal-verbs.ts'
import { stem, stopWords, wordsOf } from './words.ts'

/**
 * What a text is about, as the index stores it: concepts where its words mean one, stems of the
 * other words, no stop words. `List the virtual machines` is list and vm.
 */
export function tokensOf(given: readonly string[]): string[] {
  const words = joinPhrasalVerbs(given)
  const stems = words.map(stem)
  const tokens: string[] = []
  for (let at = 0; at < stems.length;) {
    const found = conceptAt(stems, at)
    if (found !== undefined) tokens.push(found.concept)
    else if (!stopWords.has(words[at] ?? '')) tokens.push(stems[at] ?? '')
    at += found?.words.length ?? 1
  }
  return tokens
}

export const tokensOfText = (text: string): string[] => tokensOf(wordsOf(text))

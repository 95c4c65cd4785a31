import { once } from '../../../lib/flow/once.ts'
import { stopWords, wordsOf } from '../words.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import type { Language } from './language.ts'
import { spanish } from './spanish.ts'

/** Words in English, and how many of them were another language before. */
interface Translation {
  words: readonly string[]
  found: number
}

type Translator = (words: readonly string[], isKnown: (word: string) => boolean) => Translation

/** Reads the tables of a language once. */
function translator({ meanings, small, separable = {}, ...language }: Language): Translator {
  const { root, spellings = (text: string) => [text] } = language
  const alone = new Set(language.alone)
  const byRoots = new Map<string, string[]>()
  for (const [english, list] of Object.entries(meanings))
    for (const text of list.split(', ').flatMap((one) => spellings(one)))
      byRoots.set(
        wordsOf(text)
          .map((word) => root(word))
          .join(' '),
        english.split(' ')
      )
  const smallWords = new Map(
    Object.entries(small).flatMap(([english, list]) =>
      list
        .split(', ')
        .flatMap((one) => spellings(one))
        .map((text) => [wordsOf(text).join(' '), english] as const)
    )
  )
  const maxPhraseWords = Math.max(...[...byRoots.keys()].map((roots) => roots.split(' ').length))

  /** The verb in the words whose particle ends them, with its place and length. */
  function separated(words: readonly string[]) {
    for (const [at, word] of words.entries())
      for (const [particle, english] of Object.entries(separable[root(word)] ?? {}))
        if (at < words.length - 1 && words.join(' ').endsWith(` ${particle}`))
          return { at, english, particles: particle.split(' ').length }
    return undefined
  }

  const translate: Translator = (given, isKnown) => {
    const verb = separated(given)
    const words =
      verb === undefined
        ? given
        : given.with(verb.at, verb.english).slice(0, given.length - verb.particles)
    const english: { from: string; to: string[] }[] = []
    let found = verb === undefined ? 0 : 1
    for (let at = 0; at < words.length;) {
      let taken = 1
      let to: string[] | undefined
      for (let count = Math.min(maxPhraseWords, words.length - at); count > 0; count -= 1) {
        const part = words.slice(at, at + count)
        if (count === 1 && isKnown(part[0] ?? '')) break
        to = byRoots.get(part.map((word) => root(word)).join(' '))
        if (to === undefined) continue
        taken = count
        break
      }
      if (to !== undefined) found += taken
      english.push({ from: words[at] ?? '', to: to ?? words.slice(at, at + taken) })
      at += taken
    }
    if (found === 0 && !words.some((word) => alone.has(word))) return { words: given, found: 0 }
    let between = 0
    const translated = english.flatMap(({ from, to }) => {
      const small = to[0] === from ? smallWords.get(from) : undefined
      if (small === undefined) return to
      between += 1
      return [small]
    })
    // What stands between tells apart languages that share their nouns.
    return { words: translated, found: found + between / 2 }
  }

  /** Whether a word that is English is one of this language as well, of another meaning. */
  const isShared = (word: string): boolean => {
    const english = byRoots.get(root(word))
    return english !== undefined && english.join(' ') !== word
  }

  /** Whether all but such words is of this language: something is, and nothing is but English. */
  const isOwn = (rest: readonly string[]): boolean =>
    !rest.some((word) => stopWords.has(word) && !smallWords.has(word)) &&
    (rest.some((word) => smallWords.has(word) && !stopWords.has(word)) ||
      translate(rest, () => false).found > 0)

  return (given, isKnown) => {
    const shared = new Set(given.filter((word) => isKnown(word) && isShared(word)))
    if (shared.size === 0 || !isOwn(given.filter((word) => !shared.has(word))))
      return translate(given, isKnown)
    return translate(given, (word) => isKnown(word) && !shared.has(word))
  }
}

const translators = once(() => [german, french, spanish].map((language) => translator(language)))

/**
 * A question's words with those of another language in English: `snapshot loeschen` is snapshot delete.
 * The language is the one with most words in it. Words that `isKnown` are taken as they are, but for those
 * that are words of the language too where all around them is: `installer la mise à jour` is install
 * update, and an installer image is none.
 */
export function toEnglish(
  given: readonly string[],
  isKnown: (word: string) => boolean
): readonly string[] {
  let best: Translation = { words: given, found: 0 }
  for (const translate of translators()) {
    const translation = translate(given, isKnown)
    if (translation.found > best.found) best = translation
  }
  return best.words
}

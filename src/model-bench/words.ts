const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const asWordOfItsOwn = (word: string): RegExp =>
  new RegExp(String.raw`(?<![\w-])(?<!\d\.)${escaped(word)}(?![\w-])(?!\.\d)`, 'i')

/** Whether a text holds another as a word of its own: `web-01` is not in `test-web-01`. */
export const holdsWord = (text: string, word: string): boolean => asWordOfItsOwn(word).test(text)

/** Those of some words that a text holds, as they come in it. */
export const wordsIn = (text: string, words: readonly string[]): string[] =>
  words
    .map((word) => ({ word, at: text.search(asWordOfItsOwn(word)) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at)
    .map(({ word }) => word)

/** A text without the numbers of its lists: they count what stands there, and answer nothing. */
export function withoutListNumbers(text: string): string {
  const number = /^[ \t]*(?:[-*][ \t]+)?\d+[.)][ \t]+/gm
  return (text.match(number)?.length ?? 0) > 1 ? text.replaceAll(number, '') : text
}

/** Parts of a text in which one thing is said: a `not` in one says nothing about another. */
const clausesOf = (text: string): string[] =>
  text
    .replaceAll('’', "'")
    .split(/[.:!?](?=\s|$)|[;,()\n]|\b(?:because|since|as|but|and|while|whereas|so)\b/i)
    .filter((clause) => clause.trim() !== '')

/** What keeps a word after it from being said of how things are. */
const unsaying =
  /\b(?:no|not|cannot|never|none|nothing|nobody|neither|nor|without|unable|if|whether|can|could|may|might|should|would|will|unless|until|before|after|once|when|to be)\b|n't\b/i

/** Whether a text says something of how things are: `it is not paused` and `if it is paused` do not say `paused`. */
export const affirms = (text: string, what: RegExp): boolean =>
  clausesOf(text).some((clause) => {
    const found = what.exec(clause)
    return found !== null && !unsaying.test(clause.slice(0, found.index + found[0].length))
  })

const off = /\b(?:off|shut ?off|shut ?down|stopped|down)\b/i
const on = /\b(?:(?:is|are|powered|switched|turned) on|runs?|running|only|not (?:\w+ )?off)\b/i

/** Whether a text says of one of these VMs that it is off, or names it and says nothing else of it. */
export function saysOff(text: string, vms: readonly string[]): boolean {
  const clauses: string[] = []
  let open = ''
  // `a, b and c are off` is one clause: what has no state of its own goes with what follows.
  for (const part of text.split(/[.:!?](?=\s|$)|[;,\n]|\b(?:but|while|whereas)\b/i)) {
    open += ` ${part}`
    if (!off.test(part) && !on.test(part)) continue
    clauses.push(open)
    open = ''
  }
  clauses.push(open)
  return clauses.some(
    (clause) =>
      wordsIn(clause, vms).length > 0 && (!on.test(clause) || /\bnot running\b/i.test(clause))
  )
}

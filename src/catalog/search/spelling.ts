/**
 * Steps from one word to another where a step adds, drops, changes or swaps letters (optimal string
 * alignment). Gives up above `most` and returns Infinity.
 */
export function typingDistance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return Infinity
  let older: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let steps = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1)
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        steps = Math.min(steps, (older[j - 2] ?? 0) + 1)
      row.push(steps)
      least = Math.min(least, steps)
    }
    if (least > max) return Infinity
    older = last
    last = row
  }
  const steps = last[b.length] ?? Infinity
  return steps > max ? Infinity : steps
}

/** One bit for each letter that a word has: words whose sets differ much cannot be near. */
function lettersOf(word: string): number {
  let bits = 0
  for (const letter of word) bits |= 1 << (letter.charCodeAt(0) - 97)
  return bits
}

function countBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}

/** Typing errors forgiven in a word of this many letters. */
const forgiven = (length: number): number => (length < 8 ? 1 : 2)

const maxCorrections = 1000

/** The words the search knows, and what an unknown one probably meant. */
export class Spelling {
  readonly known: ReadonlySet<string>
  readonly #byFirstLetters = new Map<string, string[]>()
  readonly #longEnough: { word: string; letters: number }[]

  readonly likely: ReadonlySet<string>
  /** Corrections made before: looking for one compares a word with all that are known. */
  readonly #corrected = new Map<string, string>()

  /** `likely` words are preferred to the others where both are near. */
  constructor(likely: Iterable<string>, words: Iterable<string>) {
    this.likely = new Set(likely)
    this.known = new Set([...this.likely, ...words])
    this.#longEnough = [...this.known]
      .filter((word) => word.length > 2 && /^[a-z]+$/.test(word))
      .map((word) => ({ word, letters: lettersOf(word) }))
    for (const { word } of this.#longEnough) {
      const start = word.slice(0, 3)
      const same = this.#byFirstLetters.get(start)
      if (same === undefined) this.#byFirstLetters.set(start, [word])
      else same.push(word)
    }
  }

  knows(word: string): boolean {
    return this.known.has(word)
  }

  /**
   * Whether a correction may be built upon where nothing else in the question says what it is about. A
   * short word is near to too many, unless its letters are only swapped, and so is a mere beginning.
   */
  trusts(word: string, corrected: string): boolean {
    if (word === corrected) return true
    if (corrected.startsWith(word)) return word.length * 3 >= corrected.length * 2
    return word.length > 4 || lettersOf(word) === lettersOf(corrected)
  }

  /** The known word meant by this one; the word itself where it is known or nothing is near. */
  correct(word: string): string {
    if (this.known.has(word) || word.length < 3 || !/^[a-z]+$/.test(word)) return word
    let corrected = this.#corrected.get(word)
    if (corrected === undefined) {
      corrected = this.#find(word)
      if (this.#corrected.size >= maxCorrections) this.#corrected.clear()
      this.#corrected.set(word, corrected)
    }
    return corrected
  }

  #find(word: string): string {
    const near = this.#nearest(word)
    if (near !== undefined && this.likely.has(near)) return near
    const begun = this.#begins(word)
    return (word.length < 5 ? (near ?? begun) : (begun ?? near)) ?? word
  }

  /** The shortest known word that starts with this one: `replic` is replica. */
  #begins(word: string): string | undefined {
    let best: string | undefined
    for (const known of this.#byFirstLetters.get(word.slice(0, 3)) ?? [])
      if (known.startsWith(word) && (best === undefined || known.length < best.length)) best = known
    return best
  }

  #nearest(word: string): string | undefined {
    const max = forgiven(word.length)
    let best: string | undefined
    let least = Infinity
    const letters = lettersOf(word)
    for (const { word: known, letters: others } of this.#longEnough) {
      if (Math.abs(known.length - word.length) > max) continue
      // One step changes two letters of the set at most.
      if (countBits(letters ^ others) > 2 * max) continue
      // Three letters mean too much else, unless two are swapped: `dsn` is dns.
      if (word.length < 4 && (letters !== others || known[0] !== word[0])) continue
      // First letters are rarely wrong, and letters are swapped more often than added or dropped.
      const handicap =
        (known[0] === word[0] ? 0 : 0.5) +
        (known.length === word.length ? 0 : 0.1) +
        (letters === others ? 0 : 0.1) +
        (this.likely.has(known) ? 0 : 0.25)
      // No more steps than could still make it the nearest: an unknown word is one away at least.
      if (handicap + 1 >= least) continue
      const steps =
        typingDistance(word, known, Math.min(max, Math.floor(least - handicap))) + handicap
      if (steps < least && steps < max + 0.5) {
        best = known
        least = steps
      }
    }
    return best
  }
}

import { offerParsed, shareParsed } from '../../lib/json/json-source.ts'
import { parseJson } from '../../lib/json/json.ts'

interface Kept {
  text: string
  value: unknown
  timer: NodeJS.Timeout
}

/** Parsing a smaller one costs less than the look for it. */
const minChars = 16_384

/** Of all that are kept: the lists of a cluster with some thousand VMs. */
const maxChars = 16 * 2 ** 20

const keptMs = 30_000

/** What was parsed is sent on as the text it was, where it is sent on. */
function offer(text: string): unknown {
  const value = parseJson(text)
  if (typeof value === 'object' && value !== null) offerParsed(value, text)
  return value
}

/**
 * Large bodies as they came in last, by what was asked for. Most lists of a cluster are the same from one
 * call to the next, and to compare a text costs a hundredth of parsing it. What is returned for the second
 * time is shared, and frozen; so is what is sent on as it came.
 */
export class ParsedBodies {
  readonly #kept = new Map<string, Kept>()
  #chars = 0

  /** The value of a JSON text; undefined where it is none, as `parseJson` has it. */
  parse(target: string, text: string): unknown {
    if (text.length > maxChars) return parseJson(text)
    if (text.length < minChars) return offer(text)
    const known = this.#kept.get(target)
    if (known?.text === text) {
      if (typeof known.value === 'object' && known.value !== null)
        shareParsed(known.value, known.text)
      known.timer.refresh()
      return known.value
    }
    this.#drop(target)
    const value = offer(text)
    if (value !== undefined) this.#keep(target, text, value)
    return value
  }

  #keep(target: string, text: string, value: unknown): void {
    const timer = setTimeout(() => this.#drop(target), keptMs)
    timer.unref()
    this.#kept.set(target, { text, value, timer })
    this.#chars += text.length
    for (const oldest of this.#kept.keys()) {
      if (this.#chars <= maxChars) break
      this.#drop(oldest)
    }
  }

  #drop(target: string): void {
    const known = this.#kept.get(target)
    if (known === undefined) return
    clearTimeout(known.timer)
    this.#kept.delete(target)
    this.#chars -= known.text.length
  }
}

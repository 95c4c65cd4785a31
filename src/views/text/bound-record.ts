import { isObject } from '../../lib/json/json.ts'
import { defaultMaxTokens } from './token-budget.ts'
import { pieceTokens } from './token-estimate.ts'

type Fields = Record<string, unknown>

/** What a bounded record says of what is not in it. */
export interface Bounded {
  /** How many items of a list are not shown, by its field. */
  leftOut?: Record<string, number>
  notes?: string[]
}

/** Where a record is too large, texts longer than the first are cut to the second (characters). */
const [longText, shownText] = [300, 200]

/** Room for what is said of the cuts. */
const noteTokens = 150

const tokensOf = (value: unknown): number => pieceTokens(JSON.stringify(value) ?? '')

/** Long texts shortened, at any depth; each says how long it was. */
function withShortTexts(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.length <= longText) return value
    const shown = Array.from(value.slice(0, shownText * 2))
      .slice(0, shownText)
      .join('')
    return `${shown}… (${value.length} characters)`
  }
  if (Array.isArray(value)) return value.map(withShortTexts)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, withShortTexts(held)])
  )
}

/** As many items, from the first on, as there is room for. */
function takeWithinBudget(items: readonly unknown[], room: number) {
  const shown: unknown[] = []
  let tokens = 0
  for (const item of items) {
    const more = tokensOf(item) + 1
    if (tokens + more > room) break
    tokens += more
    shown.push(item)
  }
  return { shown, tokens }
}

/**
 * A record whose JSON is at most as large as a response may be. A small one is left as it is; in a
 * larger one long texts are cut, then lists, the small ones last; `leftOut` and `notes` say so.
 * @param whole the call that returns it uncut
 */
export function boundRecord<T extends Fields>(record: T, whole: string): T & Bounded {
  if (tokensOf(record) <= defaultMaxTokens) return record
  const short = withShortTexts(record) as Fields
  const lists = Object.entries(short).filter((entry): entry is [string, unknown[]] =>
    Array.isArray(entry[1])
  )
  const bare = { ...short, ...Object.fromEntries(lists.map(([name]) => [name, []])) }
  let room = defaultMaxTokens - noteTokens - tokensOf(bare)
  const sized = lists
    .map(([name, items]) => ({ name, items, tokens: tokensOf(items) }))
    .toSorted((a, b) => a.tokens - b.tokens)
  const leftOut: Record<string, number> = {}
  const result: Fields = { ...short }
  for (const [i, { name, items }] of sized.entries()) {
    const { shown, tokens } = takeWithinBudget(items, room / (sized.length - i))
    room -= tokens
    result[name] = shown
    if (shown.length < items.length) leftOut[name] = items.length - shown.length
  }
  const cut = Object.entries(leftOut).map(([name, count]) => `${count} of ${name}`)
  const said = [
    ...(tokensOf(short) < tokensOf(record) ? ['long texts are cut'] : []),
    ...(cut.length > 0 ? [`left out are ${cut.join(', ')}`] : [])
  ]
  const notes = said.length > 0 ? { notes: [`${said.join('; ')}: ${whole} has all`] } : {}
  return { ...(result as T), ...(cut.length > 0 ? { leftOut } : {}), ...notes }
}

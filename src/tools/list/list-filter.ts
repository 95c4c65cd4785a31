import { nearest, didYouMean } from '../../lib/text/nearest.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { asWord, quote } from '../../lib/text/quote.ts'
import type { ListView, Measure } from '../../views/list-view.ts'
import {
  type FieldTest,
  type Filter,
  printFilter,
  printValue,
  shownFilter
} from '../filter/filter.ts'
import {
  compares,
  measureOf,
  operandOf,
  readOperand,
  sameMeasure,
  saidOf
} from '../filter/operand.ts'
import { notUnderstood, parseFilter } from '../filter/parse.ts'
import { isExact, leavesOf, searcherOf } from '../filter/text-match.ts'
import type { FilterClock } from '../filter/times.ts'
import { onRequest } from '../call/on-request.ts'
import type { ListEntry } from './list-entry.ts'
import { wordsOfList } from './list-words.ts'

/** What a filter finds, and what a reader has to know of how: one who takes it as said would be misled. */
export interface Filtered {
  entries: ListEntry[]
  hints: string[]
}

type AnyView = ListView<object, object>

/** A value for "none". */
const wordsForEmpty = /^(?:none|null|nil|empty|never|-)$/i

/** A word that can only have been meant as a condition on a field; no address with a colon. */
const likeCondition = /^[-!]?(\p{L}\w*)\s*(?:[:=!~]=?|[<>])(?!\/\/)\s*\S/u

/** A value that records have: words of the cluster as they are, what people write in quotes. */
const shownValue = (value: string): string =>
  /^[A-Z0-9_.:%-]+$/.test(value) ? value : quote(value)

const listed = (values: readonly string[]): string =>
  values.length === 0 ? '' : `; there is ${values.map(shownValue).join(', ')}`

/** One run of a filter over the records of a list. */
class Evaluation {
  readonly #entries: readonly ListEntry[]
  readonly #names: readonly string[]
  readonly #view: AnyView
  readonly #clock: FilterClock
  readonly hints = new Set<string>()

  constructor(
    entries: readonly ListEntry[],
    names: readonly string[],
    view: AnyView,
    clock: FilterClock
  ) {
    this.#entries = entries
    this.#names = names
    this.#view = view
    this.#clock = clock
  }

  /** @param not whether what is found is left out */
  run(filter: Filter, not = false): Set<ListEntry> {
    switch (filter.kind) {
      case 'and':
        return this.#all(filter.of, not)
      case 'or':
        return new Set(filter.of.flatMap((part) => [...this.run(part, not)]))
      case 'not': {
        const out = this.run(filter.of, !not)
        return new Set(this.#entries.filter((entry) => !out.has(entry)))
      }
      case 'word':
        return this.#word(filter.text, filter.quoted === true)
      case 'is':
        return new Set(filter.values.flatMap((value) => [...this.#is(filter.field, value, not)]))
      default:
        return this.#compare(filter)
    }
  }

  #all(parts: readonly Filter[], not: boolean): Set<ListEntry> {
    const sets = parts.map((part) => this.run(part, not))
    const held = this.#entries.filter((entry) => sets.every((set) => set.has(entry)))
    if (held.length === 0 && !not && sets.every((set) => set.size > 0)) {
      const each = parts.map((part, i) => `${shownPart(part)} has ${sets[i]?.size}`)
      this.hints.add(`no record meets all of it: ${each.join(', ')}`)
    }
    return new Set(held)
  }

  #having(field: string, fits: (leaf: string) => boolean): ListEntry[] {
    return this.#entries.filter((entry) => leavesOf(entry.value(field)).some(fits))
  }

  #word(text: string, quoted: boolean): Set<ListEntry> {
    const { is, isWithin } = searcherOf(text)
    const fits = text.includes('*') ? is : isWithin
    const held = this.#entries.filter(({ described }) => leavesOf(described).some(fits))
    if (held.length === 0) {
      if (!quoted) this.#refuseCondition(text)
      this.hints.add(
        `nothing has ${quote(text)}: try a shorter word, or leave filter out to see all`
      )
    }
    return new Set(held)
  }

  /** Refuses text that nothing has, where it reads as a condition that is not understood. */
  #refuseCondition(text: string): void {
    const meant = likeCondition.exec(text)?.[1]
    if (meant !== undefined) {
      const names = [...this.#names, ...(this.#view.onDemand ?? [])]
      const described = [
        ...Object.keys(this.#entries[0]?.described ?? {}),
        ...(this.#view.onDemand ?? [])
      ]
      throw notUnderstood(
        quote(text),
        `unknown field ${quote(meant)}${didYouMean(nearest(meant, names)) || '.'} Fields: ${[...new Set(described)].join(', ')}`
      )
    }
    const parts = text.split(/\s*[,;]\s*/).filter((part) => part !== '')
    if (parts.length > 1)
      throw notUnderstood(
        quote(text),
        `write ${parts.map(printValue).join(' or ')} for either, ${parts.map(printValue).join(' and ')} for both`
      )
    const [, first = '', rest = ''] = /^(\S+)\s+(.+)$/s.exec(text) ?? []
    const field = first === '' ? undefined : wordsOfList(this.#names, this.#view).field(first)
    if (field !== undefined)
      throw notUnderstood(quote(text), `did you mean ${field}:${printValue(rest)}?`)
  }

  #measured(entry: ListEntry, measure: Measure<object>): number | undefined {
    return measure.of(entry.record)
  }

  /** The entries whose field is the value; where none is, those whose text has it within. */
  #is(field: string, given: string, not: boolean): ListEntry[] {
    if (given === '') return this.#empty(field, not)
    const value = this.#view.words?.[field]?.(foldCase(given)) ?? given
    const { is, isWithin } = searcherOf(value)
    const measure = this.#view.measures?.[field]
    const operand = measure && readOperand(value, measure.kind, this.#clock)
    const equal = this.#entries.filter((entry) => {
      if (leavesOf(entry.value(field)).some(is)) return true
      if (operand === undefined || measure === undefined) return false
      const measured = this.#measured(entry, measure)
      return measured !== undefined && sameMeasure(measure.kind, measured, operand)
    })
    if (value.includes('*')) {
      if (equal.length === 0) this.#sayNone(field, value, not)
      return equal
    }
    const within = this.#having(field, (leaf) => !isExact(leaf) && isWithin(leaf))
    if (equal.length > 0) {
      const exactly = new Set(equal)
      const longer = within.filter((entry) => !exactly.has(entry)).length
      if (longer > 0 && !not)
        this.hints.add(
          `${longer} more have ${asWord(value)} within their ${field}: ${field}:${printValue(`*${value}*`)}`
        )
      return equal
    }
    if (within.length > 0) {
      this.hints.add(
        `no ${field} is just ${quote(value)}: these have it within${not ? ', and are left out' : ''}`
      )
      return within
    }
    if (wordsForEmpty.test(value)) return this.#empty(field, not)
    const other = this.#otherReading(field, given, not)
    if (other !== undefined) return other
    this.#refuseValue(field, value)
    this.#sayNone(field, given, not)
    return []
  }

  #empty(field: string, not: boolean): ListEntry[] {
    const empty = this.#entries.filter((entry) => leavesOf(entry.value(field)).length === 0)
    if (empty.length === 0 && !not) this.hints.add(`every record has a ${field}`)
    return empty
  }

  /** A value that no record has, if it is several, or a condition that was not understood. */
  #otherReading(field: string, value: string, not: boolean): ListEntry[] | undefined {
    const parts = value.split(/\s*[,;|]\s*/).filter((part) => part !== '')
    if (parts.length > 1) {
      const isList = this.#having(field, (leaf) => leaf.includes(',')).length > 0
      const any = `${field} in (${parts.map(printValue).join(', ')})`
      if (!isList) return parts.flatMap((part) => this.#is(field, part, not))
      const all = parts.map((part) => `${field}:${printValue(part)}`).join(' ')
      throw notUnderstood(
        quote(`${field}:${value}`),
        `it can be read in two ways: ${all} for all of them, ${any} for any`
      )
    }
    const [, word, rest = ''] = /\s(and|or|not|-|!)\s*(\S.*)$/is.exec(value) ?? []
    const inside = /\s(\p{L}\w*)\s*(?:[:=!]=?|[<>])/u.exec(value)?.[1]
    if (inside !== undefined)
      throw notUnderstood(
        quote(value),
        `unknown field ${quote(inside)}${didYouMean(nearest(inside, [...this.#names])) || '; put a value in quotes'}`
      )
    if (word !== undefined)
      throw notUnderstood(
        quote(`${field}:${value}`),
        `say the field again, ${word.toLowerCase()} ${field}:${printValue(rest)}, or put the value in quotes`
      )
    return undefined
  }

  /** Refuses a value that the field never has: that nothing has it would be no finding. */
  #refuseValue(field: string, value: string): void {
    const values = this.#view.values?.[field]
    if (values === undefined || values.some((each) => foldCase(each) === foldCase(value))) return
    throw notUnderstood(
      quote(`${field}:${value}`),
      `${quote(value)} is not a valid ${field}${didYouMean(nearest(value, values)) || '.'} There is ${values.join(', ')}`
    )
  }

  #sayNone(field: string, value: string, not: boolean): void {
    const there = listed(this.#values(field))
    this.hints.add(
      not
        ? `no ${field} is ${quote(value)}, so none is left out${there}`
        : `no ${field} has ${quote(value)}${there}`
    )
  }

  /** Some values that records have in a field; none where they are shown on request alone. */
  #values(field: string): string[] {
    if (Object.hasOwn(onRequest, field)) return []
    const leaves = this.#entries.flatMap((entry) => leavesOf(entry.value(field)))
    const words = leaves.flatMap((leaf) => (/\s/.test(leaf) ? [leaf] : leaf.split(',')))
    return [...new Set(words)].filter((word) => word.length <= 40).slice(0, 8)
  }

  #compare(test: Exclude<FieldTest, { kind: 'is' }>): Set<ListEntry> {
    if (test.kind === 'age') return this.#byAge(test)
    const { field, by, value } = test
    const declared = this.#view.measures?.[field]
    const sample = this.#entries
      .map((entry) => measureOf(entry.value(field), value))
      .find((each) => each !== undefined)
    const kind = declared?.kind ?? sample?.kind
    if (kind === undefined)
      throw notUnderstood(
        quote(printFilter(test)),
        `${field} is text, which is not compared: ${field}:value or ${field}:a*`
      )
    const operand = operandOf(field, by, value, kind, this.#clock)
    const said = saidOf(field, by, value, operand, this.#clock)
    if (said !== undefined) this.hints.add(said)
    return this.#where((measured) => compares(measured, by, operand), field, value, declared)
  }

  #where(
    fits: (measured: number) => boolean,
    field: string,
    value: string,
    declared: Measure<object> | undefined
  ): Set<ListEntry> {
    let never = 0
    let unknown = 0
    const held = this.#entries.filter((entry) => {
      const measured =
        declared === undefined
          ? measureOf(entry.value(field), value)?.value
          : this.#measured(entry, declared)
      if (measured === undefined) unknown += 1
      if (measured === undefined || Number.isNaN(measured) || !fits(measured)) return false
      if (!Number.isFinite(measured)) never += 1
      return true
    })
    if (never > 0)
      this.hints.add(
        `${never} of them ${never === 1 ? 'has' : 'have'} ${declared?.none ?? `no ${field}`}, which counts as older than any`
      )
    if (declared !== undefined && unknown > 0)
      this.hints.add(`of ${unknown} the ${field} is unknown, so they are not among them`)
    return new Set(held)
  }

  #byAge({ field: named, by, value }: Extract<FieldTest, { kind: 'age' }>): Set<ListEntry> {
    const field = named ?? this.#view.time
    if (field === undefined)
      throw notUnderstood(quote(`${by}:${value}`), 'this list has no time to go by: name a field')
    const declared = this.#view.measures?.[field]
    const sample = this.#entries
      .map((entry) => measureOf(entry.value(field), 'today'))
      .find((each) => each?.kind === 'time')
    const kind = declared?.kind ?? sample?.kind
    if (kind !== 'time' && kind !== 'age')
      throw notUnderstood(quote(`${field} ${by} ${value}`), `${field} is not a time field`)
    const age = readOperand(value, 'age', this.#clock)
    if (age === undefined)
      throw notUnderstood(quote(`${by}:${value}`), `write a duration: ${by}:7d, ${by}:2h`)
    const limit = kind === 'age' ? age.from : this.#clock.now / 1000 - age.from
    const isUp = (kind === 'age') === (by === 'older')
    if (named === undefined) this.hints.add(`${by} by ${field}`)
    return this.#where(
      (measured) => (isUp ? measured > limit : measured < limit),
      field,
      'today',
      declared
    )
  }
}

const shownPart = (part: Filter): string =>
  part.kind === 'word' ? quote(part.text) : shownFilter(part)

/**
 * The entries that meet a filter.
 * @throws {BridgeError} INVALID_ARGUMENT where it is not understood
 */
export function applyFilter(
  entries: readonly ListEntry[],
  filter: string,
  view: AnyView,
  clock: FilterClock
): Filtered {
  if (entries.length === 0) return { entries: [], hints: [] }
  const names = [...new Set(entries.flatMap((entry) => entry.names))]
  const parsed = parseFilter(filter, wordsOfList(names, view))
  const evaluation = new Evaluation(entries, names, view, clock)
  const found = evaluation.run(parsed)
  const hints = [...evaluation.hints]
  const phrase =
    parsed.kind === 'is' && !/[:=]/.test(filter) && wordsOfList(names, view).phrase?.(filter)
  if (phrase) hints.unshift(`read as ${printFilter(phrase)}`)
  return { entries: entries.filter((entry) => found.has(entry)), hints }
}

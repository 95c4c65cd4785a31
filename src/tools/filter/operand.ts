import { parseDuration } from '../../lib/time/duration.ts'
import { quote } from '../../lib/text/quote.ts'
import { exactBytes, formatDuration, parseBytes } from '../../lib/text/units.ts'
import type { Measure } from '../../views/list-view.ts'
import type { Comparison } from './filter.ts'
import { notUnderstood } from './parse.ts'
import { type FilterClock, needsZone, parseTime } from './times.ts'

/** What values are compared with: from the first to before the last, both the same where it is a point. */
export interface Operand {
  from: number
  to: number
}

const point = (at: number): Operand => ({ from: at, to: at })

const plainNumber = /^-?\d+(?:\.\d+)?$/

/** A smaller number without a unit is none of bytes. */
const leastBytes = 1024 ** 2

/** What a value says in this measure; undefined where it says nothing in it. */
export function readOperand(
  value: string,
  kind: Measure<object>['kind'],
  clock: FilterClock
): Operand | undefined {
  const text = value.trim()
  if (kind === 'time') return parseTime(text, clock)
  if (kind === 'age') {
    const ms = parseDuration(text)
    return ms === undefined ? undefined : point(ms / 1000)
  }
  const number = plainNumber.test(text.replace(/\s*%$/, '')) ? Number.parseFloat(text) : undefined
  if (kind === 'number') return number === undefined ? undefined : point(number)
  const size =
    parseBytes(text) ?? (number !== undefined && number >= leastBytes ? number : undefined)
  return size === undefined ? undefined : point(size)
}

/** What to write instead of a value that says nothing in the measure of its field. */
function advice(
  field: string,
  by: Comparison,
  value: string,
  kind: Measure<object>['kind']
): string {
  const duration = parseDuration(value)
  switch (kind) {
    case 'bytes':
      return plainNumber.test(value)
        ? `a size needs its unit: did you mean ${field}${by}${value}GB?`
        : `${field} is a size: ${field}${by}8GB`
    case 'number':
      return `${field} is a number: ${field}${by}80`
    case 'age':
      return plainNumber.test(value)
        ? `a duration needs its unit: did you mean ${field}${by}${value}d?`
        : `${field} is a duration: ${field}${by}7d`
    case 'time':
      return duration === undefined
        ? `${field} is a time: ${field}${by}2026-11-28 or ${field}${by}yesterday`
        : `it can be read in two ways: write ${field} older ${value} or ${field} newer ${value}`
  }
}

/**
 * The operand of a comparison.
 * @throws {BridgeError} INVALID_ARGUMENT with what to write instead
 */
export function operandOf(
  field: string,
  by: Comparison,
  value: string,
  kind: Measure<object>['kind'],
  clock: FilterClock
): Operand {
  const operand = readOperand(value, kind, clock)
  if (operand !== undefined) return operand
  throw notUnderstood(quote(`${field}${by}${value}`), advice(field, by, value, kind))
}

/** Whether a measured value compares so: more than a day is after its end. */
export function compares(measured: number, by: Comparison, { from, to }: Operand): boolean {
  switch (by) {
    case '<':
      return measured < from
    case '>=':
      return measured >= from
    case '>':
      return to > from ? measured >= to : measured > from
    case '<=':
      return to > from ? measured < to : measured <= from
  }
}

/** How a time was understood, where the zone or the length of a day decided it; undefined for others. */
export function saidOf(
  field: string,
  by: Comparison,
  value: string,
  { from, to }: Operand,
  { zone }: FilterClock
): string | undefined {
  if (!needsZone(value)) return undefined
  const at = by === '>' || by === '<=' ? to : from
  const side = by === '>' || by === '>=' ? 'from' : 'before'
  return `${field}${by}${value} is ${side} ${zone.text(at * 1000).slice(0, 16)} ${zone.zone}`
}

/** Text of a record as a measure, for lists that declare none: `4 GiB`, `80 %`, `12 d`, ISO 8601. */
export function measureOf(
  value: unknown,
  wanted: string
): { kind: Measure<object>['kind']; value: number } | undefined {
  if (typeof value === 'number') {
    if (parseBytes(wanted) !== undefined) return { kind: 'bytes', value }
    if (/^\d{4}-|today|yesterday|ago$/i.test(wanted))
      return { kind: 'time', value: value > 1e11 ? value / 1000 : value }
    return { kind: 'number', value }
  }
  if (typeof value !== 'string') return undefined
  if (plainNumber.test(value.replace(/\s*%$/, '')))
    return { kind: 'number', value: Number.parseFloat(value) }
  const size = parseBytes(value)
  if (size !== undefined) return { kind: 'bytes', value: size }
  const ms = parseDuration(value)
  if (ms !== undefined) return { kind: 'age', value: ms / 1000 }
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value)) return undefined
  return { kind: 'time', value: Date.parse(value) / 1000 }
}

/** A measured value as equality shows it: two are the same where a reader sees the same. */
export const sameMeasure = (
  kind: Measure<object>['kind'],
  measured: number,
  { from, to }: Operand
): boolean => {
  if (kind === 'time') return measured >= from && (to > from ? measured < to : measured === from)
  if (!Number.isFinite(measured)) return false
  if (kind === 'age') return formatDuration(measured) === formatDuration(from)
  return measured === from || (kind === 'bytes' && exactBytes(measured) === exactBytes(from))
}

import { Type } from '@sinclair/typebox'
import { BridgeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { didYouMean } from '../schema-problems.ts'
import { StringEnum } from './schemas.ts'

/** Arguments every list tool takes. */
export const listArguments = {
  filter: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'a word found in any field (any case), or field:value, for example state:RUNNING'
    })
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'most items to return; default all' })
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      default: 0,
      description: 'items to skip; next_offset of the last answer'
    })
  ),
  detail: Type.Optional(
    StringEnum(['summary', 'full'], 'full: every field of each record; default summary')
  )
}

export interface ListArguments {
  filter?: string
  limit?: number
  offset?: number
  detail?: 'summary' | 'full'
}

export interface ListAnswer {
  total: number
  returned: number
  items: Record<string, unknown>[]
  next_offset?: number
  hint?: string
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)

/** Keeps the records whose short form has the word, or whose field has the value. */
function matches(record: Record<string, unknown>, filter: string): boolean {
  const wanted = filter.toLowerCase()
  const [field, ...rest] = filter.split(':')
  const key = Object.keys(record).find((name) => name.toLowerCase() === field?.trim().toLowerCase())
  if (rest.length > 0 && key !== undefined)
    return asText(record[key]).toLowerCase().includes(rest.join(':').trim().toLowerCase())
  return Object.values(record).some((value) => asText(value).toLowerCase().includes(wanted))
}

/**
 * Why a filter found nothing: the field is none (then the nearest one), or no record has the value
 * (then the values there are). A reader who takes "nothing found" for an answer would be misled.
 */
function emptyHint(records: Record<string, unknown>[], filter: string): string {
  const [field = '', ...rest] = filter.split(':')
  const names = Object.keys(records[0] ?? {})
  if (rest.length > 0 && names.length > 0) {
    const key = names.find((name) => name.toLowerCase() === field.trim().toLowerCase())
    if (key === undefined)
      return `"${field}" is no field${didYouMean(nearest(field.trim(), names)) || '.'} Fields: ${names.join(', ')}`
    const values = [...new Set(records.map((record) => asText(record[key])))]
    const shown = values.filter((value) => value !== '' && value.length <= 40).slice(0, 8)
    if (shown.length > 0) return `no ${key} has "${rest.join(':')}"; there is ${shown.join(', ')}`
  }
  return `nothing has "${filter}": try a shorter word, or leave filter out to see all`
}

/**
 * Shapes records into the answer of a list tool: filter, page, and the short or full form.
 * `summarise` picks what an operator acts on, under the cluster's own names. Nothing found is no
 * error: total 0 and a hint.
 * @throws {BridgeError} INVALID_ARGUMENT for an offset past the end.
 */
export function listAnswer<T extends object>(
  records: T[],
  { filter, limit, offset = 0, detail = 'summary' }: ListArguments,
  summarise: (record: T) => Record<string, unknown> = (record) => ({ ...(record as object) })
): ListAnswer {
  const all = records.map((record) => ({ record, short: summarise(record) }))
  const entries = all.filter(({ short }) => filter === undefined || matches(short, filter.trim()))
  const total = entries.length
  if (offset > 0 && offset >= total)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `offset is ${offset}, but there are only ${total} items: use an offset from 0 to ${Math.max(total - 1, 0)}`
    )
  const end = limit === undefined ? total : Math.min(offset + limit, total)
  const items = entries
    .slice(offset, end)
    .map(({ record, short }) => (detail === 'full' ? { ...(record as object) } : short))
  return {
    total,
    returned: items.length,
    items,
    ...(end < total ? { next_offset: end } : {}),
    ...(total === 0 && filter !== undefined
      ? {
          hint: emptyHint(
            all.map(({ short }) => short),
            filter
          )
        }
      : {})
  }
}

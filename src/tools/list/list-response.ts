import { type Static, type TObject, Type } from '@sinclair/typebox'
import { BridgeError } from '../../lib/errors/errors.ts'
import { defaultMaxTokens } from '../../views/text/token-budget.ts'
import type { ResponseForm } from '../../views/text/text-form.ts'
import type { ListView } from '../../views/list-view.ts'
import { ListEntry } from './list-entry.ts'
import { namedFields } from './named-fields.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { ZonedTime } from '../../views/zoned-time.ts'
import type { FilterClock } from '../filter/times.ts'
import { applyFilter } from './list-filter.ts'
import { StringEnum, type ListResponse } from '../schemas.ts'
import { columnsOf, tableRow } from '../../views/text/text-form.ts'
import { pieceTokens } from '../../views/text/token-estimate.ts'

/** What `max_tokens` may be, wherever it is taken. */
export const maxTokensRange = { minimum: 200, maximum: 100_000 }

/** Arguments that say which part of a list is shown. */
export const pageArguments = {
  fields: Type.Optional(
    Type.Array(Type.String({ maxLength: 100 }), {
      maxItems: 60,
      description: 'only these'
    })
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      'x-hide-range': true,
      description: 'max',
      'x-hint': 'how many on a page; offset is where it begins'
    })
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'next_offset',
      'x-hint': 'items to skip, from 0; limit says how many on a page',
      'x-misnomers': '^page(?:no|num|number|index)?$'
    })
  ),
  max_tokens: Type.Optional(
    Type.Integer({
      ...maxTokensRange,
      'x-hide-range': true,
      'x-unlisted': true,
      default: defaultMaxTokens
    })
  )
}

/** Arguments every list tool takes. */
export const listArguments = {
  filter: Type.Optional(
    Type.String({
      maxLength: 500,
      description: 'name, or field:value',
      'x-filter': true,
      'x-example': '"state:RUNNING tags:prod"'
    })
  ),
  fields: pageArguments.fields,
  limit: pageArguments.limit,
  offset: pageArguments.offset,
  detail: Type.Optional(
    StringEnum(['summary', 'full'], 'summary or full', {}, { 'x-unlisted': true })
  ),
  max_tokens: pageArguments.max_tokens
}

/** The same for lists of few fields, of which all are seldom asked for. */
export const shortListArguments = {
  ...listArguments,
  fields: Type.Optional(
    Type.Array(Type.String({ maxLength: 100 }), {
      maxItems: 60,
      'x-unlisted': true,
      description: 'only these'
    })
  )
}

export type ListArguments = Static<TObject<typeof listArguments>>

type Fields = Record<string, unknown>

/** Which fields the items have; undefined for the whole record. */
function chooseFields<T extends object, F extends object>(
  entry: ListEntry,
  { fields = [], detail }: ListArguments,
  form: ResponseForm,
  { summary, columns = summary, aliases }: ListView<T, F>
): readonly string[] | undefined {
  if (fields.length > 0) return namedFields(fields, entry, aliases)
  if (detail === 'full') return undefined
  return (form === 'json' ? summary : columns) ?? Object.keys(entry.described)
}

/** Without the fields that none of the records has. */
const existingFields = (
  fields: readonly string[] | undefined,
  entries: ListEntry[]
): readonly string[] | undefined =>
  fields?.filter((name) => entries.some((entry) => entry.value(name) !== undefined))

/** Room for what stands around the items: total, hint, notes. */
const headTokens = 60

/**
 * The entries from the first on that fit into `maxTokens` in this form: at least one, and none in part. The
 * others are not rendered.
 */
function takeWithinBudget(
  entries: ListEntry[],
  fields: readonly string[] | undefined,
  form: ResponseForm,
  maxTokens: number
) {
  const shape = (entry: ListEntry): Fields =>
    fields === undefined
      ? { ...entry.record }
      : Object.fromEntries(fields.map((name) => [name, entry.value(name)]))
  // A table is never the larger one of the two.
  const isTable = form === 'text'
  const columns = fields ?? (isTable ? columnsOf(entries.map(({ record }) => record)) : [])
  const write = (item: Fields): string =>
    isTable ? `\n${tableRow(columns, item)}` : `,${JSON.stringify(item)}`
  let tokens = headTokens + (isTable ? pieceTokens(columns.join('\t')) : 0)
  const items: Fields[] = []
  for (const entry of entries) {
    const item = shape(entry)
    tokens += pieceTokens(write(item))
    if (tokens > maxTokens && items.length > 0) break
    items.push(item)
    if (tokens > maxTokens) break
  }
  return { items, tokens, tooLarge: items.length === 1 && tokens > maxTokens }
}

/**
 * Shapes records into the response of a list tool: filter, page, the fields that are asked for, and no more
 * records than fit `max_tokens` in the form the response will have. Nothing found is not an error: total 0 and
 * a hint.
 * @param clock what dates of the filter are read by; those without a zone as UTC unless it says otherwise
 * @throws {BridgeError} INVALID_ARGUMENT for an offset past the end, a field that is none, or a filter
 * that is not understood.
 */
export function listResponse<T extends object, F extends object = T>(
  records: readonly T[],
  args: ListArguments,
  form: ResponseForm,
  view: ListView<T, F> = {},
  clock: FilterClock = { now: unixMs(), zone: new ZonedTime(undefined) }
): ListResponse {
  const { limit = Infinity, offset = 0, max_tokens: maxTokens = defaultMaxTokens } = args
  const filter = args.filter?.trim() || undefined
  const { describe } = view
  const all = records.map((record) => {
    const fields = record as Fields
    return new ListEntry(fields, () =>
      describe === undefined ? fields : (describe(record) as Fields)
    )
  })
  const { entries, hints: found } =
    filter === undefined
      ? { entries: all, hints: [] }
      : applyFilter(all, filter, view as ListView<object, object>, clock)
  const total = entries.length
  if (offset > 0 && offset >= total)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `offset is ${offset}, but there are only ${total} items: use an offset from 0 to ${Math.max(total - 1, 0)}`
    )
  const page = entries.slice(offset, offset + limit)
  const chosen = all[0] && chooseFields(all[0], args, form, view)
  const fields = args.fields?.length ? chosen : existingFields(chosen, page)
  const { items, tokens, tooLarge } = takeWithinBudget(
    page,
    fields,
    form,
    maxTokens - pieceTokens(found.join('; '))
  )
  const end = offset + items.length
  const hints = [
    ...found,
    ...(tooLarge
      ? [`this one is about ${Math.ceil(tokens)} tokens, more than max_tokens: name fields`]
      : []),
    ...(end < total ? [`next: offset ${end}, or narrow with filter`] : [])
  ]
  return {
    total,
    returned: items.length,
    items,
    ...(end < total ? { next_offset: end } : {}),
    ...(hints.length > 0 ? { hint: hints.join('; ') } : {})
  }
}

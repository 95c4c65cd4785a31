import { isObject } from '../../lib/json/json.ts'
import { SharedViews } from '../../lib/flow/shared-views.ts'
import { asShown } from '../../lib/text/visible-text.ts'
import { quoteText } from '../../lib/text/quote.ts'

/** JSON, compact text made for a model, or that text and JSON beside it, of which some clients show the model either. */
export type ResponseForm = 'json' | 'text' | 'text and json'

/** Records that are larger are cut before. */
const maxDataLength = 2000

type Fields = Record<string, unknown>

const isRecordList = (value: unknown): value is Fields[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject)

/** `name=value` for each field that has a value. */
const group = (record: Fields): string =>
  Object.entries(record)
    .map(([name, value]) => [name, textValue(value)])
    .filter(([, text]) => text !== '-')
    .map(([name, text]) => `${name}=${text}`)
    .join(' ')

/**
 * A value as text, by the one rule that holds everywhere: tabs and line breaks become a space, control
 * characters and others that cannot be seen are written by their code (`\u202e`), links, images and
 * tags are broken, nothing (`""`, `null`, an empty list) is `-`, the words of a list are joined by commas,
 * and a record within a value is a group `(name=value name=value)` of the fields that have one.
 */
export function textValue(value: unknown): string {
  if (value === undefined || value === null) return '-'
  if (Array.isArray(value)) {
    if (value.length === 0) return '-'
    return value.map(textValue).join(isRecordList(value) ? ' ' : ',')
  }
  if (isObject(value)) {
    const fields = group(value)
    return fields === '' ? '-' : `(${fields})`
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return asShown(text) || '-'
}

/** Text that people wrote, for the line of a card: in quotes, so that it is seen to be data; `-` for none. */
export const dataValue = (text: string): string =>
  text.trim() === '' ? '-' : quoteText(text, maxDataLength)

/** One line of a table: the values of these columns, split by tabs. */
export const tableRow = (columns: readonly string[], record: Fields): string =>
  columns.map((column) => textValue(record[column])).join('\t')

/** Every name that one of the records has, in the order they come. */
export const columnsOf = (records: readonly object[]): string[] => [
  ...new Set(records.flatMap((record) => Object.keys(record)))
]

/** Of lists and records that are shared. */
const linesOf = new SharedViews<readonly string[]>()

/** A table: one line of headings, one line a record. */
const table = (records: Fields[]): readonly string[] =>
  linesOf.of(records, 'table', () => tableOf(records))

function tableOf(records: Fields[]): string[] {
  const columns = columnsOf(records)
  if (columns.length === 0) return []
  return [columns.join('\t'), ...records.map((record) => tableRow(columns, record))]
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)

/** One `name: value` line a field; records within it as an indented table, or as `name=value` groups. */
export const recordText = (record: Fields): readonly string[] =>
  linesOf.of(record, 'record', () => linesOfRecord(record))

function linesOfRecord(record: Fields): string[] {
  return Object.entries(record).flatMap(([name, value]) => {
    if (isRecordList(value)) return [`${name}:`, ...indented(table(value))]
    if (isObject(value))
      return Object.values(value).some(isRecordList)
        ? [`${name}:`, ...indented(recordText(value))]
        : [`${name}: ${group(value) || '-'}`]
    return [`${name}: ${textValue(value)}`]
  })
}

interface ListShape {
  total: number
  returned: number
  items: Fields[]
  next_offset?: number
  hint?: string
}

const isList = (response: Fields): response is Fields & ListShape =>
  Array.isArray(response['items']) && 'total' in response

/** How many there are and which are shown, what comes next, and what else is to be said. */
function listHead(list: ListShape & Fields): string {
  const { total, returned, items: _, next_offset, hint, notes, ...rest } = list
  const end = next_offset ?? total
  const shown = returned > 0 ? `, shown ${end - returned + 1}-${end}` : ''
  const said = Object.entries(rest).map(([name, value]) => `${name}: ${textValue(value)}`)
  const hints = hint === undefined ? [] : [textValue(hint)]
  return [`total ${total}${shown}`, ...hints, ...said, ...noteLines(notes)].join('; ')
}

/** One line a note; how a call was understood is said whatever the response looks like. */
export const noteLines = (notes: unknown): string[] =>
  Array.isArray(notes) ? notes.map((note) => `note: ${textValue(note)}`) : []

/**
 * The response of a tool as compact text. A list is one line that says how many there are and which are
 * shown, then a table: a line of headings, a line a record, columns split by tabs. A record is one
 * `name: value` line a field. No quotes and no JSON; `textValue` has the rule for values.
 */
export function responseText(response: unknown): string {
  if (!isObject(response)) return response === undefined ? 'OK' : textValue(response)
  if (!isList(response)) {
    const { notes, ...record } = response
    return [...recordText(record), ...noteLines(notes)].join('\n')
  }
  return [listHead(response), ...table(response.items)].join('\n')
}

import { asWord } from '../../lib/text/quote.ts'

export type Comparison = '<' | '<=' | '>' | '>='

/** A condition on a field. */
export type FieldTest =
  /** One of the values; `""` is that the field is empty, `*` in a value any text. */
  | { kind: 'is'; field: string; values: string[] }
  | { kind: 'compare'; field: string; by: Comparison; value: string }
  /** By how long ago the field was; without a field, the one that a list goes by. */
  | { kind: 'age'; field?: string; by: 'older' | 'newer'; value: string }

/** What a filter says, as src/tools/filter/parse.ts reads it. */
export type Filter =
  | { kind: 'and' | 'or'; of: Filter[] }
  | { kind: 'not'; of: Filter }
  /** Text that any field may have; `quoted` where it cannot have been meant as a condition. */
  | { kind: 'word'; text: string; quoted?: true }
  | FieldTest

/** Several as one: without layers of the same kind, and without a layer around a single one. */
export function joined(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const of = parts.flatMap((part) => (part.kind === kind ? part.of : [part]))
  const [only] = of
  return of.length === 1 && only !== undefined ? only : { kind, of }
}

/** The opposite; that of an opposite is the thing itself. */
export const negated = (filter: Filter): Filter =>
  filter.kind === 'not' ? filter.of : { kind: 'not', of: filter }

/** Words of the grammar: as a value they stand in quotes. */
const reserved = /^(?:and|or|not)$/i

const isPlain = (text: string): boolean =>
  /^[\w.*%/@][\w.*:%/@+-]*$/.test(text) && !reserved.test(text)

/** A value as the grammar reads it back. */
export const printValue = (value: string): string =>
  isPlain(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`

/** With `any:` before it, or it would be taken for the rest of a value before it. */
const printWord = (text: string): string => `any:${printValue(text)}`

const printTest = (test: FieldTest, not: boolean): string => {
  if (test.kind === 'compare')
    return `${not ? 'not ' : ''}${test.field}${test.by}${printValue(test.value)}`
  if (test.kind === 'age') {
    const name = test.field === undefined ? `${test.by}:` : `${test.field} ${test.by} `
    return `${not ? 'not ' : ''}${name}${printValue(test.value)}`
  }
  const [value = '', ...more] = test.values
  if (more.length === 0) return `${test.field}${not ? '!=' : ':'}${printValue(value)}`
  return `${test.field} ${not ? 'not ' : ''}in (${test.values.map(printValue).join(', ')})`
}

const isTest = (filter: Filter): filter is FieldTest =>
  filter.kind === 'is' || filter.kind === 'compare' || filter.kind === 'age'

/** A filter in the words of the grammar; read again it is the same. */
export function printFilter(filter: Filter): string {
  if (isTest(filter)) return printTest(filter, false)
  if (filter.kind === 'word') return printWord(filter.text)
  if (filter.kind === 'not') {
    const { of } = filter
    if (isTest(of)) return printTest(of, true)
    return of.kind === 'word' ? `not ${printFilter(of)}` : `not (${printFilter(of)})`
  }
  if (filter.kind === 'or') return filter.of.map(printFilter).join(' or ')
  return filter.of
    .map((part) => (part.kind === 'or' ? `(${printFilter(part)})` : printFilter(part)))
    .join(' and ')
}

/** A filter for a sentence: no longer than one takes. */
export const shownFilter = (filter: Filter): string => {
  const text = printFilter(filter)
  return text.length <= 120 ? text : asWord(text)
}

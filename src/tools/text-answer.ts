import type { Tool } from './define-tool.ts'

const cell = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '-'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll(/[\t\r\n]+/g, ' ')
}

const isList = (answer: unknown): answer is { total: number; items: Record<string, unknown>[] } =>
  typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items)

/** A table: one header line, one line a record, columns split by tabs, `-` for nothing. */
function table(records: Record<string, unknown>[]): string[] {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))]
  if (columns.length === 0) return []
  return [
    columns.join('\t'),
    ...records.map((record) => columns.map((column) => cell(record[column])).join('\t'))
  ]
}

/** The answer of a tool as text, in the tool's own way or the general one. */
export const answerText = (tool: Tool, answer: unknown): string =>
  tool.text !== undefined && typeof answer === 'object' && answer !== null
    ? tool.text(answer as Record<string, unknown>)
    : textAnswer(answer)

/** The answer of a tool as compact text: a table for lists, one `name: value` line a field else. */
export function textAnswer(answer: unknown): string {
  if (isList(answer)) {
    const { items, ...rest } = answer
    const summary = Object.entries(rest).map(([name, value]) => `${name} ${cell(value)}`)
    return [summary.join(', '), ...table(items)].join('\n')
  }
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer))
    return Object.entries(answer)
      .map(([name, value]) => `${name}: ${cell(value)}`)
      .join('\n')
  return typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? 'OK')
}

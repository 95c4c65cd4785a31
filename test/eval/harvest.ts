import type { ResponseForm } from '../../src/views/text/text-form.ts'

/** An id as it stood in an answer, with the call that was answered. */
export interface Found {
  value: string
  /** The field it stood in; empty in text. */
  field: string
  tool: string
  args: Record<string, unknown>
}

const uuids = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g
const addresses = /\b(?:smb|https?):\/\/[^\s"'<>|,;]+/g
const definitionFiles = /\b[\w.-]+\.xml\b/g
const apiPaths = /(?<=[\s"'`]|^)\/[A-Z]\w+(?=[\s"'`,;.?]|$)/gm
/** `taskTag: 12`, `taskTag 12`, `task 12`. */
const namedTasks = /\btask(?:Tag)?[:\s"]+(\d+)\b/gi

/** The values of a column, where a line of the text is the head of a table with that column. */
function columnOf(text: string, name: string): string[] {
  const lines = text.split('\n').map((line) => line.split(/\t| \| /))
  const head = lines.findIndex((cells) => cells.some((cell) => cell.trim() === name))
  const at = lines[head]?.findIndex((cell) => cell.trim() === name) ?? -1
  return at === -1 ? [] : lines.slice(head + 1).flatMap((cells) => cells[at]?.trim() ?? [])
}

/** What a reader of a text can take for an id: by its form, or by the word it stands behind. */
export function idsInText(text: string): string[] {
  const tasks = [...text.matchAll(namedTasks)].map(([, tag = '']) => tag)
  const column = columnOf(text, 'taskTag').filter((tag) => /^\d+$/.test(tag))
  const others = [uuids, addresses, definitionFiles, apiPaths].flatMap(
    (form) => text.match(form) ?? []
  )
  return [...new Set([...others, ...tasks, ...column])]
}

/** Fields that hold an id, and what holds a path of the API. */
const idField = /(?:uuid|uuids|tag|uri|filename|path)$/i

/** An id and the field it stands in. */
export type Id = Pick<Found, 'value' | 'field'>

/** What a program takes for an id: by the name of the field, in whatever depth. */
export function idsInJson(answer: unknown, field = ''): Id[] {
  if (typeof answer === 'string')
    return answer !== '' && idField.test(field) ? [{ value: answer, field }] : []
  if (Array.isArray(answer)) return answer.flatMap((each) => idsInJson(each, field))
  if (typeof answer !== 'object' || answer === null) return []
  return Object.entries(answer).flatMap(([name, value]) => idsInJson(value, name))
}

export const idsIn = (form: ResponseForm, answer: { text: string; body: unknown }): Id[] =>
  form === 'text'
    ? idsInText(answer.text).map((value) => ({ value, field: '' }))
    : idsInJson(answer.body)

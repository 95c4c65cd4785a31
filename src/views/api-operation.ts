import type { DetailedOperation } from '../catalog/search/operation-detail.ts'
import type { Allowance } from '../policy/allowance.ts'
import { recordText, responseText, textValue } from './text/text-form.ts'

type Fields = Record<string, unknown>

/** A heading with a line for each name, or nothing. */
function named(heading: string, fields: object | null | undefined): string[] {
  const entries = Object.entries(fields ?? {})
  if (entries.length === 0) return []
  return [heading, ...entries.map(([name, value]) => `  ${name}: ${textValue(value)}`)]
}

/** What is sent is JSON: it is shown as it has to be sent. */
const sentAs = (heading: string, body: unknown): string[] =>
  body === undefined ? [] : [`${heading}: ${JSON.stringify(body)}`]

type FoundEntry = Partial<DetailedOperation> & Allowance

function operationLines(operation: FoundEntry): string[] {
  const { method, path, effect, tool, description, response, note, quirks = [] } = operation
  const { restriction } = operation
  const lines = [
    textValue(description),
    ...named('query:', operation.query_parameters),
    ...named('body:', operation.request_body),
    ...sentAs('example', operation.example),
    ...(response === null ? [] : [`returns ${textValue(response)}`]),
    ...named('response fields:', operation.response_fields),
    ...named('errors:', operation.errors),
    ...(quirks.length === 0 ? [] : [`quirks: ${textValue(quirks)}`]),
    ...(note === undefined ? [] : [`note: ${textValue(note)}`])
  ]
  const head = `${method} ${path} (${effect}${tool === undefined ? '' : `; tool ${tool}`})`
  const mark = restriction === undefined ? '' : ` (${restriction})`
  return [head + mark, ...lines.map((line) => `  ${line}`)]
}

/** Found endpoints, each as a heading and what a call needs to know. */
export function foundText(response: Fields): string {
  const found = response['available_paths'] as FoundEntry[]
  const { available_paths: _, ...rest } = response
  return [
    ...(found.length === 0 ? ['nothing found'] : found.flatMap(operationLines)),
    ...recordText(rest)
  ].join('\n')
}

/** A raw call: a single record of the body as lines, several as a table, a request as it is sent. */
export function rawCallText({ request, body, ...rest }: Fields): string {
  const [only, ...others] = Array.isArray(body) ? (body as unknown[]) : []
  const isOne = typeof only === 'object' && only !== null && others.length === 0
  const shown = body === undefined ? {} : { body: isOne ? only : body }
  if (typeof request !== 'object' || request === null) return responseText({ ...rest, ...shown })
  const { body: sent, ...call } = request as Fields
  return [responseText({ ...rest, ...call }), ...sentAs('body', sent)].join('\n')
}

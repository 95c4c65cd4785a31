import type { Operation } from '../catalog/load.ts'
import type { IncomingCall } from './received-call.ts'

/** A request the API refuses before it looks at its meaning: lines for the 400 of FACTS 3.4. */
export class BadRequest extends Error {
  readonly place: string
  readonly problems: string[]

  /** `place` is `path`, `query`, `header` or `body`. */
  constructor(place: string, problems: string[]) {
    super(problems.join('; '))
    this.place = place
    this.problems = problems
  }
}

const maxBodyBytes = 32 * 1024 * 1024

async function readAll(request: IncomingCall): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > maxBodyBytes) throw new BadRequest('body', ['Request body is too large'])
  }
  return Buffer.concat(chunks)
}

/**
 * The parsed JSON body of a call; undefined where the operation takes none or takes a stream, which
 * stays unread. A missing one is `{}` where it may be missing. Throws BadRequest for a wrong content
 * type, a missing body and malformed JSON.
 */
export async function readBody(
  request: IncomingCall,
  operation: Operation,
  mayBeMissing: boolean
): Promise<unknown> {
  if (operation.body === undefined) return undefined
  const wanted = operation.body.contentType
  const given = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const refuse = new BadRequest('body', [
    `Content-Type not allowed: ${given ?? '(none)'}, expected ${wanted}`
  ])
  if (wanted !== 'application/json') {
    if (given !== wanted) throw refuse
    return undefined
  }
  const bytes = await readAll(request)
  if (bytes.length === 0 && mayBeMissing) return {}
  if (bytes.length === 0) throw new BadRequest('body', ['Request body is missing'])
  if (given !== wanted) throw refuse
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    throw new BadRequest('body', ['Request body is not valid JSON'])
  }
}

const queryTypes: Record<string, RegExp> = {
  boolean: /^(true|false)$/,
  integer: /^-?\d+$/
}

/** Those of the required parameters in `place` that are missing, in words. */
const missing = (operation: Operation, place: string, has: (name: string) => boolean): string[] =>
  operation.parameters
    .filter((parameter) => parameter.in === place && parameter.required && !has(parameter.name))
    .map(({ name }) => `Required ${place} parameter is missing: ${name}`)

/**
 * Refuses query parameters that the operation does not define (FACTS 3.1, O), wrong values and
 * missing required ones; then missing headers, such as the Content-Length of an upload.
 */
export function checkParameters(
  operation: Operation,
  query: URLSearchParams,
  request: IncomingCall
): void {
  const problems: string[] = []
  const defined = operation.parameters.filter((parameter) => parameter.in === 'query')
  for (const [name, value] of query) {
    const schema = defined.find((parameter) => parameter.name === name)?.schema
    if (schema === undefined) problems.push(`Query parameter not allowed: ${name}`)
    else if (queryTypes[schema.type ?? '']?.test(value) === false)
      problems.push(`Value of ${name} must be of type ${schema.type}`)
  }
  problems.push(...missing(operation, 'query', (name) => query.has(name)))
  if (problems.length > 0) throw new BadRequest('query', problems)
  const headers = missing(operation, 'header', (name) => name.toLowerCase() in request.headers)
  if (headers.length > 0) throw new BadRequest('header', headers)
}

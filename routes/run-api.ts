import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/errors.ts'
import { parseApiPath, parseMethod } from '../src/hypercore/api-path.ts'
import { defineTool, destructive } from '../src/tools/define-tool.ts'
import { Input } from '../src/tools/schemas.ts'

const sessionPaths = ['/login', '/logout']

/** The payload as a JSON value; text is taken as JSON, because some clients can send only that. */
function parsePayload(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload
  if (payload.trim() === '') return undefined
  try {
    return JSON.parse(payload) as unknown
  } catch {
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'payload is text but not valid JSON: send an object, an array, or JSON text such as {"name": "web-01"}'
    )
  }
}

export const runApi = defineTool({
  name: 'run_api',
  title: 'Call any endpoint of the HyperCore API',
  description:
    'Sends one call to the HyperCore API as it is: query is the path below /rest/v1 (with its query ' +
    'string), method the HTTP method, payload the JSON body. Use it only where no other tool does the ' +
    'job; query_api finds path and body. Answers status and body. Can change or delete anything.',
  tag: 'api',
  annotations: destructive,
  input: Input({
    query: Type.String({
      minLength: 1,
      maxLength: 2000,
      description:
        'path below /rest/v1, for example /VirDomain or /Condition/filter?includeSet=true'
    }),
    method: Type.String({
      minLength: 1,
      maxLength: 10,
      description: 'GET, POST, PATCH, PUT or DELETE'
    }),
    payload: Type.Optional(
      Type.Unsafe<Record<string, unknown> | unknown[] | string | null>({
        // Published as an object; clients that can send more may.
        'x-published-type': 'object',
        type: ['object', 'array', 'string', 'null'],
        description: 'JSON body; an array or JSON text is also accepted'
      })
    )
  }),
  output: Type.Object({
    status: Type.Integer({ description: 'HTTP status of the cluster' }),
    body: Type.Unsafe<unknown>({ type: 'object', description: 'body of the answer, as it came' })
  }),

  async run({ hypercore, catalog, signal }, { query: given, method: verb, payload }) {
    const method = parseMethod(verb)
    const { path, query } = parseApiPath(given)
    if (sessionPaths.includes(path.toLowerCase()))
      throw new BridgeError(
        'PATH_REFUSED',
        `run_api does not call ${path}: the bridge holds the session itself. Use generate_session, get_session or kill_session`
      )
    const operation = catalog
      .match(`/rest/v1${path}`)
      ?.operations.find((candidate) => candidate.method === method)
    if (operation?.body?.contentType === 'application/octet-stream')
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `${method} ${operation.path} takes a file, and run_api sends JSON only: upload it straight to the cluster, for example with curl --upload-file`
      )
    const body = parsePayload(payload ?? undefined)
    const answer = await hypercore.request({
      method,
      path,
      query,
      signal,
      ...(body === undefined ? {} : { body })
    })
    const taskTag = (answer.body as { taskTag?: unknown } | null | undefined)?.taskTag
    if (typeof taskTag === 'string' && taskTag !== '') hypercore.tasks.saw(taskTag)
    return { status: answer.status, body: answer.body ?? null }
  }
})

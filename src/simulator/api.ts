import type { Catalog, Operation } from '../catalog/load.ts'
import { frontPage } from './front-pages.ts'
import {
  ApiError,
  basicChallenge,
  internalError,
  Reply,
  type Handlers,
  type World
} from './handler.ts'
import { openApiDocument, docsPage } from './openapi-document.ts'
import type { IncomingCall, ReceivedCall } from './received-call.ts'
import { isAtLeast } from './version-order.ts'
import { BadRequest, checkParameters, readBody } from './request-body.ts'
import { requestTarget } from './request-target.ts'
import { mayCall } from './roles.ts'
import type { Caller, Sessions } from './sessions.ts'
import type { BodyValidator } from './validation.ts'

/** The API's answer to one call: always complete, never an exception. */
export interface Answer {
  reply: Reply
  /** The tag of the task that the call started; `""` if none. */
  taskTag: string
}

const json = (value: unknown): Reply => new Reply(200, JSON.stringify(value))

const jsonError = (status: number, message: string, headers: Record<string, string> = {}): Reply =>
  new Reply(status, JSON.stringify({ error: message }), 'application/json', headers)

function decoded(parameters: Record<string, string>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, decodeURIComponent(value)])
    )
  } catch {
    throw new BadRequest('path', ['Path is not valid'])
  }
}

/**
 * The cluster's REST API, the same on each node: routing, authentication, permissions, validation,
 * in the order of a real node. A path or method that is not offered is refused before anything else
 * (404, 405), so ids are looked up only for calls that exist.
 */
export class Api {
  readonly #world: World
  readonly #catalog: Catalog
  readonly #handlers: Handlers
  readonly #sessions: Sessions
  readonly #validator: BodyValidator
  readonly #hasV2: boolean
  /** Notified of every call that is carried out, at the moment before: what it finds is as it was for the call. */
  readonly witnesses = new Set<(call: ReceivedCall) => void>()

  /** @param validator of that catalog */
  constructor(
    world: World,
    catalog: Catalog,
    handlers: Handlers,
    sessions: Sessions,
    validator: BodyValidator
  ) {
    this.#world = world
    this.#catalog = catalog
    this.#handlers = handlers
    this.#sessions = sessions
    this.#hasV2 = isAtLeast(world.options.version, '9.7.1')
    this.#validator = validator
  }

  async answer(nodeUUID: string, request: IncomingCall): Promise<Answer> {
    try {
      const value = await this.#call(nodeUUID, request)
      if (value instanceof Reply) return { reply: value, taskTag: '' }
      const taskTag = (value as { taskTag?: unknown } | null)?.taskTag
      return { reply: json(value), taskTag: typeof taskTag === 'string' ? taskTag : '' }
    } catch (error) {
      return { reply: this.#failure(error), taskTag: '' }
    }
  }

  #failure(error: unknown): Reply {
    if (error instanceof ApiError)
      return jsonError(error.status, error.message, error.status === 401 ? basicChallenge : {})
    if (error instanceof BadRequest) return this.#refusal(error)
    // A defect of the simulator: seen by its user, and an error of the cluster for the caller.
    process.emitWarning(error instanceof Error ? error : String(error))
    return jsonError(500, internalError().message)
  }

  /** A 400 as the validating layer words it, plain text by default (FACTS 3.4, O). */
  #refusal(error: BadRequest): Reply {
    if (this.#world.options.schemaErrors === 'json')
      return jsonError(400, error.problems.join('; '))
    const inside = error.place === 'body' ? ['    For Content-Type application/json'] : []
    const lines = [
      'Request has one or more errors',
      `  In ${error.place}`,
      ...inside,
      ...error.problems.map((problem) => `      ${problem}`)
    ]
    return new Reply(400, lines.join('\n'), 'text/plain')
  }

  async #call(nodeUUID: string, request: IncomingCall): Promise<unknown> {
    const { path, search } = requestTarget(request)
    if (/^\/rest\/v1\/docs\/*$/.test(path)) return new Reply(200, docsPage, 'text/html')
    const match = this.#catalog.match(path)
    if (match === undefined)
      return this.#isApi(path) ? jsonError(404, `Cannot find ${path}`) : frontPage(404)
    const operation = match.operations.find(({ method }) => method === request.method)
    if (operation === undefined) {
      const allow = match.operations.map(({ method }) => method).join(', ')
      return jsonError(405, `Method ${request.method} is not allowed`, { Allow: allow })
    }
    if (operation.method === 'OPTIONS') return new Reply(200, '', '')
    const caller = operation.authRequired ? this.#caller(request, nodeUUID) : undefined
    if (caller !== undefined && !mayCall(this.#world.state, caller.user, operation))
      throw new ApiError(403, 'You do not have permission to perform this operation')
    const query = new URLSearchParams(search)
    checkParameters(operation, query, request)
    const body = await this.#body(request, operation)
    if (operation.path === '/login') return this.#login(body as LoginBody, nodeUUID)
    const params = decoded(match.parameters)
    const below = path.replace(/^\/rest\/v1/, '')
    const received: ReceivedCall = { method: operation.method, path: below, search, body }
    for (const witness of this.witnesses) witness(received)
    const dispatched = { params, query, body, nodeUUID, raw: request, caller }
    received.result = await this.#dispatch(operation, dispatched)
    return received.result
  }

  /** Older versions do not know the second API at all: the front server answers. */
  #isApi(path: string): boolean {
    return path.startsWith('/rest/v1/') || (path.startsWith('/rest/v2/') && this.#hasV2)
  }

  async #body(request: IncomingCall, operation: Operation): Promise<unknown> {
    const mayBeMissing =
      this.#world.options.missingBody === 'accepted' &&
      this.#validator.problems(operation, {}).length === 0
    const body = await readBody(request, operation, mayBeMissing)
    if (operation.body?.contentType !== 'application/json') return body
    const problems = this.#validator.problems(operation, body)
    if (problems.length > 0) throw new BadRequest('body', problems)
    return body
  }

  #dispatch(operation: Operation, call: Dispatched): unknown {
    const { caller, ...rest } = call
    if (operation.path === '/logout') {
      this.#sessions.close(caller?.sessionID ?? '')
      return new Reply(200, '', '')
    }
    const { base, path, method } = operation
    if (path === '/openapi.json' || path === '/openAPI.json')
      return openApiDocument(this.#catalog, this.#world.options.version, base)
    const handler = this.#handlers[`${method} ${base === '/rest/v2' ? base : ''}${path}`]
    if (handler === undefined) throw internalError()
    return handler({
      ...rest,
      world: this.#world,
      user: caller?.user ?? noUser,
      sessionID: caller?.sessionID ?? ''
    })
  }

  #caller(request: IncomingCall, nodeUUID: string): Caller {
    const { authorization, cookie } = request.headers
    const caller = this.#sessions.identify({ authorization, cookie }, nodeUUID)
    if (caller !== undefined) return caller
    if (authorization !== undefined) throw new ApiError(401, 'Invalid username or password')
    throw new ApiError(this.#world.options.expiredSession, 'Session is missing or has expired')
  }

  /** With `useOIDC` the same users are checked, but only if there is an OIDC provider to ask. */
  #login(body: LoginBody, nodeUUID: string): Reply {
    const oidcReady = (this.#world.state.settings.get('OIDCConfig')?.size ?? 0) > 0
    const user =
      body.useOIDC === true && !oidcReady
        ? undefined
        : this.#sessions.verify(body.username, body.password)
    if (user === undefined) throw new ApiError(401, 'Invalid username or password')
    const sessionID = this.#sessions.open(user, nodeUUID)
    return new Reply(200, JSON.stringify({ sessionID }), 'application/json', {
      'Set-Cookie': `sessionID=${sessionID}; Path=/`
    })
  }
}

interface LoginBody {
  username: string
  password: string
  useOIDC?: boolean
}

interface Dispatched {
  params: Record<string, string>
  query: URLSearchParams
  body: unknown
  nodeUUID: string
  raw: IncomingCall
  caller: Caller | undefined
}

/** Stands for the caller of the few calls that need no login. */
const noUser = {
  uuid: '',
  username: '',
  password: '',
  fullName: '',
  roleUUIDs: [],
  sessionLimit: 0
}

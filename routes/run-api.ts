import { type Static, Type } from '@sinclair/typebox'
import { withoutSecrets } from '../src/catalog/call/body-secrets.ts'
import { isUuidNote } from '../src/catalog/call/coerce-body.ts'
import { type ApiCall, checkCall } from '../src/catalog/call/check-call.ts'
import type { Catalog, Operation } from '../src/catalog/load.ts'
import type { RawCalls } from '../src/config/config.ts'
import { withoutMethodWord } from '../src/catalog/call/method-word.ts'
import { parsePayload } from '../src/catalog/call/payload.ts'
import { showCall } from '../src/catalog/call/show-call.ts'
import { uncallable } from '../src/catalog/search/describe-operation.ts'
import { effects } from '../src/lib/effect.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { sourceOf, stringify } from '../src/lib/json/json-source.ts'
import { isObject } from '../src/lib/json/json.ts'
import { parseApiPath, parseMethod } from '../src/catalog/call/api-path.ts'
import { type ClusterResponse, isRead } from '../src/hypercore/cluster-api.ts'
import { vmActions } from '../src/hypercore/records/vm-state.ts'
import type { WriteReply } from '../src/hypercore/writes/write-result.ts'
import { rawCallText } from '../src/views/api-operation.ts'
import { defineTool, destructive, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { isHarmlessCall } from '../src/tools/writes/during-update.ts'
import { followAction, tryReadVm } from '../src/tools/task/follow-action.ts'
import { maxTokensRange, pageArguments } from '../src/tools/list/list-response.ts'
import { showBody } from '../src/tools/list/raw-list.ts'
import {
  DryRunResponse,
  Input,
  jsonTypes,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { defaultWaitSeconds, writeResponse } from '../src/tools/task/write-response.ts'
import { changesOf } from '../src/tools/raw/changes.ts'
import { notesOnLocalTimes } from '../src/tools/raw/local-times.ts'
import { lookBefore, lookBeforeDeletion, refuseExamples } from '../src/tools/raw/look-before.ts'
import { explainFailure } from '../src/tools/raw/missing-record.ts'
import { resolveBody, resolvePath } from '../src/tools/raw/references.ts'
import { vmsOfCall } from '../src/tools/raw/vms-of-call.ts'
import { defaultMaxTokens } from '../src/views/text/token-budget.ts'
import { estimateTokens, maxTokensOf } from '../src/views/text/token-estimate.ts'

const sessionPaths = ['/login', '/logout']

/** What holds whether the call is checked or not. */
function refuseUnsafe(catalog: Catalog, { method, path }: ApiCall): void {
  if (sessionPaths.includes(path.toLowerCase()))
    throw new BridgeError(
      'PATH_REFUSED',
      `run_api does not call ${path}: the bridge holds the session itself. Use generate_session, get_session or kill_session`
    )
  const operation = operationOf(catalog, { method, path })
  const reason = operation && uncallable(operation)
  if (reason !== undefined) throw new BridgeError('PATH_REFUSED', `${reason}; nothing was sent`)
  if (operation?.body?.contentType === 'application/octet-stream')
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${method} ${operation.path} takes a file, and run_api sends JSON only: upload it straight to the cluster, for example with curl --upload-file`
    )
}

/** @throws {BridgeError} READ_ONLY where raw calls only read */
function refuseByRule(runApi: RawCalls, { method, path }: ApiCall): void {
  if (runApi !== 'off' && (runApi !== 'read' || isRead(method, path))) return
  throw new BridgeError(
    'READ_ONLY',
    runApi === 'off'
      ? 'The bridge administrator has switched run_api off (RUN_API=off). Nothing was sent: use another tool'
      : `run_api only reads here (RUN_API=read), and ${method} writes. Nothing was sent: use the tool for it`
  )
}

const operationOf = (
  catalog: Catalog,
  { method, path }: Pick<ApiCall, 'method' | 'path'>
): Operation | undefined =>
  catalog.match(`/rest/v1${path}`)?.operations.find((candidate) => candidate.method === method)

/** Sends the call. The cluster's words may quote the body: its secrets are taken out of them. */
async function send(
  context: ToolContext,
  call: ApiCall,
  operation: Operation | undefined,
  notes: readonly string[]
): Promise<ClusterResponse> {
  const { hypercore, catalog, signal } = context
  const { method, path, query, body } = call
  try {
    return await hypercore.request({
      method,
      path,
      query,
      signal,
      ...(body === undefined ? {} : { body })
    })
  } catch (failure) {
    const error = await explainFailure(context, call, operation, failure)
    if (!(error instanceof BridgeError)) throw error
    const clean = withoutSecrets(catalog, operation?.body?.schema, body)
    const details = Object.entries(error.details).map(([name, value]) => [
      name,
      typeof value === 'string' ? clean(value) : value
    ])
    const remarks = notes.length > 0 ? ` Note: ${notes.join('; ')}.` : ''
    throw error.reworded(
      clean(error.message) + remarks,
      Object.fromEntries(details) as Record<string, unknown>
    )
  }
}

/** Of bodies that are shared. */
const estimates = new WeakMap<object, number>()

/** About how many tokens a body is; 0 for one that is far from too large. */
function tokensOf(body: unknown): number {
  const known = sourceOf(body) === undefined ? undefined : estimates.get(body as object)
  if (known !== undefined) return known
  const text = stringify(body) ?? ''
  const tokens = maxTokensOf(text) <= defaultMaxTokens ? 0 : estimateTokens(text)
  if (sourceOf(body) !== undefined) estimates.set(body as object, tokens)
  return tokens
}

/** A note on a response that is too large for a small model. */
function remarkOnSize(body: unknown, operation: Operation | undefined): string | undefined {
  const tokens = tokensOf(body)
  if (tokens <= defaultMaxTokens) return undefined
  const tool = operation?.tool
  return `This response is about ${tokens} tokens: fields and limit make it smaller${tool === undefined ? '' : `, and so does ${tool}`}`
}

/**
 * The outcome of an action that started no task, by the VM it was for. Undefined where the call was
 * none, or was for several.
 */
async function followSent(
  context: ToolContext,
  { path, body }: ApiCall,
  result: WriteReply,
  wait: number
): Promise<WriteResponse | undefined> {
  const actions: unknown = path === '/VirDomain/action' ? body : undefined
  if (!Array.isArray(actions) || actions.length !== 1) return undefined
  const { virDomainUUID, actionType, nodeUUID } = actions[0] as Record<string, unknown>
  const known = vmActions.find((action) => action === actionType)
  const vm = typeof virDomainUUID === 'string' && (await tryReadVm(context, virDomainUUID))
  if (known === undefined || !vm) return undefined
  const action = { vm, actionType: known, ...(typeof nodeUUID === 'string' && { nodeUUID }) }
  return (await followAction(context, action, result, wait)).response
}

/** The outcome of a write; undefined where it is done and no task was started. */
async function taskOf(
  context: ToolContext,
  call: ApiCall,
  written: WriteReply,
  wait: number
): Promise<WriteResponse | undefined> {
  if (written.taskTag === '') {
    const followed = await followSent(context, call, written, wait)
    if (followed !== undefined || written.doubt === undefined) return followed
  }
  return writeResponse(context, written, wait)
}

/** A result without the uuid of what its failed task did not create. */
const withoutCreated = (body: unknown): unknown =>
  isObject(body) && 'createdUUID' in body ? { ...body, createdUUID: '' } : body

const Output = Type.Object({
  status: Type.Optional(Type.Integer({ description: 'HTTP status of the cluster' })),
  body: Type.Optional(
    Type.Unsafe<unknown>({ type: [...jsonTypes], description: 'body of the response' })
  ),
  total: Type.Optional(Type.Integer({ description: 'records there are, where not all are shown' })),
  next_offset: Type.Optional(Type.Integer({ description: 'offset of those that follow' })),
  task: Type.Optional(WriteResponse()),
  notes: Type.Optional(
    Type.Array(Type.String(), { description: 'what was changed in the call, and what looks odd' })
  ),
  sent: Type.Optional(Type.Boolean({ description: 'false: the call was checked only' })),
  request: Type.Optional(
    Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      description: 'with check: method, path, query and body as they would be sent'
    })
  ),
  operation: Type.Optional(Type.String()),
  summary: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  dry_run: DryRunResponse,
  effect: Type.Optional(Type.String({ description: 'what the call would do to the cluster' })),
  reason: Type.Optional(Type.String({ description: 'why it has that effect' })),
  tool: Type.Optional(Type.String({ description: 'the tool that does the same' }))
})

const input = Input({
  query: Type.String({
    minLength: 1,
    maxLength: 2000,
    description: 'path below /rest/v1, such as /VirDomain'
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
  ),
  check: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'only show the exact request'
    })
  ),
  validate: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'false: send it unchecked'
    })
  ),
  ...pageArguments,
  max_tokens: Type.Optional(
    Type.Integer({
      ...maxTokensRange,
      'x-hide-range': true,
      'x-unlisted': true,
      description: 'of the response'
    })
  ),
  ...writeArguments
})

/** A call as it goes to the cluster, and what is to be said of it. */
interface PlannedCall {
  call: ApiCall
  operation: Operation | undefined
  notes: string[]
}

/** The call is planned once, before its turn, and carried out as planned. */
const plans = new WeakMap<object, Promise<PlannedCall>>()

/**
 * Checks a call, and puts uuids in the place of names; nothing is sent but what is read for it.
 * @throws {BridgeError} INVALID_ARGUMENT, PATH_REFUSED, NOT_FOUND, AMBIGUOUS_NAME
 */
async function planCall(
  context: ToolContext,
  { query: given, method: verb, payload, validate = true }: Static<typeof input>
): Promise<PlannedCall> {
  const { catalog, search } = context
  const method = parseMethod(verb)
  const { query, note } = withoutMethodWord(given, method)
  const asked: ApiCall = { method, ...parseApiPath(query), body: parsePayload(payload) }
  refuseByRule(context.runApi, asked)
  refuseUnsafe(catalog, asked)
  refuseExamples(catalog, asked)
  const said = note === undefined ? [] : [note]
  if (!validate && context.runApi !== 'any')
    said.push('the call was checked all the same: validate counts only where RUN_API is any')
  if (!validate && context.runApi === 'any')
    return { call: asked, operation: operationOf(catalog, asked), notes: said }
  const named = await resolvePath(context, asked)
  const { operation, notes, ...checked } = checkCall(catalog, search, named.call)
  const { call, notes: resolved } = await resolveBody(context, checked)
  const others = notes.filter((text) => resolved.length === 0 || !isUuidNote(text))
  return { call, operation, notes: [...said, ...named.notes, ...others, ...resolved] }
}

const plannedCall = (context: ToolContext, args: Static<typeof input>): Promise<PlannedCall> => {
  const plan = plans.get(args) ?? planCall(context, args)
  plans.set(args, plan)
  return plan
}

export const runApi = defineTool({
  name: 'run_api',
  title: 'Call any endpoint of the HyperCore API',
  description:
    'Calls any endpoint of the HyperCore API, also those that change or delete. Only where no other tool does it; query_api finds path and body. The call is checked first.',
  tag: 'api',
  // What any endpoint does, exports to other servers among them.
  annotations: { ...destructive, openWorldHint: true },
  effects,
  slow: true,
  raw: true,
  largeBody: true,
  writes: ({ method, check }) => check !== true && !/^\s*(?:get|options)\s*$/i.test(method),
  destroys: ({ method }) => /^\s*delete\s*$/i.test(method),
  // What is wrong with a call is said before it waits for its turn.
  vmsOf: async (context, args) => vmsOfCall(context, (await plannedCall(context, args)).call),
  harmlessInUpdate: async (context, args) =>
    isHarmlessCall((await plannedCall(context, args)).call),
  input,
  output: Output,

  async run(context, args): Promise<Static<typeof Output>> {
    const { catalog } = context
    const { check = false, wait = defaultWaitSeconds, validate = true } = args
    const { call: planned, operation, notes: said } = await plannedCall(context, args)
    const { call, before, notes: seen } = await lookBefore(context, planned, operation, validate)
    const notes = [...said, ...seen]
    // A read does nothing that could be shown.
    if (check || (context.authority.dryRun === true && isRead(call.method, call.path)))
      return { ...showCall(catalog, call, operation), ...(notes.length > 0 ? { notes } : {}) }

    notes.push(...(await lookBeforeDeletion(context, call)))
    const { status, body, written } = await send(context, call, operation, notes)
    const task = written && (await taskOf(context, call, written, wait))
    if (task?.state !== 'ERROR') notes.push(...changesOf(catalog, operation, before, call.body))
    notes.push(...(await notesOnLocalTimes(context, call, body)))
    // Writes of settings without a task are done; what actions began may continue (FACTS 4.1).
    const goesOn = operation?.kind === 'action' && operation.returnsTask && task === undefined
    if (goesOn) notes.push('The cluster named no task: read the object to see how far the work is')
    const { note, ...shown } = showBody(
      task?.state === 'ERROR' ? withoutCreated(body) : (body ?? null),
      args,
      context.form
    )
    const size = note ?? remarkOnSize(shown.body, operation)
    if (size !== undefined) notes.push(size)
    return {
      status,
      ...shown,
      ...(task === undefined ? {} : { task }),
      ...(notes.length > 0 ? { notes } : {})
    }
  },
  text: rawCallText
})

export const runApiTools: Tool[] = [runApi]

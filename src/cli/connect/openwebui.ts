import { isObject } from '../../lib/json/json.ts'
import {
  connectionDescription,
  connectionId,
  connectionName,
  tokenPlaceholder
} from './identity.ts'
import { toolSetQuery } from './tool-set.ts'
import { shellWord } from '../../lib/text/shell-word.ts'

/** A tool server of OpenWebUI, in the form of its `TOOL_SERVER_CONNECTIONS` and its Import. */
export interface OpenWebUiConnection {
  type: 'openapi' | 'mcp'
  url: string
  path: string
  key: string
  headers: Record<string, string>
  config: Record<string, unknown>
  info: { id: string; name: string; description: string }
  [other: string]: unknown
}

export interface ConnectionOptions {
  token?: string
  /** The tool set it lists. Default: all. */
  tools?: string | undefined
  /** Over MCP instead of OpenAPI. */
  mcp?: boolean | undefined
}

/** OpenWebUI fills in who calls, and from which chat. */
const callerHeaders = {
  'X-OpenWebUI-User-Name': '{{USER_NAME}}',
  'X-OpenWebUI-User-Id': '{{USER_ID}}',
  'X-OpenWebUI-User-Email': '{{USER_EMAIL}}',
  'X-OpenWebUI-Chat-Id': '{{CHAT_ID}}',
  'X-OpenWebUI-Message-Id': '{{MESSAGE_ID}}'
}

/** The header by which a call says which tool set its model is offered. */
const toolSetName = 'X-Tool-Set'

/** Text costs half the tokens of JSON. Over MCP responses are text anyway. */
const textHeader = { Accept: 'text/plain' }

/** With a tool set in the address that OpenWebUI lists the tools by. */
function withToolSet(connection: OpenWebUiConnection, tools?: string): OpenWebUiConnection {
  const { type, path, url } = connection
  const query = toolSetQuery(tools)
  if (query === '') return connection
  if (type === 'openapi')
    return {
      ...connection,
      path: path + query,
      // Messages then send the model to no tool that it lacks.
      headers: { ...connection.headers, [toolSetName]: String(tools) }
    }
  return { ...connection, url: url.replace('?', `${query}&`) }
}

/** The connection of the bridge at an address. */
export function openWebUiConnection(
  url: string,
  { token = tokenPlaceholder, tools, mcp = false }: ConnectionOptions = {}
): OpenWebUiConnection {
  const way = mcp
    ? // OpenWebUI gives the model what is structured as well, which says the same in more tokens.
      { type: 'mcp' as const, url: `${url}/mcp?structured=off`, path: '' }
    : { type: 'openapi' as const, url, spec_type: 'url', spec: '', path: 'openapi.json' }
  const connection = {
    ...way,
    auth_type: 'bearer',
    key: token,
    headers: { ...(mcp ? {} : textHeader), ...callerHeaders },
    config: { enable: true, function_name_filter_list: '', access_grants: [] },
    info: { id: connectionId, name: connectionName, description: connectionDescription }
  }
  return withToolSet(connection, tools)
}

/** The connection as the environment variable of OpenWebUI, one line for a shell. */
export const openWebUiVariable = (connection: OpenWebUiConnection): string =>
  `TOOL_SERVER_CONNECTIONS=${shellWord(JSON.stringify([connection]))}`

/** Whether a connection is of the other kind; one that does not say is by OpenAPI. */
const changesKind = (present: Record<string, unknown>, { type }: OpenWebUiConnection): boolean =>
  (present['type'] ?? 'openapi') !== type

const lowerCase = (name: string): string => name.toLowerCase()

/**
 * The present headers, and those of the caller that are missing. Names have no case; a present one
 * stays as it is. A removed Accept means that JSON is preferred, so it is not added again; it is that of its
 * kind of connection, and goes with it.
 */
function mergedHeaders(
  present: Record<string, unknown>,
  next: OpenWebUiConnection
): Record<string, string> {
  const headers = present['headers']
  if (!isObject(headers)) return next.headers
  const isOther = changesKind(present, next)
  const kept = Object.entries(headers as Record<string, string>).filter(
    ([name]) => !isOther || lowerCase(name) !== 'accept'
  )
  const names = new Set(kept.map(([name]) => lowerCase(name)))
  const added = Object.entries(isOther ? next.headers : callerHeaders)
  return Object.fromEntries([...kept, ...added.filter(([name]) => !names.has(lowerCase(name)))])
}

/** The tool set that a connection lists, as its address names it. */
function toolSetIn({ type, path, url }: Record<string, unknown>): string | undefined {
  const [, query] = String(type === 'mcp' ? url : path).split('?', 2)
  return new URLSearchParams(query).get('tools') ?? undefined
}

/**
 * The present connection brought up to date. Who may use it, which tools it offers, its headers and
 * everything else that was set in OpenWebUI stays; so does its tool set, unless another one is asked for.
 */
export function updatedConnection(
  present: Record<string, unknown>,
  next: OpenWebUiConnection
): OpenWebUiConnection {
  const tools = toolSetIn(next) === undefined ? toolSetIn(present) : undefined
  const connection = withToolSet(next, tools)
  const { [toolSetName]: toolSet } = connection.headers
  const headers = Object.entries(mergedHeaders(present, next)).filter(
    ([name]) => lowerCase(name) !== lowerCase(toolSetName)
  )
  return {
    ...present,
    ...connection,
    headers: {
      ...Object.fromEntries(headers),
      ...(toolSet !== undefined && { [toolSetName]: toolSet })
    },
    config: { ...next.config, ...objectOr(present['config']) },
    info: { ...objectOr(present['info']), ...next.info }
  }
}

const objectOr = (value: unknown): Record<string, string> =>
  isObject(value) ? (value as Record<string, string>) : {}

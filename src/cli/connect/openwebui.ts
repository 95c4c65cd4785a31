import { isObject } from '../../lib/json.ts'
import {
  connectionDescription,
  connectionId,
  connectionName,
  tokenPlaceholder
} from './identity.ts'
import { toolSetQuery } from './tool-set.ts'
import { shellWord } from '../../lib/shell-word.ts'

/** A tool server of OpenWebUI, as its `TOOL_SERVER_CONNECTIONS` and its Import take it. */
export interface OpenWebUiConnection {
  url: string
  path: string
  key: string
  headers: Record<string, string>
  config: Record<string, unknown>
  info: { id: string; name: string; description: string }
  [other: string]: unknown
}

/** OpenWebUI fills in who asks, and in which chat. */
const callerHeaders = {
  'X-OpenWebUI-User-Name': '{{USER_NAME}}',
  'X-OpenWebUI-User-Id': '{{USER_ID}}',
  'X-OpenWebUI-User-Email': '{{USER_EMAIL}}',
  'X-OpenWebUI-Chat-Id': '{{CHAT_ID}}',
  'X-OpenWebUI-Message-Id': '{{MESSAGE_ID}}'
}

/** Text takes models half the tokens of JSON. */
const headers = { Accept: 'text/plain', ...callerHeaders }

/** The connection of the bridge at an address. */
export const openWebUiConnection = (
  url: string,
  token: string = tokenPlaceholder,
  toolSet?: string
): OpenWebUiConnection => ({
  type: 'openapi',
  url,
  spec_type: 'url',
  spec: '',
  path: `openapi.json${toolSetQuery(toolSet)}`,
  auth_type: 'bearer',
  key: token,
  headers,
  config: { enable: true, function_name_filter_list: '', access_grants: [] },
  info: { id: connectionId, name: connectionName, description: connectionDescription }
})

/** The connection as the environment variable of OpenWebUI, one line for a shell. */
export const openWebUiVariable = (connection: OpenWebUiConnection): string =>
  `TOOL_SERVER_CONNECTIONS=${shellWord(JSON.stringify([connection]))}`

/**
 * The present headers, and those of the caller that are missing. Names have no case; a present one
 * stays as it is. Whether text is wanted was decided with the headers that are there: Accept is not
 * put back where it was taken out.
 */
function mergedHeaders(present: unknown): Record<string, string> {
  if (!isObject(present)) return headers
  const names = new Set(Object.keys(present).map((name) => name.toLowerCase()))
  const missing = Object.entries(callerHeaders).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...(present as Record<string, string>), ...Object.fromEntries(missing) }
}

/**
 * The present connection brought up to date. Who may use it, which tools it offers, its headers and
 * what else was set in OpenWebUI stays.
 */
export const updatedConnection = (
  present: Record<string, unknown>,
  wanted: OpenWebUiConnection
): OpenWebUiConnection => ({
  ...present,
  ...wanted,
  path: keptPath(present['path'], wanted),
  headers: mergedHeaders(present['headers']),
  config: { ...wanted.config, ...objectOr(present['config']) },
  info: { ...objectOr(present['info']), ...wanted.info }
})

/** A set of tools that was chosen before stays, unless another one is asked for. */
const keptPath = (present: unknown, wanted: OpenWebUiConnection): string =>
  typeof present === 'string' && present.startsWith(`${wanted.path}?`) ? present : wanted.path

const objectOr = (value: unknown): Record<string, string> =>
  isObject(value) ? (value as Record<string, string>) : {}

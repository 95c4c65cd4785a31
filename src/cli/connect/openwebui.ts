import { isObject } from '../../lib/json.ts'
import {
  connectionDescription,
  connectionId,
  connectionName,
  tokenPlaceholder
} from './identity.ts'
import { toolSetQuery } from './tool-set.ts'
import { shellWord } from '../../lib/shell-word.ts'

/** A tool server of OpenWebUI, in the form of its `TOOL_SERVER_CONNECTIONS` and its Import. */
export interface OpenWebUiConnection {
  url: string
  path: string
  key: string
  headers: Record<string, string>
  config: Record<string, unknown>
  info: { id: string; name: string; description: string }
  [other: string]: unknown
}

/** OpenWebUI fills in who calls, and from which chat. */
const callerHeaders = {
  'X-OpenWebUI-User-Name': '{{USER_NAME}}',
  'X-OpenWebUI-User-Id': '{{USER_ID}}',
  'X-OpenWebUI-User-Email': '{{USER_EMAIL}}',
  'X-OpenWebUI-Chat-Id': '{{CHAT_ID}}',
  'X-OpenWebUI-Message-Id': '{{MESSAGE_ID}}'
}

/** Text costs half the tokens of JSON. */
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
 * stays as it is. Whoever removed Accept prefers JSON, so it is not added again.
 */
function mergedHeaders(present: unknown): Record<string, string> {
  if (!isObject(present)) return headers
  const names = new Set(Object.keys(present).map((name) => name.toLowerCase()))
  const missing = Object.entries(callerHeaders).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...(present as Record<string, string>), ...Object.fromEntries(missing) }
}

/**
 * The present connection brought up to date. Who may use it, which tools it offers, its headers and
 * everything else that was set in OpenWebUI stays.
 */
export const updatedConnection = (
  present: Record<string, unknown>,
  next: OpenWebUiConnection
): OpenWebUiConnection => ({
  ...present,
  ...next,
  path: keptPath(present['path'], next),
  headers: mergedHeaders(present['headers']),
  config: { ...next.config, ...objectOr(present['config']) },
  info: { ...objectOr(present['info']), ...next.info }
})

/** A tool set that was chosen before stays, unless another one is asked for. */
const keptPath = (present: unknown, next: OpenWebUiConnection): string =>
  typeof present === 'string' && present.startsWith(`${next.path}?`) ? present : next.path

const objectOr = (value: unknown): Record<string, string> =>
  isObject(value) ? (value as Record<string, string>) : {}

import {
  connectionDescription,
  connectionId,
  connectionName,
  tokenPlaceholder
} from './identity.ts'
import { shellWord } from './shell.ts'
import { toolSetQuery } from './tool-set.ts'

/** A tool server of OpenWebUI, as its `TOOL_SERVER_CONNECTIONS` and its Import take it. */
export interface OpenWebUiConnection {
  url: string
  key: string
  headers: Record<string, string>
  config: Record<string, unknown>
  info: { id: string; name: string; description: string }
  [other: string]: unknown
}

/** OpenWebUI fills in who asks, and in which chat. Text takes models half the tokens of JSON. */
const headers = {
  Accept: 'text/plain',
  'X-OpenWebUI-User-Name': '{{USER_NAME}}',
  'X-OpenWebUI-User-Id': '{{USER_ID}}',
  'X-OpenWebUI-User-Email': '{{USER_EMAIL}}',
  'X-OpenWebUI-Chat-Id': '{{CHAT_ID}}',
  'X-OpenWebUI-Message-Id': '{{MESSAGE_ID}}'
}

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
 * The present connection brought up to date. Who may use it, which tools it offers and what else
 * was set in OpenWebUI stays.
 */
export const updatedConnection = (
  present: Record<string, unknown>,
  wanted: OpenWebUiConnection
): OpenWebUiConnection => ({
  ...present,
  ...wanted,
  headers: { ...objectOr(present['headers']), ...wanted.headers },
  config: { ...wanted.config, ...objectOr(present['config']) },
  info: { ...objectOr(present['info']), ...wanted.info }
})

const objectOr = (value: unknown): Record<string, unknown> & Record<string, string> =>
  (typeof value === 'object' && !Array.isArray(value) ? (value ?? {}) : {}) as Record<
    string,
    string
  >

import { posix, win32 } from 'node:path'
import type { Environment } from '../../config/env-file.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { shellWord } from '../../lib/text/shell-word.ts'
import { homeOf, settingsFolder } from './claude-desktop.ts'
import { connectionId, tokenPlaceholder } from './identity.ts'
import { authHeaderWord } from './shell.ts'

/** A client that calls the bridge over MCP itself, and reads how from a JSON file. */
export interface HttpClient {
  /** As in `connect cursor`. */
  name: string
  /** Its name for people. */
  title: string
  /** The member of its file that holds the servers. */
  servers: 'mcpServers' | 'servers'
  /** The entry of a server. */
  entry: (url: string, authorization: string) => JsonObject
  /** How its file refers to the token; undefined if the token itself must be in it. */
  reference: string | undefined
  /** What the client replaces the reference with. */
  tokenSource: string
  /** Questions that it asks its user for the reference; members of `inputs`. */
  inputs?: JsonObject[]
  /** Its own file. */
  file: (env: Environment, cwd: string, platform: NodeJS.Platform) => string
  /** When it reads the file. */
  reads: string
  /** Another way, as a command. */
  command?: (url: string, token: string) => string[]
  /** Why fewer tools may be better there. */
  toolLimit?: string
}

const pathFor = (platform: NodeJS.Platform) => (platform === 'win32' ? win32 : posix)

const headers = (authorization: string): JsonObject => ({ Authorization: authorization })

const vsCodeInput = 'scale-bridge-token'

export const httpClients: readonly HttpClient[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    servers: 'mcpServers',
    entry: (url, authorization) => ({ type: 'http', url, headers: headers(authorization) }),
    reference: '${MCP_BEARER_TOKEN}',
    tokenSource: 'Claude Code reads the token from its environment: export MCP_BEARER_TOKEN first',
    file: (_env, cwd, platform) => pathFor(platform).join(cwd, '.mcp.json'),
    reads: 'Claude Code reads it when it starts in this folder, and asks whether to trust it',
    command: (url, token) => [
      'claude mcp add --transport http --scope user',
      `${connectionId} ${shellWord(url)}`,
      `--header ${authHeaderWord(token)}`
    ]
  },
  {
    name: 'vscode',
    title: 'VS Code',
    servers: 'servers',
    entry: (url, authorization) => ({ type: 'http', url, headers: headers(authorization) }),
    reference: `\${input:${vsCodeInput}}`,
    tokenSource: 'VS Code asks for the token when it first starts the server, and keeps it',
    inputs: [
      {
        type: 'promptString',
        id: vsCodeInput,
        description: 'MCP_BEARER_TOKEN of scale-bridge',
        password: true
      }
    ],
    file: (env, _cwd, platform) =>
      pathFor(platform).join(settingsFolder(env, platform), 'Code', 'User', 'mcp.json'),
    reads: 'VS Code notices the change; a workspace has its own file, .vscode/mcp.json'
  },
  {
    name: 'cursor',
    title: 'Cursor',
    servers: 'mcpServers',
    entry: (url, authorization) => ({ url, headers: headers(authorization) }),
    reference: '${env:MCP_BEARER_TOKEN}',
    tokenSource:
      'Cursor reads the token from its environment; if it has none, because it was started from the desktop, add --show-token',
    file: (env, _cwd, platform) => pathFor(platform).join(homeOf(env), '.cursor', 'mcp.json'),
    reads: 'Cursor reads it when it starts; a project has its own file, .cursor/mcp.json',
    toolLimit: 'Cursor works best with 40 tools or fewer, of all servers together'
  },
  {
    name: 'lm-studio',
    title: 'LM Studio',
    servers: 'mcpServers',
    entry: (url, authorization) => ({ url, headers: headers(authorization) }),
    reference: undefined,
    tokenSource: 'LM Studio expands no variables: the token itself must be in the file',
    file: (env, _cwd, platform) => pathFor(platform).join(homeOf(env), '.lmstudio', 'mcp.json'),
    reads: 'LM Studio reads it when it starts; in the program: Program, Install, Edit mcp.json',
    toolLimit: 'Small local models choose better among fewer tools'
  },
  {
    name: 'gemini-cli',
    title: 'Gemini CLI',
    servers: 'mcpServers',
    entry: (httpUrl, authorization) => ({ httpUrl, headers: headers(authorization) }),
    reference: tokenPlaceholder,
    tokenSource: 'Gemini CLI reads the token from its environment: export MCP_BEARER_TOKEN first',
    file: (env, _cwd, platform) => pathFor(platform).join(homeOf(env), '.gemini', 'settings.json'),
    reads: 'Gemini CLI reads it when it starts; a project has its own file, .gemini/settings.json'
  }
]

/** What a client's file holds for the bridge. */
export interface ClientConfig {
  entry: JsonObject
  inputs: JsonObject[]
}

/**
 * The configuration of a client.
 * @param token the token itself; undefined for the client's reference to it.
 */
export const clientConfig = (
  client: HttpClient,
  url: string,
  token: string | undefined
): ClientConfig => ({
  entry: client.entry(url, `Bearer ${token ?? client.reference ?? tokenPlaceholder}`),
  inputs: token === undefined ? (client.inputs ?? []) : []
})

/** The configuration as a complete file. */
export const clientFile = (
  { servers }: HttpClient,
  { entry, inputs }: ClientConfig
): JsonObject => ({
  ...(inputs.length > 0 && { inputs }),
  [servers]: { [connectionId]: entry }
})

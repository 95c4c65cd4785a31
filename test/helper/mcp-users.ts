import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { modernRevision } from './mcp-raw.ts'
import { cliPath } from './run-cli.ts'

/** The official clients: the second SDK's in each era, and the first SDK's. */
export const clientKinds = ['v2 modern', 'v2 legacy', 'v1'] as const

export type ClientKind = (typeof clientKinds)[number]

/** Where the server is: an address with its token, or a process of the command line. */
export type McpPlace =
  { url: string; token: string } | { args: string[]; cwd: string; env?: Record<string, string> }

/** A tool as it is listed. */
export interface ListedTool {
  name: string
  title?: string
  description?: string
  inputSchema: Record<string, unknown>
  outputSchema?: Record<string, unknown>
  annotations?: Record<string, unknown>
}

/** What a call came to. */
export interface CallOutcome {
  text: string
  structured: Record<string, unknown> | undefined
  isError: boolean
}

/** A progress notification. */
export interface ProgressNote {
  progress: number
  total?: number
  message?: string
}

export interface CallOptions {
  onprogress?: (note: ProgressNote) => void
  signal?: AbortSignal
}

/** One official client, whichever, connected. */
export interface McpUser {
  /** Process id of the server, over stdio. */
  pid: number | null
  listTools(): Promise<{ tools: ListedTool[]; nextCursor?: string }>
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallOutcome>
  close(): Promise<void>
}

type Teardown = { teardown(handler: () => unknown): void }

const me = { name: 'scale-bridge-test', version: '1.0.0' }

/** What a stdio transport starts. */
function processOf({ args, cwd, env }: Extract<McpPlace, { args: string[] }>): {
  command: string
  args: string[]
  cwd: string
  env: Record<string, string>
  stderr: 'ignore'
} {
  const own = { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_STATE_HOME: `${cwd}/state` }
  const words = [cliPath, 'mcp', ...args]
  return { command: process.execPath, args: words, cwd, env: { ...own, ...env }, stderr: 'ignore' }
}

function httpOf({
  url,
  token
}: {
  url: string
  token: string
}): [URL, { requestInit: RequestInit }] {
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  return [new URL(`${url}/mcp`), { requestInit }]
}

/**
 * Gives the client one message after another. When a result comes in one piece with the progress before
 * it, these clients take the result at once, and then no longer know what the progress belongs to.
 */
function oneByOne(wire: { onmessage?: ((message: never) => void) | undefined }): void {
  const receive = wire.onmessage
  wire.onmessage = (message) => void setImmediate(() => receive?.(message))
}

async function connect(
  kind: ClientKind,
  place: McpPlace
): Promise<[Client | ClientV1, number | null]> {
  if (kind === 'v1') {
    const client = new ClientV1(me)
    const wire = 'url' in place ? new HttpV1(...httpOf(place)) : new StdioV1(processOf(place))
    await client.connect(wire)
    if (wire instanceof StdioV1) oneByOne(wire)
    return [client, 'pid' in wire ? wire.pid : null]
  }
  const mode = kind === 'v2 modern' ? { pin: modernRevision } : ('legacy' as const)
  const client = new Client(me, { versionNegotiation: { mode } })
  const wire =
    'url' in place
      ? new StreamableHTTPClientTransport(...httpOf(place))
      : new StdioClientTransport(processOf(place))
  await client.connect(wire)
  if (wire instanceof StdioClientTransport) oneByOne(wire)
  return [client, 'pid' in wire ? wire.pid : null]
}

/** Connects an official client; it ends with the test. */
export async function connectUser(
  t: Teardown,
  kind: ClientKind,
  place: McpPlace
): Promise<McpUser> {
  const [client, pid] = await connect(kind, place)
  t.teardown(() => client.close())
  return {
    pid,
    listTools: () => client.listTools(),
    async call(name, args = {}, options = {}) {
      const wanted = { name, arguments: args }
      const result =
        client instanceof ClientV1
          ? await client.callTool(wanted, undefined, options)
          : await client.callTool(wanted, options)
      const [content] = result.content as { type: string; text: string }[]
      return {
        text: content?.text ?? '',
        structured: result.structuredContent as Record<string, unknown> | undefined,
        isError: result.isError === true
      }
    },
    close: () => client.close()
  }
}

import type { ServerEntry } from './claude-desktop.ts'
import { tokenPlaceholder } from './identity.ts'
import { toolSetQuery } from './tool-set.ts'

const mcpRemote = 'mcp-remote@0.15.1'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether mcp-remote wants to be told that plain http is meant. */
function isOpenHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !loopback.has(hostname)
}

/**
 * Claude Desktop's way to a bridge that runs already. The header stands in a variable, without a
 * blank behind the colon: Claude Desktop on Windows splits arguments at blanks.
 */
export const remoteEntry = (
  url: string,
  token: string = tokenPlaceholder,
  toolSet?: string
): ServerEntry => ({
  command: 'npx',
  args: [
    '-y',
    mcpRemote,
    `${url}/mcp${toolSetQuery(toolSet)}`,
    '--transport',
    'http-only',
    '--header',
    'Authorization:${AUTH_HEADER}',
    ...(isOpenHttp(url) ? ['--allow-http'] : [])
  ],
  env: { AUTH_HEADER: `Bearer ${token}` }
})

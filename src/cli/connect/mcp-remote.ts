import { loopbackNames } from '../../lib/http/loopback.ts'
import type { ServerEntry } from './claude-desktop.ts'
import { tokenPlaceholder } from './identity.ts'
import { toolSetQuery } from './tool-set.ts'

const mcpRemote = 'mcp-remote@0.15.1'

/** Whether mcp-remote needs the option that allows plain http. */
function isOpenHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !loopbackNames.has(hostname)
}

/**
 * Claude Desktop's way to a running bridge. The header is in a variable, without a space after the
 * colon: Claude Desktop on Windows splits arguments at spaces.
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

import { authHeaderWord, type ShellLine } from './shell.ts'
import { shellWord } from '../../lib/text/shell-word.ts'

const curl = (url: string, token: string, body: string, ...headers: string[]): string[] => [
  `curl -sS ${shellWord(url)}`,
  ...[authHeaderWord(token), `'Content-Type: application/json'`, ...headers].map(
    (header) => `-H ${header}`
  ),
  `-d ${shellWord(body)}`
]

/** A first call over REST. */
export const restCommand = (url: string, token: string): string[] =>
  curl(`${url}/fetch_vm`, token, '{"name": "web"}')

/** Calls over REST and over MCP. */
export function curlLines(url: string, token: string): ShellLine[] {
  const mcp = (method: string, params?: Record<string, unknown>): string[] =>
    curl(
      `${url}/mcp`,
      token,
      JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) }),
      "'Accept: application/json, text/event-stream'",
      "'MCP-Protocol-Version: 2025-11-25'"
    )
  return [
    { title: 'REST: find VMs', parts: restCommand(url, token) },
    { title: 'MCP: list the tools', parts: mcp('tools/list') },
    {
      title: 'MCP: find VMs',
      parts: mcp('tools/call', { name: 'fetch_vm', arguments: { name: 'web' } })
    }
  ]
}

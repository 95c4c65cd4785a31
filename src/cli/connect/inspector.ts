import { stdioCommand, type StdioOptions } from './claude-desktop.ts'
import { authHeaderWord, type ShellLine } from './shell.ts'
import { shellWord } from '../../lib/text/shell-word.ts'

const inspector = 'npx -y @modelcontextprotocol/inspector@2.12.0 --cli'

const list = '--method tools/list'
const call = '--method tools/call --tool-name fetch_vm --tool-arg name=web'

/** The official Inspector's command line, over HTTP and over standard input and output. */
export function inspectorLines(
  url: string,
  token: string,
  stdio: Omit<StdioOptions, 'tools'>
): ShellLine[] {
  const http = [`${shellWord(`${url}/mcp`)} --transport http`, `--header ${authHeaderWord(token)}`]
  const program = stdioCommand(stdio).map(shellWord).join(' ')
  return [
    { title: 'HTTP, the running bridge: list the tools', parts: [inspector, ...http, list] },
    { title: 'HTTP: find VMs', parts: [inspector, ...http, call] },
    {
      title: 'stdio, a bridge of its own: list the tools',
      parts: [inspector, program, list]
    },
    { title: 'stdio: find VMs', parts: [inspector, program, call] }
  ]
}

import { claudeDesktopConfig } from '../connect/claude-desktop.ts'
import { restCommand } from '../connect/curl.ts'
import { remoteEntry } from '../connect/mcp-remote.ts'
import { openWebUiConnection } from '../connect/openwebui.ts'
import { shellWord } from '../../lib/text/shell-word.ts'
import { formatCommand } from '../connect/shell.ts'
import { formatJson } from '../io/layout.ts'

/** A heading and a text to copy. */
export interface Snippet {
  title: string
  text: string
}

/** How to reach a bridge, in lines of at most `width` characters. Each works as printed. */
export const connectionSnippets = (url: string, token: string, width: number): Snippet[] => [
  {
    title: 'The client token of this demo',
    text: `export MCP_BEARER_TOKEN=${shellWord(token)}`
  },
  { title: 'curl, for example to find VMs', text: formatCommand(restCommand(url, token), width) },
  {
    title: 'OpenWebUI: to import in its settings, or the value of TOOL_SERVER_CONNECTIONS',
    text: formatJson([openWebUiConnection(url, { token })], width)
  },
  {
    title: 'Claude Desktop: for claude_desktop_config.json',
    text: formatJson(claudeDesktopConfig(remoteEntry(url, token)), width)
  }
]

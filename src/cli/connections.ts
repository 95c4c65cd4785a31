import { claudeDesktopConfig } from './connect/claude-desktop.ts'
import { restLine } from './connect/curl.ts'
import { tokenPlaceholder } from './connect/identity.ts'
import { remoteEntry } from './connect/mcp-remote.ts'
import { openWebUiConnection } from './connect/openwebui.ts'
import { shellWord } from '../lib/shell-word.ts'

/** A heading and lines to copy. */
export interface Snippet {
  title: string
  lines: string[]
}

/**
 * How to reach a bridge. The token itself stands in the first snippet only; the others name the
 * variable that the first one sets.
 */
export const connectionSnippets = (url: string, token: string): Snippet[] => [
  {
    title: 'The client token, shown this once; the lines below use the variable',
    lines: [`export MCP_BEARER_TOKEN=${shellWord(token)}`]
  },
  { title: 'curl, for example to find VMs', lines: [restLine(url, tokenPlaceholder)] },
  {
    title: 'OpenWebUI: the value of TOOL_SERVER_CONNECTIONS, or for Import in its settings',
    lines: [JSON.stringify([openWebUiConnection(url)])]
  },
  {
    title: 'Claude Desktop: for claude_desktop_config.json, with the token put in',
    lines: [JSON.stringify(claudeDesktopConfig(remoteEntry(url)))]
  }
]

import { homedir } from 'node:os'
import { join, posix, resolve, win32 } from 'node:path'
import { packageRoot } from '../../lib/package-info.ts'
import { connectionId } from './identity.ts'

/** A program that Claude Desktop starts and talks to over standard input and output. */
export interface ServerEntry {
  command: string
  args: string[]
  env?: Record<string, string>
}

/** Where the bridge's settings come from. */
export interface StdioOptions {
  /** Settings file, seen from the current folder. */
  settings?: string
  /** A simulated cluster instead. */
  demo?: boolean
  /** The set of tools to offer. Default: all. */
  tools?: string
}

/** The command of the bridge as an MCP server over standard input and output: no secrets in it. */
export const stdioCommand = ({
  settings = '.env',
  demo = false,
  tools
}: StdioOptions): string[] => [
  process.execPath,
  join(packageRoot, 'dist', 'cli.js'),
  'mcp',
  ...(demo ? ['--demo'] : ['--settings', resolve(settings)]),
  ...(tools === undefined ? [] : ['--tools', tools])
]

export function stdioEntry(options: StdioOptions): ServerEntry {
  const [command = '', ...args] = stdioCommand(options)
  return { command, args }
}

/** An entry as Claude Desktop's file holds it. */
export const claudeDesktopConfig = (
  entry: ServerEntry
): { mcpServers: Record<string, ServerEntry> } => ({ mcpServers: { [connectionId]: entry } })

/** Where Claude Desktop keeps its servers. */
export function claudeDesktopFile(
  platform: NodeJS.Platform = process.platform,
  env: Record<string, string | undefined> = process.env,
  home: string = homedir()
): string {
  const path = platform === 'win32' ? win32 : posix
  const folders: Partial<Record<NodeJS.Platform, string>> = {
    win32: env['APPDATA'] || path.join(home, 'AppData', 'Roaming'),
    darwin: path.join(home, 'Library', 'Application Support')
  }
  const folder = folders[platform] ?? (env['XDG_CONFIG_HOME'] || path.join(home, '.config'))
  return path.join(folder, 'Claude', 'claude_desktop_config.json')
}

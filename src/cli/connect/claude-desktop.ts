import { homedir } from 'node:os'
import { join, posix, win32 } from 'node:path'
import type { Environment } from '../../config/env-file.ts'
import { packageRoot } from '../../lib/files/package-info.ts'
import { connectionId } from './identity.ts'

/** A program that Claude Desktop starts and talks to over standard input and output. */
export interface ServerEntry {
  command: string
  args: string[]
  env?: Record<string, string>
}

/** Where the settings of a started bridge come from. */
export interface StdioOptions {
  /** Absolute path of the settings file; undefined with `demo`. */
  settings: string | undefined
  /** A simulated cluster instead. */
  demo?: boolean
  /** The tool set to list. Default: all. */
  tools?: string
}

/** The command of the bridge as an MCP server over standard input and output: no secrets in it. */
export const stdioCommand = ({ settings, demo = false, tools }: StdioOptions): string[] => [
  process.execPath,
  join(packageRoot, 'dist', 'cli.js'),
  'mcp',
  ...(demo || settings === undefined ? ['--demo'] : ['--settings', settings]),
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

/** The user's home folder. */
export const homeOf = (env: Environment): string => env['HOME'] || env['USERPROFILE'] || homedir()

/** The folder that programs keep their settings in, by the habits of the platform. */
export function settingsFolder(
  env: Environment,
  platform: NodeJS.Platform = process.platform
): string {
  const path = platform === 'win32' ? win32 : posix
  const home = homeOf(env)
  if (platform === 'win32') return env['APPDATA'] || path.join(home, 'AppData', 'Roaming')
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support')
  return env['XDG_CONFIG_HOME'] || path.join(home, '.config')
}

/** Where Claude Desktop keeps its servers. */
export function claudeDesktopFile(
  env: Environment,
  platform: NodeJS.Platform = process.platform
): string {
  const path = platform === 'win32' ? win32 : posix
  return path.join(settingsFolder(env, platform), 'Claude', 'claude_desktop_config.json')
}

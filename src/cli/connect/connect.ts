import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from '../../lib/command-error.ts'
import { notes, output } from '../io/terminal.ts'
import { type AddressOptions, addressFor, clientView, tokenFor } from './bridge-view.ts'
import {
  claudeDesktopConfig,
  claudeDesktopFile,
  type ServerEntry,
  stdioEntry,
  type StdioOptions
} from './claude-desktop.ts'
import { putConnection, putServerEntry } from './client-file.ts'
import { curlLines } from './curl.ts'
import { tokenPlaceholder } from './identity.ts'
import { inspectorLines } from './inspector.ts'
import { remoteEntry } from './mcp-remote.ts'
import { openWebUiConnection, openWebUiVariable } from './openwebui.ts'
import type { ShellLine } from './shell.ts'

export interface TokenOptions extends AddressOptions {
  showToken?: boolean
}

export interface ToolSetOptions {
  /** The set of tools the client is offered. Default: all. */
  tools?: string
}

export interface OpenWebUiOptions extends TokenOptions, ToolSetOptions {
  /** As the line of an environment variable. */
  env?: boolean
  /** The file to write to. */
  write?: string
}

export interface WriteOptions {
  /** The file to write to; true: the client's own. */
  write?: string | true
}

export type McpRemoteOptions = TokenOptions & WriteOptions & ToolSetOptions
export type ClaudeDesktopOptions = StdioOptions & WriteOptions
export type LineOptions = TokenOptions & StdioOptions & WriteOptions

const printJson = (value: unknown): void => output.line(JSON.stringify(value, undefined, 2))

function remindOfToken(token: string): void {
  if (token === tokenPlaceholder)
    notes.line(`Put the token in place of ${tokenPlaceholder}, or say --show-token`)
}

/** `scale-bridge connect openwebui`. */
export async function connectOpenWebUi(options: OpenWebUiOptions): Promise<void> {
  const view = await clientView()
  const { write } = options
  const token = tokenFor(view, options.showToken === true || write !== undefined)
  const connection = openWebUiConnection(addressFor(view, options), token, options.tools)
  if (write !== undefined) {
    await putConnection(resolve(write), connection)
    return
  }
  notes.line(
    options.env
      ? "For OpenWebUI's environment; it reads the variable on its first start only"
      : 'For OpenWebUI: Admin Settings, Integrations, Tool servers, Import'
  )
  remindOfToken(token)
  if (options.env) output.line(openWebUiVariable(connection))
  else printJson([connection])
}

async function giveClaudeDesktop(entry: ServerEntry, { write }: WriteOptions): Promise<void> {
  if (write === undefined) {
    notes.line(`For ${claudeDesktopFile()}; --write puts it there`)
    printJson(claudeDesktopConfig(entry))
    return
  }
  await putServerEntry(write === true ? claudeDesktopFile() : resolve(write), entry)
  notes.line('Claude Desktop reads it when it starts')
}

/** `scale-bridge connect claude-desktop`. */
export async function connectClaudeDesktop(options: ClaudeDesktopOptions): Promise<void> {
  const file = resolve(options.settings ?? '.env')
  if (!options.demo && !existsSync(file)) {
    if (options.settings !== undefined) throw new CommandError(`${file} is not there`, 2)
    notes.line(`${file} is not there yet: \`scale-bridge init\` writes it`)
  }
  await giveClaudeDesktop(stdioEntry(options), options)
}

/** `scale-bridge connect mcp-remote`. */
export async function connectMcpRemote(options: McpRemoteOptions): Promise<void> {
  const view = await clientView()
  const token = tokenFor(view, options.showToken === true || options.write !== undefined)
  const entry = remoteEntry(addressFor(view, options), token, options.tools)
  remindOfToken(token)
  await giveClaudeDesktop(entry, options)
}

async function giveLines(
  client: string,
  options: LineOptions,
  make: (url: string, token: string, stdio: StdioOptions) => ShellLine[]
): Promise<void> {
  if (options.write !== undefined)
    throw new CommandError(`${client} has no file to write to: run the lines in a shell`, 2)
  const view = await clientView()
  const token = tokenFor(view, options.showToken === true)
  for (const { title, line } of make(addressFor(view, options), token, options)) {
    notes.line(title)
    output.line(line)
  }
  if (token === tokenPlaceholder)
    notes.line('The shell puts the token in: export MCP_BEARER_TOKEN=…')
}

/** `scale-bridge connect inspector`. */
export const connectInspector = (options: LineOptions): Promise<void> =>
  giveLines('inspector', options, inspectorLines)

/** `scale-bridge connect curl`. */
export const connectCurl = (options: LineOptions): Promise<void> =>
  giveLines('curl', options, curlLines)

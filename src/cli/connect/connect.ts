import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CommandError } from '../../lib/errors/command-error.ts'
import { coreToolCount } from '../../tools/tool-sets.ts'
import type { Io } from '../io/io.ts'
import type { SettingsOptions } from '../settings.ts'
import { type AddressOptions, addressFor, clientView, tokenFor } from './bridge-view.ts'
import {
  claudeDesktopConfig,
  claudeDesktopFile,
  type ServerEntry,
  stdioEntry,
  type StdioOptions
} from './claude-desktop.ts'
import { putClientConfig, putConnection, putServerEntry } from './client-file.ts'
import { curlLines } from './curl.ts'
import { clientConfig, clientFile, httpClients, type HttpClient } from './http-clients.ts'
import { tokenPlaceholder } from './identity.ts'
import { inspectorLines } from './inspector.ts'
import { remoteEntry } from './mcp-remote.ts'
import { n8nFields } from './n8n.ts'
import { openWebUiConnection, openWebUiVariable } from './openwebui.ts'
import { warnOfTokenInProject } from './project-file.ts'
import { formatCommand, type ShellLine } from './shell.ts'
import { checkToolSet, toolSetQuery } from './tool-set.ts'

export interface ToolSetOptions {
  /** The tool set the client lists. Default: all. */
  tools?: string
}

/** Of a client that calls a running bridge. */
export interface RemoteOptions extends AddressOptions, SettingsOptions, ToolSetOptions {
  showToken?: boolean
}

export interface WriteOptions {
  /** The file to write to; true: the client's own. */
  write?: string | true
}

export interface OpenWebUiOptions extends RemoteOptions {
  /** Over MCP instead of OpenAPI. */
  mcp?: boolean
  /** As the line of an environment variable. */
  env?: boolean
  /** The file to write to. */
  write?: string
}

/** Of a client that starts a bridge of its own. */
export interface StartOptions extends SettingsOptions, ToolSetOptions {
  /** Let it start with a simulated cluster. */
  demo?: boolean
}

export type FileOptions = RemoteOptions & WriteOptions
export type ClaudeDesktopOptions = StartOptions & WriteOptions
export type LineOptions = RemoteOptions & StartOptions & WriteOptions

const printJson = ({ stdout }: Io, value: unknown): void =>
  stdout.line(JSON.stringify(value, undefined, 2))

function remindOfToken({ stderr }: Io, token: string): void {
  if (token === tokenPlaceholder)
    stderr.say(`Replace ${tokenPlaceholder} with the token, or add --show-token`)
}

function refuseWrite(client: string, { write }: WriteOptions, instead: string): void {
  if (write !== undefined)
    throw new CommandError(`${client} has no file to write to: ${instead}`, 2)
}

/** `scale-bridge connect openwebui`. */
export async function connectOpenWebUi(io: Io, options: OpenWebUiOptions): Promise<void> {
  await checkToolSet(options.tools)
  const view = await clientView(io, options)
  const { write } = options
  const token = tokenFor(view, options.showToken === true || write !== undefined)
  const { tools, mcp } = options
  const connection = openWebUiConnection(addressFor(io, view, options), { token, tools, mcp })
  if (write !== undefined) return putConnection(io, resolve(io.cwd, write), connection)
  io.stderr.say(
    options.env
      ? "For OpenWebUI's environment; it reads the variable on its first start only"
      : 'For OpenWebUI: Admin Settings, Integrations, External Tool Servers, +, Import'
  )
  remindOfToken(io, token)
  if (options.env) io.stdout.line(openWebUiVariable(connection))
  else printJson(io, [connection])
}

async function giveClaudeDesktop(
  io: Io,
  entry: ServerEntry,
  { write }: WriteOptions
): Promise<void> {
  const own = claudeDesktopFile(io.env)
  if (write === undefined) {
    io.stderr.say(`For ${own}; --write puts it there`)
    printJson(io, claudeDesktopConfig(entry))
    return
  }
  const path = write === true ? own : resolve(io.cwd, write)
  await putServerEntry(io, path, entry)
  if (entry.env !== undefined) warnOfTokenInProject(io, path, undefined)
  io.stderr.say('Claude Desktop reads it when it starts')
}

/** The settings of a bridge that a client starts; a file that is missing is pointed out. */
function startOptions(io: Io, { settings, demo, tools }: StartOptions): StdioOptions {
  const file = resolve(io.cwd, settings ?? '.env')
  if (!demo && !existsSync(file)) {
    if (settings !== undefined) throw new CommandError(`${file} does not exist`, 2)
    io.stderr.say(`${file} does not exist yet: \`scale-bridge init\` writes it`)
  }
  return { settings: demo ? undefined : file, demo, tools }
}

/**
 * `scale-bridge connect claude-desktop`.
 * @param calledAs as the client was named: `claude` may be meant for Claude Code
 */
export async function connectClaudeDesktop(
  io: Io,
  options: ClaudeDesktopOptions,
  calledAs: string
): Promise<void> {
  await checkToolSet(options.tools)
  if (calledAs === 'claude')
    io.stderr.say(
      'claude stands for claude-desktop, Claude Desktop; Claude Code is `scale-bridge connect claude-code`'
    )
  await giveClaudeDesktop(io, stdioEntry(startOptions(io, options)), options)
}

/** `scale-bridge connect mcp-remote`. */
export async function connectMcpRemote(io: Io, options: FileOptions): Promise<void> {
  await checkToolSet(options.tools)
  const view = await clientView(io, options)
  const token = tokenFor(view, options.showToken === true || options.write !== undefined)
  const entry = remoteEntry(addressFor(io, view, options), token, options.tools)
  remindOfToken(io, token)
  await giveClaudeDesktop(io, entry, options)
}

function suggestFewerTools(
  { stderr }: Io,
  { name, toolLimit }: HttpClient,
  { tools }: ToolSetOptions
): void {
  if (toolLimit !== undefined && tools === undefined)
    stderr.say(
      `${toolLimit}: \`scale-bridge connect ${name} --tools core\` lists the ${coreToolCount} that the everyday jobs take`
    )
}

/** `scale-bridge connect cursor` and the others that read a file and call the bridge over HTTP. */
export async function connectHttpClient(io: Io, name: string, options: FileOptions): Promise<void> {
  const client = httpClients.find((each) => each.name === name)
  if (client === undefined) throw new Error(`there is no client ${name}`)
  await checkToolSet(options.tools)
  const view = await clientView(io, options)
  const { write, showToken = false } = options
  const needsToken = showToken || (write !== undefined && client.reference === undefined)
  const token = needsToken ? tokenFor(view, true) : undefined
  const url = `${addressFor(io, view, options)}/mcp${toolSetQuery(options.tools)}`
  const config = clientConfig(client, url, token)
  const own = client.file(io.env, io.cwd, process.platform)
  if (write === undefined) io.stderr.say(`For ${own}; --write puts it there`)
  if (token === undefined) io.stderr.say(client.tokenSource)
  if (token === undefined && client.reference === undefined) remindOfToken(io, tokenPlaceholder)
  if (client.command !== undefined && write === undefined) {
    io.stderr.say('Or, for yourself in all projects; the token is then kept in ~/.claude.json:')
    const command = client.command(url, token ?? tokenPlaceholder)
    io.stderr.line(formatCommand(command, io.stderr.width))
  }
  suggestFewerTools(io, client, options)
  if (write === undefined) {
    printJson(io, clientFile(client, config))
    return
  }
  const path = write === true ? own : resolve(io.cwd, write)
  await putClientConfig(io, path, client, config, token !== undefined)
  if (token !== undefined) warnOfTokenInProject(io, path, client.reference)
  io.stderr.say(client.reads)
}

/** `scale-bridge connect n8n`. */
export async function connectN8n(io: Io, options: FileOptions): Promise<void> {
  refuseWrite('n8n', options, 'enter the values in its node')
  await checkToolSet(options.tools)
  const view = await clientView(io, options)
  const token = tokenFor(view, options.showToken === true)
  const url = `${addressFor(io, view, options)}/mcp${toolSetQuery(options.tools)}`
  io.stderr.say(
    'For n8n: add the node MCP Client Tool to an AI Agent, or MCP Client as a step of its own, and enter'
  )
  remindOfToken(io, token)
  if (options.docker !== true && options.url === undefined)
    io.stderr.say('In a container 127.0.0.1 is the container itself: use --docker there')
  const fields = n8nFields(url, token)
  const width = Math.max(...fields.map(([field]) => field.length)) + 2
  for (const [field, value] of fields) io.stdout.line(field.padEnd(width) + value)
}

async function giveLines(
  io: Io,
  client: string,
  options: LineOptions,
  make: (url: string, token: string) => ShellLine[]
): Promise<void> {
  refuseWrite(client, options, 'run the lines in a shell')
  const view = await clientView(io, options)
  const token = tokenFor(view, options.showToken === true)
  for (const { title, parts } of make(addressFor(io, view, options), token)) {
    io.stderr.say(title)
    io.stdout.line(formatCommand(parts, io.stdout.width))
  }
  if (token === tokenPlaceholder)
    io.stderr.say('The shell replaces the variable: export MCP_BEARER_TOKEN=…')
}

/** `scale-bridge connect inspector`. */
export const connectInspector = (io: Io, options: LineOptions): Promise<void> =>
  giveLines(io, 'inspector', options, (url, token) =>
    inspectorLines(url, token, startOptions(io, options))
  )

/** `scale-bridge connect curl`. */
export const connectCurl = (io: Io, options: LineOptions): Promise<void> =>
  giveLines(io, 'curl', options, curlLines)

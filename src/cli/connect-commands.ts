import { type Command, InvalidArgumentError, Option } from 'commander'
import { nearest } from '../lib/nearest.ts'
import { parseBridgeUrl } from './connect/bridge-view.ts'
import type {
  ClaudeDesktopOptions,
  LineOptions,
  McpRemoteOptions,
  OpenWebUiOptions
} from './connect/connect.ts'

const load = () => import('./connect/connect.ts')

function address(text: string): string {
  try {
    return parseBridgeUrl(text)
  } catch (error) {
    throw new InvalidArgumentError(`It ${error instanceof Error ? error.message : 'is wrong'}.`)
  }
}

const urlOption = (): Option =>
  new Option('--url <url>', "the bridge's address (default: by HOST and PORT)").argParser(address)

/** A client that calls the bridge over HTTP, and has to be given the token. */
const addRemote = (connect: Command, name: string, description: string): Command =>
  connect
    .command(name)
    .description(description)
    .addOption(urlOption())
    .option('--show-token', 'with the token itself, not $MCP_BEARER_TOKEN')

const toolsOption = (): Option =>
  new Option('--tools <set>', 'offer a set of the tools: core, read, vm … (default: all)')

const addStdioOptions = (command: Command): Command =>
  command
    .option('--settings <file>', 'settings of the bridge that is started (default: ./.env)')
    .addOption(new Option('--demo', 'let it start with a simulated cluster').conflicts('settings'))

const desktopFile = "put it into Claude Desktop's file, or another, after a backup"

/** Known, so that it can be answered why there is none. */
const noFile = (): Option => new Option('--write [file]').hideHelp()

/** `scale-bridge connect`. */
export function addConnect(program: Command): void {
  const connect = program
    .command('connect')
    .description("print a client's configuration, or write it into the client's file")
    .usage('<client> [options]')
    .argument('[client...]')
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
The configuration goes to standard output, everything else to standard error. --write keeps what else
is in the file, and a copy of it as it was.

Examples:
  scale-bridge connect openwebui --docker
  scale-bridge connect claude-desktop --write
  scale-bridge help connect openwebui    more about one client`
    )

  addRemote(connect, 'openwebui', 'a connection for OpenWebUI, to import')
    .addOption(
      new Option('--docker', 'OpenWebUI runs in a container on this machine').conflicts('url')
    )
    .addOption(toolsOption())
    .option('--env', 'as the line TOOL_SERVER_CONNECTIONS=… of its environment')
    .addOption(
      new Option('--write <file>', 'put it into a file of connections, after a backup').conflicts(
        'env'
      )
    )
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge connect openwebui --show-token
  scale-bridge connect openwebui --docker --env
  scale-bridge connect openwebui --write connections.json`
    )
    .action(async (options: OpenWebUiOptions) => (await load()).connectOpenWebUi(options))

  addStdioOptions(
    connect
      .command('claude-desktop')
      .alias('claude')
      .description('an entry with which Claude Desktop starts a bridge of its own')
  )
    .addOption(toolsOption())
    .option('--write [file]', desktopFile)
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge connect claude-desktop --write
  scale-bridge connect claude-desktop --demo`
    )
    .action(async (options: ClaudeDesktopOptions) => (await load()).connectClaudeDesktop(options))

  addRemote(connect, 'mcp-remote', 'an entry that takes Claude Desktop to the running bridge')
    .addOption(toolsOption())
    .option('--write [file]', desktopFile)
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge connect mcp-remote --write
  scale-bridge connect mcp-remote --url https://bridge.example --show-token`
    )
    .action(async (options: McpRemoteOptions) => (await load()).connectMcpRemote(options))

  addStdioOptions(addRemote(connect, 'inspector', "lines for the official Inspector's CLI"))
    .addOption(noFile())
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge connect inspector
  scale-bridge connect inspector --demo`
    )
    .action(async (options: LineOptions) => (await load()).connectInspector(options))

  addRemote(connect, 'curl', 'lines for curl, over REST and over MCP')
    .addOption(noFile())
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge connect curl
  scale-bridge connect curl --url https://bridge.example --show-token`
    )
    .action(async (options: LineOptions) => (await load()).connectCurl(options))

  const clients = connect.commands.map((command) => command.name())
  connect.action(([name]: string[]): void => {
    if (name === undefined) return connect.help({ error: true })
    const meant = nearest(name, clients)
    connect.error(
      `error: unknown client '${name}', known are ${clients.join(', ')}` +
        (meant === undefined ? '' : `\n(Did you mean ${meant}?)`)
    )
  })
}

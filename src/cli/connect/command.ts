import { type Command, InvalidArgumentError, Option } from 'commander'
import { nearest } from '../../lib/text/nearest.ts'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import { parseBridgeUrl } from './bridge-view.ts'
import type { ClaudeDesktopOptions, FileOptions, LineOptions, OpenWebUiOptions } from './connect.ts'
import { httpClients } from './http-clients.ts'

const load = () => import('./connect.ts')

function address(text: string): string {
  try {
    return parseBridgeUrl(text)
  } catch (error) {
    throw new InvalidArgumentError(`It ${error instanceof Error ? error.message : 'is wrong'}.`)
  }
}

/** A client that calls the bridge over HTTP, and has to be given the token. */
const addRemote = (connect: Command, name: string, description: string): Command =>
  connect
    .command(name)
    .description(description)
    .addOption(
      new Option('--url <url>', "the bridge's address (default: by HOST and PORT)").argParser(
        address
      )
    )
    .addOption(settingsOption())
    .option('--show-token', 'with the token itself, not a variable')

const toolsOption = (): Option =>
  new Option('--tools <set>', 'list only some tools: core, read, vm … (default: all)')

const dockerOption = (client: string): Option =>
  new Option('--docker', `${client} runs in a container on this machine`).conflicts('url')

const demoOption = (): Option =>
  new Option('--demo', 'let it start with a simulated cluster').conflicts('settings')

const writeOption = (title: string): Option =>
  new Option('--write [file]', `put it into the file of ${title}, or another, after a backup`)

/** Known, so that there is a reason to give why there is none. */
const noFile = (): Option => new Option('--write [file]').hideHelp()

/** `scale-bridge connect`. */
export function addConnect(program: Command, { io, run }: CommandContext): void {
  const connect = program
    .command('connect')
    .description("print a client's configuration, or write it into its file")
    .usage('<client> [options]')
    .argument('[client...]')
    .allowUnknownOption()
    .helpCommand(false)
  explain(
    connect,
    io,
    'The configuration goes to standard output, everything else to standard error. --write keeps ' +
      'everything else in the file, and a backup of it. --tools shortens the list of tools; it is ' +
      'no permission: all tools can still be called with the token.',
    [
      'scale-bridge connect openwebui --docker',
      'scale-bridge connect cursor --tools core --write',
      'scale-bridge help connect openwebui    more about one client'
    ]
  )

  const openWebUi = addRemote(connect, 'openwebui', 'a connection for OpenWebUI, to import')
    .addOption(dockerOption('OpenWebUI'))
    .addOption(toolsOption())
    .option('--mcp', 'over MCP instead of OpenAPI')
    .option('--env', 'as the line TOOL_SERVER_CONNECTIONS=… of its environment')
    .addOption(
      new Option('--write <file>', 'put it into a file of connections, after a backup').conflicts(
        'env'
      )
    )
    .action(run(async (options: OpenWebUiOptions) => (await load()).connectOpenWebUi(io, options)))
  explain(openWebUi, io, '', [
    'scale-bridge connect openwebui --show-token',
    'scale-bridge connect openwebui --docker --env',
    'scale-bridge connect openwebui --mcp --show-token',
    'scale-bridge connect openwebui --write connections.json'
  ])

  const desktop = connect
    .command('claude-desktop')
    .alias('claude')
    .description('an entry with which Claude Desktop starts a bridge of its own')
    .addOption(settingsOption())
    .addOption(demoOption())
    .addOption(toolsOption())
    .addOption(writeOption('Claude Desktop'))
    .action(
      run(async (options: ClaudeDesktopOptions) =>
        (await load()).connectClaudeDesktop(io, options, connect.args[0] ?? '')
      )
    )
  explain(desktop, io, '', [
    'scale-bridge connect claude-desktop --write',
    'scale-bridge connect claude-desktop --demo'
  ])

  const remote = addRemote(connect, 'mcp-remote', 'connects Claude Desktop to the running bridge')
    .addOption(toolsOption())
    .addOption(writeOption('Claude Desktop'))
    .action(run(async (options: FileOptions) => (await load()).connectMcpRemote(io, options)))
  explain(remote, io, '', [
    'scale-bridge connect mcp-remote --write',
    'scale-bridge connect mcp-remote --url https://bridge.example --show-token'
  ])

  for (const { name, title, tokenSource } of httpClients) {
    const client = addRemote(connect, name, `connects ${title} to the running bridge`)
      .addOption(toolsOption())
      .addOption(writeOption(title))
      .action(
        run(async (options: FileOptions) => (await load()).connectHttpClient(io, name, options))
      )
    explain(client, io, `${tokenSource}.`, [
      `scale-bridge connect ${name}`,
      `scale-bridge connect ${name} --tools core --write`
    ])
  }

  const n8n = addRemote(connect, 'n8n', 'what to enter in the MCP nodes of n8n')
    .addOption(dockerOption('n8n'))
    .addOption(toolsOption())
    .addOption(noFile())
    .action(run(async (options: FileOptions) => (await load()).connectN8n(io, options)))
  explain(n8n, io, '', [
    'scale-bridge connect n8n --show-token',
    'scale-bridge connect n8n --docker --tools read'
  ])

  const inspector = addRemote(connect, 'inspector', "lines for the official Inspector's CLI")
    .addOption(demoOption())
    .addOption(noFile())
    .action(run(async (options: LineOptions) => (await load()).connectInspector(io, options)))
  explain(inspector, io, '', [
    'scale-bridge connect inspector',
    'scale-bridge connect inspector --demo'
  ])

  const curl = addRemote(connect, 'curl', 'lines for curl, over REST and over MCP')
    .addOption(noFile())
    .action(run(async (options: LineOptions) => (await load()).connectCurl(io, options)))
  explain(curl, io, '', [
    'scale-bridge connect curl',
    'scale-bridge connect curl --url https://bridge.example --show-token'
  ])

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

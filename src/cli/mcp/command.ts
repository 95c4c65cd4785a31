import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { structuredChoices } from '../../mcp/structured.ts'
import { settingsOption } from '../option-values.ts'
import { addInventoryOptions, faultHelp } from '../simulator/inventory-options.ts'
import type { McpOptions } from './mcp.ts'

/** `scale-bridge mcp`. */
export function addMcp(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('mcp')
    .description('serve MCP on standard input and output, for a client that starts it')
    .addOption(settingsOption())
    .option('--tools <set>', 'list only some tools: core, read, vm … (default: all)')
    .addOption(
      new Option(
        '--structured <on|off>',
        'off: results are text alone, for clients that show the model the data as well'
      ).choices(structuredChoices)
    )
    .option('--demo', 'serve a simulated cluster in the same process')
  addInventoryOptions(command).action(
    run(async (options: McpOptions) => {
      const { mcp } = await import('./mcp.ts')
      return mcp(io, options)
    })
  )
  explain(
    command,
    io,
    'An MCP client starts it; it listens on no port and needs no token. Logs go to standard error. ' +
      `The options about the simulated cluster go with --demo.\n\n${faultHelp}`,
    ['scale-bridge mcp --settings /home/me/scale-bridge/.env', 'scale-bridge mcp --demo --vms 50']
  )
}

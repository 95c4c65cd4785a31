import { type Command, Option } from 'commander'
import { approvalFloors } from '../../config/policy-settings.ts'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { port } from '../option-values.ts'
import { addInventoryOptions, faultHelp } from '../simulator/inventory-options.ts'
import type { DemoOptions } from './demo.ts'

/** `scale-bridge demo`. */
export function addDemo(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('demo')
    .description('run a simulated cluster and the bridge in front of it')
    .option('--port <n>', 'where the bridge listens (default: PORT, or 5075)', port)
  command.addOption(
    new Option(
      '--approval <floor>',
      'calls that a person approves, with a token of their own'
    ).choices(approvalFloors)
  )
  addInventoryOptions(command).action(
    run(async (options: DemoOptions) => {
      const { demo } = await import('./demo.ts')
      return demo(io, options)
    })
  )
  explain(
    command,
    io,
    'Uses MCP_BEARER_TOKEN, HOST, PORT, LOG_LEVEL and all other settings that are not about the ' +
      `cluster, from the environment alone; reads no .env.\n\n${faultHelp}`,
    [
      'scale-bridge demo',
      'scale-bridge demo --approval lose',
      'scale-bridge demo --port 8080 --vms 200 --speed 5',
      'scale-bridge demo --fault slow:2000,path=/VirDomain'
    ]
  )
}

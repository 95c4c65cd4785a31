import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { number, port, integer } from '../option-values.ts'
import { addInventoryOptions, faultHelp } from './inventory-options.ts'
import type { SimulatorCommandOptions } from './simulator.ts'

/** An option with a few values, of which the simulator has one by itself. */
const choice = (flags: string, description: string, values: string[]): Option =>
  new Option(flags, description).choices(values)

/** As the options are named here, where that is not how the simulator names them. */
interface GivenOptions extends Omit<SimulatorCommandOptions, 'expiredSession'> {
  expiredSession?: string
  sessionLifetime?: number
  taskRetention?: number
}

/** `scale-bridge simulator`. */
export function addSimulator(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('simulator')
    .description('run a simulated cluster alone, over HTTPS')
    .option('--port <n>', 'port of the first node, the others follow; 0: free ones', port, 8443)
    .option('--nodes <n>', 'how many nodes (default: 3)', number(1, 16))
  addInventoryOptions(command)
    .option('--user <name>', 'its user (default: admin)')
    .option('--password <text>', 'the password (default: admin)')
    .addOption(
      choice('--expired-session <status>', 'response to a dead session (default: 401)', [
        '401',
        '503'
      ])
    )
    .addOption(
      choice('--schema-errors <form>', 'form of a 400 for a wrong body (default: text)', [
        'text',
        'json'
      ])
    )
    .addOption(
      choice('--overlapping-writes <way>', 'a write to a busy object (default: queue)', [
        'queue',
        'fail'
      ])
    )
    .addOption(
      choice('--sessions <scope>', 'where a session is valid (default: per-node)', [
        'shared',
        'per-node'
      ])
    )
    .option(
      '--session-lifetime <seconds>',
      'an unused session ends; 0: never (default: 0)',
      integer
    )
    .option(
      '--task-retention <seconds>',
      'how long finished tasks are kept (default: 3600)',
      integer
    )
    .addOption(
      choice('--hypervisor-refusals <way>', 'as a failed task or as HTTP 500 (default: task)', [
        'task',
        'http'
      ])
    )
    .option('--clone-keeps-tags', "a clone without tags of its own keeps the source's")
    .option('--cluster-spec', 'offer GET /ClusterSpec')
    .action(
      run(async ({ expiredSession, sessionLifetime, taskRetention, ...options }: GivenOptions) => {
        const { simulator } = await import('./simulator.ts')
        return simulator(io, {
          ...options,
          ...(expiredSession !== undefined && {
            expiredSession: expiredSession === '503' ? 503 : 401
          }),
          ...(sessionLifetime !== undefined && { sessionLifetimeSeconds: sessionLifetime }),
          ...(taskRetention !== undefined && { taskRetentionSeconds: taskRetention })
        })
      })
    )
  explain(command, io, faultHelp, [
    'scale-bridge simulator',
    'scale-bridge simulator --port 0 --vms 1000 --speed 10',
    'scale-bridge simulator --expired-session 503 --fault html-502,node=1,times=5'
  ])
}

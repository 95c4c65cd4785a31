import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { number, port, integer } from '../option-values.ts'
import { type ScenarioName, scenarioNames } from '../../simulator/inventory/scenarios.ts'
import { addInventoryOptions, faultHelp } from './inventory-options.ts'
import type { SimulatorCommandOptions } from './simulator.ts'

/** Where clusters differ or are not known: the option, what it is about, its values, the default first. */
const switches: readonly (readonly [flags: string, about: string, values: readonly string[]])[] = [
  ['--expired-session <status>', 'response to a dead session', ['401', '503']],
  ['--schema-errors <form>', 'form of a 400 for a wrong body', ['text', 'json']],
  ['--overlapping-writes <way>', 'a write to a busy object', ['queue', 'fail']],
  ['--sessions <scope>', 'where a session is valid', ['per-node', 'shared']],
  ['--hypervisor-refusals <way>', 'as a failed task or as HTTP 500', ['task', 'http']],
  ['--acpi-shutdown <state>', 'state while a guest shuts down', ['running', 'shutdown']],
  ['--nested-read-only <way>', 'read-only fields of new disks and NICs', ['ignored', 'refused']],
  [
    '--virtio-unplug <rule>',
    'whether a VIRTIO disk leaves a running VM',
    ['by-version', 'always', 'with-guest', 'never']
  ],
  ['--import-boot-order <way>', 'boot order of an imported VM', ['filled', 'empty']],
  ['--missing-body <way>', 'a write without a body it could do without', ['accepted', 'refused']]
]

/** Addresses, separated by commas. */
const addresses = (text: string): string[] =>
  text
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')

/**
 * Names of scenarios, separated by commas.
 * @throws {InvalidArgumentError} naming those there are
 */
function scenarios(text: string): ScenarioName[] {
  const names = text.split(',').map((name) => name.trim())
  const known = names.map((name) => scenarioNames.find((each) => each === name))
  const unknown = names.filter((_name, i) => known[i] === undefined)
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `There is no ${unknown.join(', ')}. Scenarios: ${scenarioNames.join(', ')}.`
    )
  return known.filter((name) => name !== undefined)
}

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
    .option('--port <n>', 'port of its nodes; 0: a free one', port, 8443)
    .option('--nodes <n>', 'how many nodes (default: 3)', number(1, 16))
    .option(
      '--advertise <addresses>',
      'what the nodes say is their LAN address (default: where they listen, 127.0.0.1,127.0.0.2,…)',
      addresses
    )
  addInventoryOptions(command)
    .option('--user <name>', 'its user (default: admin)')
    .option('--password <text>', 'the password (default: admin)')
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
  for (const [flags, about, values] of switches)
    command.addOption(new Option(flags, `${about} (default: ${values[0]})`).choices(values))
  command
    .option('--clone-keeps-tags', "a clone without tags of its own keeps the source's")
    .option('--no-start-sets-affinity', 'START does not write the node it chose into the affinity')
    .option('--cluster-spec', 'offer GET /ClusterSpec')
    .option('--scenario <names>', 'problems present at start, such as healthy,drive-hot', scenarios)
    .option('--plan <file>', 'plan of faults to play, as JSON')
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
    'scale-bridge simulator --expired-session 503 --fault html-502,node=1,times=5',
    'scale-bridge simulator --plan examples/bad-days/node-dies.json'
  ])
}

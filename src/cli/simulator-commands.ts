import { type Command, InvalidArgumentError, Option } from 'commander'
import { faultKindLines } from '../simulator/fault-kinds.ts'
import {
  defaultSimulatorOptions,
  simulatedVersion,
  simulatedVersions
} from '../simulator/options.ts'
import type { DemoOptions } from './demo.ts'
import { collect, number, port, whole } from './option-values.ts'
import type { McpOptions } from './mcp.ts'
import type { SimulatorCommandOptions } from './simulator.ts'

function playedVersion(text: string): string {
  const version = simulatedVersion(text)
  if (version === undefined)
    throw new InvalidArgumentError(`It must be one of ${simulatedVersions.join(', ')}, or 9.8.`)
  return version
}

/** What the simulated cluster is like, for `demo` and `simulator`. */
function addInventoryOptions(command: Command): Command {
  const { vms, seed, speed, version } = defaultSimulatorOptions
  return command
    .option('--vms <n>', `how many VMs it holds (default: ${vms})`, number(0, 100_000))
    .option('--seed <n>', `the same number makes the same cluster (default: ${seed})`, whole)
    .option(
      '--speed <x>',
      `10 runs its tasks ten times faster (default: ${speed})`,
      number(0.01, 10_000, { whole: false })
    )
    .option(
      '--version <version>',
      `HyperCore version it plays, such as 9.8 (default: ${version})`,
      playedVersion
    )
    .option(
      '--fault <kind>',
      'break something, such as slow:2000,path=/VirDomain,times=3 (kinds: below); may be repeated',
      collect,
      []
    )
}

/** The kinds of faults, for the end of a command's help. */
const faultHelp = `
Faults: kind[:value][,field=value…]. The fields node, method, path, times,
probability and seed narrow one down.
${faultKindLines()
  .map((line) => `  ${line}`)
  .join('\n')}`

/** `scale-bridge demo`. */
export function addDemo(program: Command): void {
  addInventoryOptions(
    program
      .command('demo')
      .description('run a simulated cluster and the bridge in front of it')
      .option('--port <n>', 'where the bridge listens (default: PORT, or 5075)', port)
  )
    .addHelpText('after', faultHelp)
    .addHelpText(
      'after',
      `
Honours MCP_BEARER_TOKEN, HOST, PORT, LOG_LEVEL and what else is not about the
cluster; reads no .env.

Examples:
  scale-bridge demo
  scale-bridge demo --port 8080 --vms 200 --speed 5
  scale-bridge demo --fault slow:2000,path=/VirDomain`
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import('./demo.ts')
      await demo(options)
    })
}

/** `scale-bridge mcp`. */
export function addMcp(program: Command): void {
  addInventoryOptions(
    program
      .command('mcp')
      .description('serve MCP on standard input and output, for Claude Desktop and others')
      .option('--settings <file>', 'settings (default: ./.env); the environment wins')
      .option('--tools <set>', 'offer a set of the tools: core, read, vm … (default: all)')
      .option('--demo', 'serve a simulated cluster in the same process')
  )
    .addHelpText(
      'after',
      `
An MCP client starts it; it listens on no port and needs no token. Logs go to standard error. The
options about the simulated cluster go with --demo; \`scale-bridge demo --help\` lists the faults.

Examples:
  scale-bridge mcp --settings /home/me/scale-bridge/.env
  scale-bridge mcp --demo --vms 50`
    )
    .action(async (options: McpOptions) => {
      const { mcp } = await import('./mcp.ts')
      await mcp(options)
    })
}

/** Where clusters differ or are not known: the option, what it is about, its values, the default first. */
const switches: readonly (readonly [flag: string, about: string, values: readonly string[]])[] = [
  ['--expired-session <status>', 'answer to a dead session', ['401', '503']],
  ['--schema-errors <form>', 'form of a 400 for a wrong body', ['text', 'json']],
  ['--overlapping-writes <way>', 'a write to a busy object', ['queue', 'fail']],
  ['--sessions <scope>', 'where a session holds', ['per-node', 'shared']],
  ['--hypervisor-refusals <way>', 'as a failed task or as HTTP 500', ['task', 'http']],
  ['--acpi-shutdown <state>', 'state while a guest shuts down', ['running', 'shutdown']],
  ['--nested-read-only <way>', 'read-only fields of new disks, NICs', ['ignored', 'refused']],
  [
    '--virtio-unplug <rule>',
    'whether a VIRTIO disk leaves a running VM',
    ['by-version', 'always', 'with-guest', 'never']
  ],
  ['--import-boot-order <way>', 'boot order of an imported VM', ['filled', 'empty']],
  ['--missing-body <way>', 'a write without a body it could do without', ['accepted', 'refused']]
]

function addSwitches(command: Command): Command {
  for (const [flag, about, values] of switches)
    command.addOption(new Option(flag, `${about} (default: ${values[0]})`).choices(values))
  return command
}

const addresses = (text: string): string[] =>
  text
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')

/** `scale-bridge simulator`. */
export function addSimulator(program: Command): void {
  const command = addInventoryOptions(
    program
      .command('simulator')
      .description('run a simulated cluster alone, over HTTPS')
      .option('--port <n>', 'port of its nodes; 0: a free one', port, 8443)
      .option('--nodes <n>', 'how many nodes (default: 3)', number(1, 16))
      .option(
        '--advertise <addresses>',
        'what the nodes say is their LAN address (default: where they listen, 127.0.0.1,127.0.0.2,…)',
        addresses
      )
  )
    .option('--user <name>', 'its user (default: admin)')
    .option('--password <text>', 'the password (default: admin)')
    .option('--session-lifetime <seconds>', 'an unused session ends; 0: never (default: 0)', whole)
    .option('--task-retention <seconds>', 'how long finished tasks are kept (default: 3600)', whole)
  addSwitches(command)
    .option('--clone-keeps-tags', "a clone without tags of its own keeps the source's")
    .option('--no-start-sets-affinity', 'START does not write the node it chose into the affinity')
    .option('--cluster-spec', 'offer GET /ClusterSpec')
    .addHelpText('after', faultHelp)
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge simulator
  scale-bridge simulator --port 0 --vms 1000 --speed 10
  scale-bridge simulator --expired-session 503 --fault html-502,node=1,times=5`
    )
    .action(
      async ({
        expiredSession,
        sessionLifetime,
        taskRetention,
        ...options
      }: Omit<SimulatorCommandOptions, 'expiredSession'> & {
        expiredSession?: string
        sessionLifetime?: number
        taskRetention?: number
      }) => {
        const { simulator } = await import('./simulator.ts')
        await simulator({
          ...options,
          ...(expiredSession !== undefined && {
            expiredSession: expiredSession === '503' ? 503 : 401
          }),
          ...(sessionLifetime !== undefined && { sessionLifetimeSeconds: sessionLifetime }),
          ...(taskRetention !== undefined && { taskRetentionSeconds: taskRetention })
        })
      }
    )
}

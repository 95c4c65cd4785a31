#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { DemoOptions } from './commands/demo.ts'
import type { InitOptions } from './commands/init.ts'
import type { PinOptions } from './commands/pin.ts'
import type { SchemaImportOptions } from './commands/schema-import.ts'
import type { SchemaListOptions } from './commands/schema-list.ts'
import type { SearchOptions } from './commands/search.ts'
import type { SimulatorCommandOptions } from './commands/simulator.ts'
import { CommandError } from './commands/command-error.ts'
import { ConfigError } from './config.ts'
import { BridgeError } from './errors.ts'
import { packageVersion } from './package-info.ts'
import { defaultSimulatorOptions, simulatedVersions } from './simulator/options.ts'

/** Reads a number of an option; whole ones by default. */
function number(least: number, most: number, { whole = true } = {}): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || (whole ? !Number.isInteger(value) : !Number.isFinite(value)))
      throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number.`)
    if (value < least || value > most)
      throw new InvalidArgumentError(`It must be from ${least} to ${most}.`)
    return value
  }
}

const collect = (text: string, before: string[]): string[] => [...before, text]

const port = number(0, 65535)
const whole = number(0, Number.MAX_SAFE_INTEGER)

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
    .addOption(
      new Option('--version <version>', `HyperCore version it plays (default: ${version})`).choices(
        simulatedVersions
      )
    )
    .option(
      '--fault <kind>',
      'break something: kind[:ms][,node=0][,path=/VirDomain][,times=3]; may be repeated',
      collect,
      []
    )
}

const program = new Command('scale-bridge')
  .description('A secure, LLM-ready bridge to the SCALE Computing HyperCore REST API')
  .version(packageVersion, '-V, --version', 'print the version')
  // Lets `demo --version` mean the version it plays.
  .enablePositionalOptions()
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  scale-bridge demo        try everything on a simulated cluster
  scale-bridge init        set up a real cluster, then: scale-bridge serve
  scale-bridge help pin    more about one command`
  )

program
  .command('serve')
  .description('run the bridge with the settings of the environment and ./.env')
  .addHelpText(
    'after',
    `
The environment wins over the file. Needed: MCP_BEARER_TOKEN, SCALE_HOST, SCALE_USERNAME and
SCALE_PASSWORD; \`scale-bridge init\` asks for them and writes the file.

Examples:
  scale-bridge serve
  PORT=8080 LOG_LEVEL=debug scale-bridge serve`
  )
  .action(async () => {
    const { serve } = await import('./commands/serve.ts')
    await serve()
  })

addInventoryOptions(
  program
    .command('demo')
    .description('run a simulated cluster and the bridge in front of it')
    .option('--port <n>', 'where the bridge listens (default: PORT, or 5075)', port)
)
  .addHelpText(
    'after',
    `
Honours MCP_BEARER_TOKEN, HOST, PORT, LOG_LEVEL and what else is not about the cluster; reads no .env.

Examples:
  scale-bridge demo
  scale-bridge demo --port 8080 --vms 200 --speed 5
  scale-bridge demo --fault slow:2000,path=/VirDomain`
  )
  .action(async (options: DemoOptions) => {
    const { demo } = await import('./commands/demo.ts')
    await demo(options)
  })

program
  .command('init')
  .description('ask for the cluster and write ./.env, then check it')
  .option('--host <list>', 'addresses of the nodes, comma-separated')
  .option('--username <name>', 'cluster user')
  .addOption(
    new Option(
      '--password <text>',
      'its password; other users see it in the process list'
    ).conflicts(['passwordFile', 'passwordStdin'])
  )
  .addOption(
    new Option('--password-file <file>', 'its password, the first line of a file').conflicts(
      'passwordStdin'
    )
  )
  .option('--password-stdin', 'its password, the first line of standard input')
  .option('--oidc', 'log in through OpenID Connect')
  .option('--export-uri <uri>', 'archive of exportVM: smb://user:password@server/share/folder')
  .option('--token <text>', 'client token (default: keep the present one, or make one)')
  .option('--fingerprint <list>', 'accept only certificates with these SHA-256 fingerprints')
  .option('-y, --yes', 'accept the certificates that the nodes show')
  .option('--force', 'change an existing .env without asking, and go on if a node is silent')
  .addHelpText(
    'after',
    `
An existing .env is backed up; its other lines and comments stay.

Examples:
  scale-bridge init
  scale-bridge init --host 10.20.0.11,10.20.0.12 --username admin --password-file pw.txt --yes`
  )
  .action(async (options: InitOptions) => {
    const { init } = await import('./commands/init.ts')
    process.exitCode = await init(options)
  })

program
  .command('check')
  .description('try the settings, the cluster and what else the bridge needs')
  .addHelpText(
    'after',
    `
Ends with 1 if something failed, and says what to do about it.

Examples:
  scale-bridge check
  SCALE_HOST=10.20.0.12 scale-bridge check`
  )
  .action(async () => {
    const { check } = await import('./commands/check.ts')
    process.exitCode = await check()
  })

program
  .command('pin')
  .description('show the certificates of the nodes and pin them in ./.env')
  .argument('[host...]', 'addresses of nodes (default: SCALE_HOST)')
  .option('--write', 'write SCALE_TLS=pin and the fingerprints without asking')
  .addHelpText(
    'after',
    `
A factory cluster has a self-signed certificate. Compare the fingerprint with the one shown on a
way you trust; once it is pinned, the bridge talks to nothing else.

Examples:
  scale-bridge pin
  scale-bridge pin 10.20.0.13 --write`
  )
  .action(async (hosts: string[], options: PinOptions) => {
    const { pin } = await import('./commands/pin.ts')
    process.exitCode = await pin(hosts, options)
  })

program
  .command('search')
  .description('find operations of the HyperCore API by plain words')
  .argument('<words...>', 'what you want to do, a path, an entity or a field')
  .option('--limit <n>', 'most operations to show (default: 5)', number(1, 50))
  .option('--json', 'as JSON, as the tool query_api answers it')
  .addHelpText(
    'after',
    `
Searches the catalog; needs no cluster.

Examples:
  scale-bridge search live migration
  scale-bridge search --limit 1 --json create a user`
  )
  .action(async (words: string[], options: SearchOptions) => {
    const { searchCommand } = await import('./commands/search.ts')
    await searchCommand(words, options)
  })

const schema = program
  .command('schema')
  .description("show the catalog of the API, or import a cluster's own document")

schema
  .command('import')
  .description("bring a cluster's own OpenAPI document into the catalog")
  .argument('[file]', 'the document, as the cluster serves it at /rest/v1/openapi.json')
  .option('--live', 'ask the cluster of SCALE_HOST for it')
  .addHelpText(
    'after',
    `
What the cluster offers is taken from its document, what we wrote about it stays. It is kept beside
the session of that cluster (SCALE_HOST) and used from the next start. If anything is wrong with the
document, nothing is changed.

Examples:
  scale-bridge schema import --live
  scale-bridge schema import openapi.json`
  )
  .action(async (file: string | undefined, options: SchemaImportOptions) => {
    const { schemaImport } = await import('./commands/schema-import.ts')
    await schemaImport(file, options)
  })

schema
  .command('list')
  .description('show what is known of the API, and from where')
  .option('--json', 'as JSON, with every operation')
  .addHelpText(
    'after',
    `
Examples:
  scale-bridge schema list
  scale-bridge schema list --json`
  )
  .action(async (options: SchemaListOptions) => {
    const { schemaList } = await import('./commands/schema-list.ts')
    await schemaList(options)
  })

program
  .command('ask')
  .description('ask a question about the HyperCore API in plain words')
  .argument('<question...>', 'what you want to know')
  .addHelpText(
    'after',
    `
A model server answers it from the operations that the search finds. Needed: LLM_BASE_URL and
LLM_MODEL, from the environment or ./.env; no cluster. Ctrl-C ends it.

Examples:
  scale-bridge ask how do I put a VM under a snapshot schedule
  LLM_BASE_URL=http://127.0.0.1:11434/v1 LLM_MODEL=qwen3:4b scale-bridge ask "which call clones a VM?"`
  )
  .action(async (words: string[]) => {
    const { askCommand } = await import('./commands/ask.ts')
    process.exitCode = await askCommand(words)
  })

addInventoryOptions(
  program
    .command('simulator')
    .description('run a simulated cluster alone, over HTTPS')
    .option('--port <n>', 'port of the first node, the others follow; 0: free ones', port, 8443)
    .option('--nodes <n>', 'how many nodes (default: 3)', number(1, 16))
)
  .option('--user <name>', 'its user (default: admin)')
  .option('--password <text>', 'the password (default: admin)')
  .addOption(
    new Option('--expired-session <status>', 'answer to a dead session (default: 401)').choices([
      '401',
      '503'
    ])
  )
  .addOption(
    new Option('--schema-errors <form>', 'form of a 400 for a wrong body (default: text)').choices([
      'text',
      'json'
    ])
  )
  .addOption(
    new Option('--overlapping-writes <way>', 'a write to a busy object (default: queue)').choices([
      'queue',
      'fail'
    ])
  )
  .addOption(
    new Option('--sessions <scope>', 'where a session holds (default: per-node)').choices([
      'shared',
      'per-node'
    ])
  )
  .option('--session-lifetime <seconds>', 'an unused session ends; 0: never (default: 0)', whole)
  .option('--task-retention <seconds>', 'how long finished tasks are kept (default: 3600)', whole)
  .addOption(
    new Option(
      '--hypervisor-refusals <way>',
      'as a failed task or as HTTP 500 (default: task)'
    ).choices(['task', 'http'])
  )
  .option('--clone-keeps-tags', "a clone without tags of its own keeps the source's")
  .option('--cluster-spec', 'offer GET /ClusterSpec')
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
      const { simulator } = await import('./commands/simulator.ts')
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

/** Says what went wrong, and answers the exit code: 2 when asked wrongly, 1 when it failed. */
function report(error: unknown): number {
  // Commander has printed its message already; help and --version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`${problem}\n`)
    return 2
  }
  if (error instanceof CommandError || error instanceof BridgeError) {
    process.stderr.write(`${error.message}\n`)
    return error instanceof CommandError ? error.exitCode : 1
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  return 1
}

// The reader of a pipe may leave early: `scale-bridge check | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

// Node.js 22.8 and newer can keep compiled modules between starts; older ones do not know it.
const { enableCompileCache } = nodeModule as { enableCompileCache?: () => void }
enableCompileCache?.()

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { Command, CommanderError, Option } from 'commander'
import type { InitOptions } from './cli/init.ts'
import type { PinOptions } from './cli/pin.ts'
import { addCatalogCommands } from './cli/catalog-commands.ts'
import { CommandError } from './lib/command-error.ts'
import { addConnect } from './cli/connect-commands.ts'
import { addDemo, addMcp, addSimulator } from './cli/simulator-commands.ts'
import { ConfigError } from './config/config.ts'
import { BridgeError } from './lib/errors.ts'
import { packageVersion } from './lib/package-info.ts'

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
    const { serve } = await import('./cli/serve.ts')
    await serve()
  })

addDemo(program)

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
    const { init } = await import('./cli/init.ts')
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
    const { check } = await import('./cli/check.ts')
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
    const { pin } = await import('./cli/pin.ts')
    process.exitCode = await pin(hosts, options)
  })

addMcp(program)
addConnect(program)
addCatalogCommands(program)
addSimulator(program)

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

import { Command, CommanderError, Help } from 'commander'
import { ConfigError } from '../config/config.ts'
import { CommandError } from '../lib/errors/command-error.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { packageVersion } from '../lib/files/package-info.ts'
import { addApprovals } from './approvals/command.ts'
import { addAsk } from './ask/command.ts'
import { addAudit } from './audit/command.ts'
import { addBench } from './bench/command.ts'
import { addCheck } from './check/command.ts'
import { addConnect } from './connect/command.ts'
import type { CommandContext } from './context.ts'
import { addDemo } from './demo/command.ts'
import { addHelp, explain, helpWidth } from './help.ts'
import { addInit } from './init/command.ts'
import type { Io } from './io/io.ts'
import { addMcp } from './mcp/command.ts'
import { addPin } from './pin/command.ts'
import { addSchema } from './schema/command.ts'
import { addSearch } from './search/command.ts'
import { addServe } from './serve/command.ts'
import { addSimulator } from './simulator/command.ts'
import { addToken } from './token/command.ts'
import { addUpload } from './upload/command.ts'

/**
 * The command line: names, options and help. What a command does is loaded when it runs.
 * @param exitWith takes the exit code of the command that ran.
 */
export function buildProgram(io: Io, exitWith: (code: number) => void): Command {
  const context: CommandContext = {
    io,
    run:
      (command) =>
      async (...given) =>
        exitWith((await command(...given)) ?? 0)
  }
  const program = new Command('scale-bridge')
    .description('A secure, LLM-ready bridge to the SCALE Computing HyperCore REST API')
    .version(packageVersion, '-v, --version', 'print the version')
    // Lets `demo --version` mean the version it plays.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.raw(text),
      writeErr: (text) => io.stderr.raw(text),
      getOutHelpWidth: () => helpWidth(io),
      getErrHelpWidth: () => helpWidth(io),
      getOutHasColors: () => io.stdout.coloured,
      getErrHasColors: () => io.stderr.coloured
    })
  program.configureHelp({
    // Without their arguments, the names leave room for what they do.
    subcommandTerm: (command) => [command.name(), ...command.aliases()].join('|'),
    commandUsage: (command) => io.stdout.named(new Help().commandUsage(command))
  })
  explain(program, io, '', [
    'scale-bridge demo        try everything on a simulated cluster',
    'scale-bridge init        set up a real cluster',
    'scale-bridge serve       run the bridge for it',
    'scale-bridge help pin    more about one command'
  ])

  addServe(program, context)
  addDemo(program, context)
  addInit(program, context)
  addCheck(program, context)
  addPin(program, context)
  addApprovals(program, context)
  addUpload(program, context)
  addToken(program, context)
  addMcp(program, context)
  addConnect(program, context)
  addSearch(program, context)
  addSchema(program, context)
  addAsk(program, context)
  addBench(program, context)
  addAudit(program, context)
  addSimulator(program, context)
  program
    .command('version')
    .description('print the version')
    .action(context.run(async () => io.stdout.line(packageVersion)))
  addHelp(program, io)
  return program
}

/** Says what went wrong. Returns the exit code: 2 for a usage error, 1 for a failure. */
function report({ stderr }: Io, error: unknown): number {
  // Commander has printed its message already; help and --version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ConfigError) {
    for (const problem of error.problems) stderr.say(problem)
    return 2
  }
  if (error instanceof CommandError || error instanceof BridgeError) {
    stderr.say(error.message)
    return error instanceof CommandError ? error.exitCode : 1
  }
  stderr.line(error instanceof Error ? error.stack : String(error))
  return 1
}

/**
 * Runs one command line, without the name of the program.
 * @returns the exit code: 0, 1 if it failed, 2 if it was called wrongly, 130 if it was cancelled.
 */
export async function run(words: readonly string[], io: Io): Promise<number> {
  let exitCode = 0
  // The option's name in earlier versions.
  const argv = words[0] === '-V' ? ['--version', ...words.slice(1)] : words
  try {
    await buildProgram(io, (code) => (exitCode = code)).parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(io, error)
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { cliPath } from './run-cli.ts'

type Teardown = { teardown(handler: () => unknown): void }

export interface ProgramOptions {
  /** The folder it runs in, and where it keeps its state. */
  cwd: string
  env?: Record<string, string>
  /** Standard input; without it there is none. */
  input?: string
}

export interface SpawnOptions extends ProgramOptions {
  /** What starts the program, such as `setpriv --reuid=…`, and the program where it is another one. */
  through?: string[]
  cli?: string
  /** Run with a pseudo-terminal, by `script` of util-linux. */
  terminal?: boolean
}

export interface CliExit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A program as a process of its own. */
export interface SpawnedCli {
  process: ChildProcess
  /** What it printed so far. */
  stdout: string
  stderr: string
  exit: Promise<CliExit>
  /** Resolves with the match when what it printed, on either stream, matches. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>
  /** Types into the terminal or standard input. */
  type(text: string): void
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<CliExit>
}

const deadlineMs = 60_000

/** Starts a program as a process; it is ended with the test. Its environment holds no settings but those given. */
export function startProgram(
  t: Teardown,
  words: string[],
  options: ProgramOptions & Pick<SpawnOptions, 'terminal'>
): SpawnedCli {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: options.cwd,
    XDG_STATE_HOME: join(options.cwd, 'state'),
    ...options.env
  }
  const [command = '', ...rest] = options.terminal
    ? ['script', '-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null']
    : words
  const child = spawn(command, rest, { cwd: options.cwd, env, stdio: 'pipe' })
  if (options.terminal !== true) child.stdin.end(options.input ?? '')
  const ended = new Promise<CliExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  let changed: (() => void) | undefined

  const running: SpawnedCli = {
    process: child,
    stdout: '',
    stderr: '',
    exit: ended,
    async printed(pattern) {
      const limit = Date.now() + deadlineMs
      for (;;) {
        const match = pattern.exec(running.stdout) ?? pattern.exec(running.stderr)
        if (match !== null) return match
        const all = `${running.stdout}\n${running.stderr}`
        if (child.exitCode !== null || Date.now() > limit)
          throw new Error(`${words.join(' ')} did not print ${String(pattern)}:\n${all}`)
        await new Promise<void>((resolve) => {
          changed = resolve
          setTimeout(resolve, 200)
        })
      }
    },
    type: (text) => void child.stdin.write(text),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    }
  }
  child.stdout.on('data', (chunk: Buffer) => {
    running.stdout += chunk.toString()
    changed?.()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    running.stderr += chunk.toString()
    changed?.()
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await ended
  })
  return running
}

/** Starts a command of the compiled command line as a process. */
export function startSpawnedCli(t: Teardown, args: string[], options: SpawnOptions): SpawnedCli {
  const { through = [], cli = cliPath } = options
  return startProgram(t, [...through, process.execPath, cli, ...args], options)
}

/** Runs a command as a process to its end. */
export async function runSpawnedCli(
  t: Teardown,
  args: string[],
  options: SpawnOptions
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const running = startSpawnedCli(t, args, options)
  const { code } = await running.exit
  return { code, stdout: running.stdout, stderr: running.stderr }
}

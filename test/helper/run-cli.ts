import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createIo } from '../../src/cli/io/io.ts'
import { run } from '../../src/cli/program.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** The command line as it is built, for tests that start it as a process. */
export const cliPath = join(packageRoot, 'dist', 'cli.js')

export interface CliOptions {
  /** The folder it runs in, and where it keeps its state. */
  cwd: string
  env?: Record<string, string>
  /** Standard input; without it there is none. */
  input?: string
  /** At a terminal with this number of columns, where questions can be asked. */
  terminal?: number
  /** How the program is called, in what it prints. */
  callName?: string
}

/** A command of the command line, in this process. */
export interface RunningCli {
  /** What it printed so far. */
  stdout: string
  stderr: string
  /** Both, as a terminal shows them. */
  screen: string
  /** The exit code. */
  exit: Promise<number>
  /** Resolves with the match when what it printed, on either stream, matches. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>
  /** Types into the terminal. */
  type(text: string): void
  /** Presses Ctrl-C where the command takes it itself. */
  interrupt(): void
  /** Ends a command that runs until it is stopped, as a signal would. */
  stop(): Promise<number>
}

const deadlineMs = 60_000

const nothing = (): void => undefined

/**
 * Starts a command in this process; it is ended with the test. Its environment holds no settings but
 * those given.
 */
export function startCli(t: Teardown, args: string[], options: CliOptions): RunningCli {
  const { cwd, input, terminal, callName = 'scale-bridge' } = options
  const stream = () => {
    const pipe = new PassThrough().setEncoding('utf8')
    return Object.assign(pipe, terminal !== undefined && { isTTY: true, columns: terminal })
  }
  const [stdin, stdout, stderr] = [stream(), stream(), stream()]
  if (terminal === undefined) stdin.end(input ?? '')
  const interrupt = new AbortController()
  let end = nothing
  let isStopped = false
  let changed = nothing
  let over = false

  const told = new AbortController()
  // It may be stopped before it has said how.
  let stopWanted = false
  const stopOnce = (): void => {
    stopWanted = end === nothing
    const stop = end
    end = nothing
    stop()
  }

  const io = createIo({
    stdin,
    stdout,
    stderr,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: cwd,
      XDG_STATE_HOME: join(cwd, 'state'),
      ...options.env
    },
    cwd,
    callName: () => callName,
    untilStopped: async (close) => {
      const ended = new Promise<number>((resolve, reject) => {
        end = () => void close(told.signal).then(() => resolve(0), reject)
        if (stopWanted) stopOnce()
      })
      // Stopped before it could listen.
      if (isStopped) stopOnce()
      return { end: stopOnce, ended }
    },
    catchInterrupt: () => ({ signal: interrupt.signal, release: () => undefined })
  })

  const running: RunningCli = {
    stdout: '',
    stderr: '',
    screen: '',
    exit: run(args, io).finally(() => {
      over = true
      // What was written last has to arrive.
      setImmediate(() => changed())
    }),
    async printed(pattern) {
      const limit = Date.now() + deadlineMs
      for (;;) {
        const match = [running.stdout, running.stderr, running.screen]
          .map((text) => pattern.exec(text))
          .find((found) => found !== null)
        if (match) return match
        if (over || Date.now() > limit)
          throw new Error(`${args.join(' ')} did not print ${String(pattern)}:\n${running.screen}`)
        await new Promise<void>((resolve) => {
          changed = resolve
          setTimeout(resolve, 200)
        })
      }
    },
    type: (text) => void stdin.write(text),
    interrupt: () => interrupt.abort(),
    async stop() {
      isStopped = true
      told.abort()
      stopOnce()
      return running.exit
    }
  }
  for (const [name, pipe] of [['stdout', stdout] as const, ['stderr', stderr] as const])
    pipe.on('data', (text: string) => {
      running[name] += text
      running.screen += text
      changed()
    })
  t.teardown(async () => {
    // What waits for an answer is cancelled by the end of its input.
    stdin.end()
    if (!over) await running.stop()
  })
  return running
}

/** Runs a command to its end. */
export async function runCli(
  t: Teardown,
  args: string[],
  options: CliOptions
): Promise<{ code: number; stdout: string; stderr: string; screen: string }> {
  const running = startCli(t, args, options)
  const code = await running.exit
  await new Promise((resolve) => setImmediate(resolve))
  const { stdout, stderr, screen } = running
  return { code, stdout, stderr, screen }
}

#!/usr/bin/env node
import { callName } from './cli/call-name.ts'
import { createIo, type Interrupt } from './cli/io/io.ts'
import { run } from './cli/program.ts'

// The reader of a pipe may close it early: `scale-bridge check | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

function catchInterrupt(): Interrupt {
  const interrupt = new AbortController()
  const onInterrupt = (): void => interrupt.abort()
  process.once('SIGINT', onInterrupt)
  return { signal: interrupt.signal, release: () => void process.off('SIGINT', onInterrupt) }
}

const { env } = process
const cwd = process.cwd()

const io = createIo({
  get stdin() {
    return process.stdin
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env,
  cwd,
  callName: () => callName(env, cwd),
  untilStopped: async (close) => {
    const { closeOnSignal } = await import('./cli/io/process-lifetime.ts')
    return closeOnSignal(close, {
      say: (text) => io.stderr.say(text),
      startedByNpm: env['npm_lifecycle_event'] !== undefined
    })
  },
  catchInterrupt
})

void run(process.argv.slice(2), io).then((code) => (process.exitCode = code))

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../helper/shell.ts'
import type { Program } from './packages.ts'

type Teardown = { teardown(handler: () => unknown): void }

export interface Inspected {
  exitCode: number | null
  /** The result of the method. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape it asked for
  result: any
  /** What the Inspector says went wrong. */
  error: { code: string; message: string } | undefined
  stderr: string
}

/** Calls one method of a server, and ends. */
export type Inspect = (method: string, ...args: string[]) => Promise<Inspected>

/** A line of JSON with this name in it; the server may write lines of its own. */
function named(text: string, name: 'result' | 'error'): unknown {
  for (const line of text.split('\n')) {
    if (!line.startsWith(`{"${name}":`)) continue
    return (JSON.parse(line) as Record<string, unknown>)[name]
  }
  return undefined
}

/**
 * The Inspector in front of one server.
 * @param target how it reaches the server: an address and headers, or a program and its arguments
 */
export async function inspectorOf(
  t: Teardown,
  inspector: Program,
  target: string[]
): Promise<Inspect> {
  // It keeps files in the home folder.
  const home = await mkdtemp(join(tmpdir(), 'inspector-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  return async (method, ...args) => {
    const words = ['--cli', ...target, '--method', method, ...args, '--format', 'json']
    const { exitCode, stdout, stderr } = await run(
      inspector.command,
      [...inspector.args, ...words],
      { env: { HOME: home } }
    )
    return {
      exitCode,
      result: named(stdout, 'result'),
      error: named(stderr, 'error') as Inspected['error'],
      stderr
    }
  }
}

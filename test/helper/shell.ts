import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'

export interface Ended {
  exitCode: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  cwd?: string
  /** Written to standard input, which is closed then. */
  input?: string
}

/** Runs a program to its end, without blocking the servers of this process. */
export async function run(
  command: string,
  args: readonly string[],
  { env = {}, cwd, input = '' }: RunOptions = {}
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env }
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that ends without reading closes the pipe first.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { exitCode, stdout, stderr }
}

/** What Node.js needs to run a source file, `test/helper/…`, as a program of its own. */
export const sourceProgram = (file: string): string[] => [
  '--import',
  'ts-blank-space/register',
  join(packageRoot, file)
]

/** Why a test that needs these programs cannot run here; false where it can. */
export function missingPrograms(...names: string[]): string | false {
  const missing = names.filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status !== 0
  )
  return missing.length > 0 && `not installed here: ${missing.join(', ')}`
}

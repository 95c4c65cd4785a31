import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { run } from '../helper/shell.ts'
import type { Program } from './packages.ts'

export type Revision = '2025-11-25' | '2026-07-28'

interface Scenario {
  name: string
  /** Checks. */
  passed: number
  failed: number
}

/** What the suite found. */
export interface SuiteResult {
  /** 0 where exactly what was expected failed. */
  exitCode: number | null
  /** What the revision requires of servers; the rest is run, and not counted. */
  scored: Scenario[]
  /** All that was printed. */
  output: string
}

const ended = /^[✓✗] (\S+): (\d+) passed, (\d+) failed$/gm

/** The scenarios a revision requires of servers, as the suite itself lists them. */
async function requiredOf(suite: Program, revision: Revision): Promise<string[]> {
  const [entry = ''] = suite.args
  const file = join(entry, '../../requirements', `${revision}.yaml`)
  return (parse(await readFile(file, 'utf8')) as { server: string[] }).server
}

const expectedFile = (name: string): string =>
  join(packageRoot, 'test/conformance/expected', `${name}.yml`)

/** The scenarios that a file expects to fail, without those of which it names single checks. */
export async function expectedToFail(name: string): Promise<string[]> {
  const { server } = parse(await readFile(expectedFile(name), 'utf8')) as { server: string[] }
  return server.filter((entry) => !entry.includes(':'))
}

/**
 * Runs all that a revision requires of servers against one.
 * @param expected the file that says what may fail; what passes in spite of it is an error, too
 */
export async function runSuite(
  suite: Program,
  url: string,
  revision: Revision,
  expected?: string
): Promise<SuiteResult> {
  const baseline = expected === undefined ? [] : ['--expected-failures', expectedFile(expected)]
  const args = [...suite.args, 'server', '--url', url, '--requirements', revision, ...baseline]
  const { exitCode, stdout, stderr } = await run(suite.command, args)
  const required = new Set(await requiredOf(suite, revision))
  const scored = [...stdout.matchAll(ended)]
    .map(([, name = '', passed, failed]) => ({
      name,
      passed: Number(passed),
      failed: Number(failed)
    }))
    .filter(({ name }) => required.has(name))
  return { exitCode, scored, output: `${stdout}\n${stderr}` }
}

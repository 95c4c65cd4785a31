import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import type { Installed } from './install.ts'

/** The outcome of a step. */
export interface Result {
  name: string
  passed: boolean
  seen: string
}

const page = join(packageRoot, 'docs', 'clients', 'openwebui.md')
const block = /(<!-- tried -->)([\s\S]*)(<!-- \/tried -->)/

/** A cell: a bar ends it, an address is of this run alone. */
export const cell = (text: string): string =>
  text
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:5075')
    .replaceAll('|', '\\|')
    .slice(0, 240)

const passes = (passed: boolean): string => (passed ? 'yes' : '**no**')

/** The rows of the table that a page holds; their texts as in its cells. */
export const rowsIn = (page: string): Result[] =>
  (block.exec(page)?.[2] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    // Its head and the line below that.
    .slice(2)
    .map((line) => {
      const [, name = '', works = '', seen = ''] = line
        .split(/(?<!\\)\|/)
        .map((each) => each.trim())
      return { name, passed: works === passes(true), seen }
    })

/** Writes what was tried into the page of OpenWebUI. */
export async function writeTable(installed: Installed, results: Result[]): Promise<void> {
  const date = new Date().toISOString().slice(0, 10)
  const rows = results.map(
    ({ name, passed, seen }) => `| ${cell(name)} | ${passes(passed)} | ${cell(seen)} |`
  )
  const text = [
    `OpenWebUI ${installed.version} with Python ${installed.python}, ${date}:`,
    '',
    '| tried | works | seen |',
    '| --- | --- | --- |',
    ...rows
  ].join('\n')
  const before = await readFile(page, 'utf8')
  const after = before.replace(
    block,
    (_, begin: string, __, end: string) => `${begin}\n\n${text}\n\n${end}`
  )
  const config = await resolveConfig(page)
  await writeFile(page, await format(after, { ...config, parser: 'markdown' }))
}

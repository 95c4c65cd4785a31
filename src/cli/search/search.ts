import { describeOperation } from '../../catalog/search/describe-operation.ts'
import { searchIn } from '../../catalog/search/search.ts'
import { clusterCatalog } from '../cluster-catalog.ts'
import type { Io } from '../io/io.ts'
import { hang } from '../io/layout.ts'
import type { Style } from '../io/terminal.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'

export interface SearchOptions extends SettingsOptions {
  limit?: number
  json?: true
}

const defaultLimit = 5
/** Of the most severe that a call may be. */
const effectStyles: Record<string, Style> = { read: 'green', change: 'yellow' }

/** Prints the operations of the API that match a question, the best first. Needs no cluster. */
export async function searchCommand(
  io: Io,
  words: string[],
  options: SearchOptions
): Promise<void> {
  const { stdout, stderr } = io
  const { catalog } = await clusterCatalog(io, (await openSettings(io, options)).env)
  const search = searchIn(catalog)
  const question = words.join(' ')
  const hits = search.search(question, { limit: options.limit ?? defaultLimit })
  const found = hits.map(({ operation }) => describeOperation(catalog, operation, question))
  if (options.json === true) {
    stdout.line(JSON.stringify({ available_paths: found }, null, 2))
    return
  }
  if (found.length === 0)
    stderr.say(
      `Nothing in the API matches. Ask in other words, or for one of ${search.nearestEntities(question).join(', ')}`
    )
  const width = Math.max(...found.map(({ method }) => method.length), 0)
  for (const { method, path, description, effect, tool, example } of found) {
    const name = stdout.style('cyan', `${method.padEnd(width)} ${path}`)
    stdout.line(`${name}  ${stdout.style(effectStyles[effect] ?? 'red', effect)}`)
    for (const line of hang('  ', description, stdout.width)) stdout.line(line)
    if (tool !== undefined) stdout.line(`  tool: ${tool}`)
    if (example !== undefined) stdout.line(`  example: ${JSON.stringify(example)}`)
  }
}

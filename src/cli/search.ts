import { describeOperation } from '../catalog/search/describe-operation.ts'
import { CatalogSearch } from '../catalog/search/search.ts'
import { clusterCatalog } from './cluster-catalog.ts'
import { readEnvFile, settingsOf } from '../config/env-file.ts'
import { notes, output, type Style } from './io/terminal.ts'

export interface SearchOptions {
  limit?: number
  json?: true
}

const defaultLimit = 5
const riskStyles: Record<string, Style> = { read: 'green', write: 'yellow', destructive: 'red' }

/** Prints the operations of the API that answer a question, the best first. Needs no cluster. */
export async function searchCommand(words: string[], options: SearchOptions): Promise<void> {
  const { catalog } = await clusterCatalog(settingsOf(await readEnvFile()))
  const search = new CatalogSearch(catalog)
  const question = words.join(' ')
  const hits = search.search(question, { limit: options.limit ?? defaultLimit })
  const found = hits.map(({ operation }) => describeOperation(catalog, operation, question))
  if (options.json === true) {
    output.line(JSON.stringify({ available_paths: found }, null, 2))
    return
  }
  if (found.length === 0)
    notes.line(
      `Nothing in the API matches. Ask in other words, or for one of ${search.nearestEntities(question).join(', ')}`
    )
  const width = Math.max(...found.map(({ method }) => method.length), 0)
  for (const { method, path, description, risk, tool, example } of found) {
    const name = output.style('cyan', `${method.padEnd(width)} ${path}`)
    output.line(`${name}  ${output.style(riskStyles[risk] ?? 'dim', risk)}`)
    output.line(`  ${description}`)
    if (tool !== undefined) output.line(`  tool: ${tool}`)
    if (example !== undefined) output.line(`  example: ${JSON.stringify(example)}`)
  }
}

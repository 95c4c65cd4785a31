import type { Command } from 'commander'
import type { SchemaImportOptions } from './schema-import.ts'
import type { SchemaListOptions } from './schema-list.ts'
import { number } from './option-values.ts'
import type { SearchOptions } from './search.ts'

/** What works from the catalog of the API: `search`, `schema` and `ask`. */
export function addCatalogCommands(program: Command): void {
  program
    .command('search')
    .description('find operations of the HyperCore API by plain words')
    .argument('<words...>', 'what you want to do, a path, an entity or a field')
    .option('--limit <n>', 'most operations to show (default: 5)', number(1, 50))
    .option('--json', 'as JSON, as the tool query_api answers it')
    .addHelpText(
      'after',
      `
Searches the catalog; needs no cluster.

Examples:
  scale-bridge search live migration
  scale-bridge search --limit 1 --json create a user`
    )
    .action(async (words: string[], options: SearchOptions, command: Command) => {
      if (words.join('').trim() === '') command.error('error: the words must not be blank')
      const { searchCommand } = await import('./search.ts')
      await searchCommand(words, options)
    })

  const schema = program
    .command('schema')
    .description("show the catalog of the API, or import a cluster's own document")

  schema
    .command('import')
    .description("bring a cluster's own OpenAPI document into the catalog")
    .argument('[file]', 'the document, as the cluster serves it at /rest/v1/openapi.json')
    .option('--live', 'ask the cluster of SCALE_HOST for it')
    .option('--force', 'import it even if it lacks more than a quarter of the known operations')
    .addHelpText(
      'after',
      `
What the cluster offers is taken from its document, what we wrote about it stays. It is kept beside
the session of that cluster (SCALE_HOST) and used from the next start. If anything is wrong with the
document, nothing is changed.

Examples:
  scale-bridge schema import --live
  scale-bridge schema import openapi.json`
    )
    .action(async (file: string | undefined, options: SchemaImportOptions) => {
      const { schemaImport } = await import('./schema-import.ts')
      await schemaImport(file, options)
    })

  schema
    .command('list')
    .description('show what is known of the API, and from where')
    .option('--json', 'as JSON, with every operation')
    .addHelpText(
      'after',
      `
Examples:
  scale-bridge schema list
  scale-bridge schema list --json`
    )
    .action(async (options: SchemaListOptions) => {
      const { schemaList } = await import('./schema-list.ts')
      await schemaList(options)
    })

  program
    .command('ask')
    .description('ask a question about the HyperCore API in plain words')
    .argument('<question...>', 'what you want to know')
    .addHelpText(
      'after',
      `
A model server answers it from the operations that the search finds. Needed: LLM_BASE_URL and
LLM_MODEL, from the environment or ./.env; no cluster. Ctrl-C ends it.

Examples:
  scale-bridge ask how do I put a VM under a snapshot schedule
  LLM_BASE_URL=http://127.0.0.1:11434/v1 LLM_MODEL=qwen3:4b scale-bridge ask "which call clones a VM?"`
    )
    .action(async (words: string[]) => {
      const { askCommand } = await import('./ask.ts')
      process.exitCode = await askCommand(words)
    })
}

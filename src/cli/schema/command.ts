import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { SchemaImportOptions } from './import.ts'
import type { SchemaListOptions } from './list.ts'

/** `scale-bridge schema import` and `scale-bridge schema list`. */
export function addSchema(program: Command, { io, run }: CommandContext): void {
  const schema = program
    .command('schema')
    .description("show the catalog of the API, or import a cluster's own document")
    .helpCommand(false)
  explain(schema, io, '', ['scale-bridge schema list', 'scale-bridge help schema import'])

  const imports = schema
    .command('import')
    .description("bring a cluster's own OpenAPI document into the catalog")
    .argument('[file]', 'the document, as the cluster serves it at /rest/v1/openapi.json')
    .addOption(settingsOption())
    .option('--live', 'ask the cluster of SCALE_HOST for it')
    .option('--force', 'import it even if it lacks more than a quarter of the known operations')
    .action(
      run(async (file: string | undefined, options: SchemaImportOptions) => {
        const { schemaImport } = await import('./import.ts')
        return schemaImport(io, file, options)
      })
    )
  explain(
    imports,
    io,
    'What the cluster offers is taken from its document; our descriptions stay. The document is kept ' +
      'beside the session of that cluster (SCALE_HOST) and used from the next start. If anything is ' +
      'wrong with it, nothing is changed.',
    ['scale-bridge schema import --live', 'scale-bridge schema import openapi.json']
  )

  const list = schema
    .command('list')
    .description('show what is known of the API, and from where')
    .addOption(settingsOption())
    .option('--json', 'as JSON, with every operation')
    .action(
      run(async (options: SchemaListOptions) => {
        const { schemaList } = await import('./list.ts')
        return schemaList(io, options)
      })
    )
  explain(list, io, '', ['scale-bridge schema list', 'scale-bridge schema list --json'])
}

// Prints what a first call would make otherwise, for the build:
// node --import ts-blank-space/register openapi/built-ahead.ts
import { loadCatalog } from '../src/catalog/load.ts'
import { indexFile } from '../src/catalog/search/saved-indexes.ts'
import { searchIn } from '../src/catalog/search/search.ts'
import type { BuiltFile } from '../src/lib/files/built-file.ts'
import { builtChecksModule } from './built-checks.ts'
import { generateDocument } from './generate.ts'

const files: Record<BuiltFile, string> = {
  'search-index': indexFile(searchIn(loadCatalog()).save()),
  openapi: JSON.stringify(JSON.parse(await generateDocument()))
}
process.stdout.write(JSON.stringify({ checks: builtChecksModule(), files }))

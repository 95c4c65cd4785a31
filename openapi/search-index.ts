// Prints the search index of the bundled catalog as JSON, for the build: node --import ts-blank-space/register openapi/search-index.ts
import { loadCatalog } from '../src/catalog/load.ts'
import { indexFile } from '../src/catalog/search/saved-indexes.ts'
import { searchIn } from '../src/catalog/search/search.ts'

process.stdout.write(indexFile(searchIn(loadCatalog()).save()))

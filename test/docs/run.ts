import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { withOwner } from '../eval/owner.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { docPages, readPage } from '../helper/docs.ts'
import { asDemo, generatedPage, hasGenerated } from './generated.ts'

/** Writes the generated parts of the documentation, of each page that it can. */
await withOwner(async (owner) => {
  for (const path of docPages) {
    const before = readPage(path)
    if (!hasGenerated(before)) continue
    try {
      const page = await generatedPage(path, before, () => startTestBridge(owner, asDemo))
      writeFileSync(join(packageRoot, path), page)
      console.log(`${path}: ${page === before ? 'as it was' : 'written'}`)
    } catch (error) {
      console.error(`${path}: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  }
})

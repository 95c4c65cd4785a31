// A process that holds a lock until its standard input ends. See file-lock.slow.test.ts.
import { text } from 'node:stream/consumers'
import { withFileLock } from '../../../../src/lib/files/file-lock.ts'

const [path = ''] = process.argv.slice(2)
try {
  await withFileLock(
    path,
    async (lock) => {
      await text(process.stdin)
      await lock.check()
    },
    { beatMs: 50, abandonedMs: 300 }
  )
} catch (error) {
  process.stdout.write((error as Error).message)
}

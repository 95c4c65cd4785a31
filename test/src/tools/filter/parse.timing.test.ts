import t from 'tap'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { parseFilter } from '../../../../src/tools/filter/parse.ts'

const fields = ['name', 'state', 'tags', 'memory', 'created', 'snapshotAge', 'usedPercent']

const words = {
  field: (name: string) => fields.find((field) => field.toLowerCase() === name.toLowerCase()),
  phrase: () => undefined
}

t.test('the longest filters take no time', async (t) => {
  const startedAt = performance.now()
  for (const text of ['(', '-(', 'not ', 'state:', 'a or ', '"a" ', 'state in (', ' - '])
    try {
      parseFilter(text.repeat(500 / text.length), words)
    } catch (error) {
      t.ok(error instanceof BridgeError)
    }
  t.ok(performance.now() - startedAt < 1000)
})

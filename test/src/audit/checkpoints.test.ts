import t from 'tap'
import { checkpointEvery } from '../../../src/audit/chain/continuation.ts'
import type { Draft } from '../../../src/audit/entry.ts'
import { openRecordAt } from '../../../src/audit/open-record.ts'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { recordIn } from './helper.ts'

const drafts = (count: number): Draft[] =>
  Array.from({ length: count }, (_, at) => ({ kind: 'start', fields: { at } }))

t.test('a record signs itself once a set number of entries is unsigned', async (t) => {
  const limits = { maxBytes: 64 * 1024 ** 2, keepMs: 400 * 86_400_000 }
  const record = openRecordAt(
    { ...recordIn(t.testdir()), ...limits },
    silentLogger,
    () => new Date()
  )
  t.teardown(() => record.close())
  const few = await record.append(drafts(checkpointEvery - 2), false)
  t.equal(few.at(-1)?.kind, 'start')
  t.equal(record.unsigned, checkpointEvery - 1, 'the beginning, too')
  const more = await record.append(drafts(1), false)
  t.same(
    more.map(({ kind }) => kind),
    ['start', 'checkpoint']
  )
  t.equal(record.unsigned, 0)
  t.same(await record.append([], true), [], 'everything is signed')
})

import t from 'tap'
import { Audit } from '../../../src/audit/audit.ts'
import type { AuditEntry } from '../../../src/audit/entry.ts'
import { LeftWrites } from '../../../src/audit/left-writes.ts'
import { openLedger } from '../ledger/helper.ts'

const youngMs = 60_000

t.test('what is left after the first look is found by a later one', async (t) => {
  const { ledger } = openLedger(t)
  const audit = new Audit()
  t.teardown(() => audit.close())
  let read = 0
  let clock = 0
  async function* backwards(): AsyncGenerator<AuditEntry> {
    await audit.refresh()
    for (const entry of (await audit.since(0, 100)).entries) {
      read += 1
      yield entry
    }
  }
  const left = new LeftWrites({
    backwards,
    ledger,
    audit,
    isLedgerKept: true,
    now: () => new Date(),
    youngMs,
    monotonicMs: () => clock
  })
  const { cluster } = ledger
  const enter = async (id: string) => {
    await audit.append('write', { id, cluster })
    return ledger.begin({ id, method: 'POST', path: '/VirDomain' })
  }
  const endLeft = async (unsent = false) => left.enter(await left.find({ unsent }))

  const first = await enter('first')
  await audit.append('write', { id: 'unsent', cluster })
  t.equal(await endLeft(), 0)
  const second = await enter('second')
  clock += youngMs
  t.equal(await endLeft(), 0, 'neither has ended')
  await first.accepted({ taskTag: '', createdUUID: 'a' })
  await second.ended('UNKNOWN', 'cut')
  t.equal(await endLeft(), 1, 'the second was young when it was first seen')
  clock += youngMs
  t.equal(await endLeft(), 1)
  t.equal(await endLeft(true), 1, 'one that never reached the ledger, once its bridge has ended')
  const found = new Map([['told', { state: 'COMPLETE' }]])
  await audit.append('write', { id: 'told', cluster })
  await audit.append('outcome', { write: 'told', state: 'COMPLETE' })
  t.equal(await left.enter(found), 0, 'another bridge was faster')
  const outcomes = (await audit.since(0, 100)).entries.filter(({ kind }) => kind === 'outcome')
  t.match(outcomes.toReversed(), [
    { write: 'first', state: 'COMPLETE' },
    { write: 'second', state: 'UNKNOWN' },
    { write: 'unsent', state: 'REFUSED' },
    { write: 'told', state: 'COMPLETE' }
  ])
  await endLeft()
  read = 0
  await left.find({ unsent: false })
  t.equal(read, 1, 'no more is read where nothing was entered')
})

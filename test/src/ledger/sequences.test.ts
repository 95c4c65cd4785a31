import t from 'tap'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { type SequenceRecord, Sequences, type StepRecord } from '../../../src/ledger/sequences.ts'
import { MemoryStore, SharedMemory } from '../../../src/store/memory-store.ts'

const step: StepRecord = {
  does: 'move VM "a"',
  request: { method: 'POST', path: '/VirDomain/action' },
  state: 'PENDING',
  message: '',
  createdUUID: '',
  undo: undefined
}

const draft = () => ({
  callId: 'call',
  tool: 'evacuateNode',
  plan: '',
  targets: [],
  steps: [{ ...step }, { ...step }]
})

/** Two bridges on one store, of which the second takes the first for ended. */
function open() {
  const memory = new SharedMemory()
  const of = (takesForEnded: boolean) => {
    const presence = { show: async () => undefined, hasEnded: () => takesForEnded }
    const store = new MemoryStore(memory)
    return { store, sequences: new Sequences(new Ledger({ store, cluster: 'one', presence })) }
  }
  const [stunned, other] = [of(false), of(true)]
  const holds = async (record: SequenceRecord): Promise<boolean> => {
    const held = stunned.sequences.held(record)
    return held.holds(await stunned.store.get(held.table, held.key))
  }
  const read = async (id: string) => (await other.sequences.get(id)) as SequenceRecord
  return { stunned: stunned.sequences, other: other.sequences, store: other.store, holds, read }
}

t.test('a bridge presumed ended neither continues a sequence nor overwrites it', async (t) => {
  const { stunned, other, holds, read } = open()
  const record = await stunned.begin(draft())
  Object.assign(record.steps[0] as StepRecord, { state: 'RUNNING' })
  await stunned.save(record)
  t.ok(await holds(record))
  await other.take(await read(record.id))
  await other.markUndone(record.id, 's-other')
  const taken = { state: 'ERROR', undoneBy: 's-other', steps: [{ state: 'UNKNOWN' }, {}] }
  t.match(await read(record.id), taken)
  t.notOk(await holds(record))
  const gone = { code: 'LEDGER_UNAVAILABLE', message: /stood still for so long/ }
  await t.rejects(stunned.save(record), gone)
  await stunned.end(record, 'COMPLETE')
  t.match(await read(record.id), taken)
})

t.test('a sequence that has progressed since it was read is not taken', async (t) => {
  const { stunned, other, holds, read } = open()
  const record = await stunned.begin(draft())
  const found = await read(record.id)
  const stillRuns = { code: 'ILLEGAL_STATE', message: /is still running/ }
  await t.rejects(stunned.take(found), stillRuns, 'its owner lives')
  Object.assign(record.steps[0] as StepRecord, { state: 'COMPLETE' })
  await stunned.save(record)
  await t.rejects(other.take(found), stillRuns)
  t.ok(await holds(record))
  await stunned.end(record, 'COMPLETE')
  await t.rejects(other.take(found), stillRuns, 'it has ended, and done more than was read')
  await other.take(await read(record.id))
  t.equal((await read(record.id)).state, 'COMPLETE')
})

t.test('a sequence that is running is kept, however many there are', async (t) => {
  const { stunned, store, holds } = open()
  const record = await stunned.begin(draft())
  const later = { ...record, state: 'COMPLETE', startedAt: record.startedAt + 1 }
  const values = Array.from({ length: 500 }, (_, at) => ({ ...later, id: `s-${at}` }))
  await Promise.all(values.map((value) => store.putIfAbsent('sequences', value.id, value)))
  await stunned.begin(draft())
  t.ok(await holds(record))
})

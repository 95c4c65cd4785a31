import t from 'tap'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger, type LedgerOptions } from '../../../src/ledger/ledger.ts'
import { Sequences } from '../../../src/ledger/sequences.ts'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { SharedMemory } from '../../../src/store/memory-store.ts'
import { until } from '../../helper/simulator.ts'
import { UnsteadyStore } from '../store/unsteady-store.ts'

const vm = '4c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a31'
const write = { method: 'DELETE', path: `/VirDomain/${vm}` } as const
const accepted = { taskTag: '', createdUUID: '' }
const draft = { callId: 'call', tool: 'evacuateNode', plan: '', targets: [], steps: [] }

interface Opening extends Pick<LedgerOptions, 'presence' | 'logger'> {
  memory?: SharedMemory
}

function open({ memory, ...options }: Opening = {}) {
  const store = new UnsteadyStore(memory)
  const ledger = new Ledger({ store, cluster: 'one', retryMs: 20, ...options })
  const states = async (): Promise<string[]> =>
    (await ledger.writes()).map(({ state }) => state).toSorted()
  return { store, ledger, states, calls: new Calls(ledger), sequences: new Sequences(ledger) }
}

t.test(
  'a write whose entry failed, and is there all the same, is one that was not sent',
  async (t) => {
    const { store, ledger, states } = open()
    store.fails = 'once it has written'
    await t.rejects(ledger.begin(write), { code: 'LEDGER_UNAVAILABLE' })
    await until(async () => (await states())[0] === 'REFUSED')
    t.match(await ledger.writes(), [{ message: /^Not sent/ }])
    store.fails = 'always'
    await t.rejects(ledger.begin(write), { code: 'LEDGER_UNAVAILABLE' })
    store.fails = 'never'
    await ledger.close()
    t.same(await states(), ['REFUSED'], 'one that is not there stays so')
  }
)

t.test('how a write ended while the store was away is entered when it is back', async (t) => {
  const { store, ledger, states } = open()
  const plain = await ledger.begin(write)
  const task = await ledger.begin(write)
  const early = await ledger.begin(write)
  await early.accepted({ taskTag: '8', createdUUID: '' })
  store.fails = 'always'
  await plain.accepted(accepted)
  await task.accepted({ taskTag: '7', createdUUID: '' })
  await ledger.describeTask('7', { doing: 'deleting it' })
  await ledger.describeTask('of another', { doing: 'nothing' })
  await ledger.taskEnded({ taskTag: '7', state: 'ERROR', message: 'no room' })
  await ledger.taskEnded({ taskTag: '8', state: 'COMPLETE', message: '' })
  await ledger.taskEnded({ taskTag: 'of another', state: 'COMPLETE', message: '' })
  await t.rejects(ledger.writes(), { code: 'LEDGER_UNAVAILABLE' })
  await t.rejects(ledger.running(vm), { code: 'LEDGER_UNAVAILABLE' })
  store.fails = 'never'
  t.same(await states(), ['RUNNING', 'SENDING', 'SENDING'])
  await until(async () => (await states()).join(' ') === 'COMPLETE COMPLETE ERROR')
  t.match(await ledger.byTask('7'), { message: 'no room', words: { doing: 'deleting it' } })
  await ledger.close()
})

t.test('a call that ended meanwhile has its response for a caller that repeats it', async (t) => {
  const { store, ledger, calls } = open()
  const request = { tool: 'deleteVM', caller: 'one', args: { vm }, targets: [vm] }
  const { signal } = new AbortController()
  const call = () =>
    calls.run(request, { again: false, idempotent: false, signal }, async () => {
      const sent = await ledger.begin(write)
      store.fails = 'always'
      await sent.accepted(accepted)
      return { n: 1 }
    })
  t.match(await call(), { kind: 'ran' })
  store.fails = 'never'
  await until(async () => {
    const { earlier } = (await call()) as { earlier?: { call: { state: string } } }
    return earlier?.call.state === 'DONE'
  })
  t.match(await call(), { kind: 'repeated', earlier: { call: { response: { n: 1 } } } })
  t.equal((await ledger.writes()).length, 1)
  await ledger.close()
})

t.test('a sequence that ended meanwhile has ended, and can be undone', async (t) => {
  const { store, ledger, sequences } = open()
  const record = await sequences.begin(draft)
  store.fails = 'always'
  await sequences.end(record, 'COMPLETE')
  store.fails = 'never'
  t.match(await sequences.get(record.id), { state: 'RUNNING', isLeft: false })
  await until(async () => (await sequences.get(record.id))?.state === 'COMPLETE')
  await ledger.close()
})

t.test(
  'a call, or a sequence, whose entry failed and is there all the same keeps no caller waiting',
  async (t) => {
    const { store, ledger, calls, sequences } = open()
    const request = { tool: 'deleteVM', caller: 'one', args: { vm }, targets: [vm] }
    const { signal } = new AbortController()
    let ran = 0
    const call = () =>
      calls.run(request, { again: false, idempotent: false, signal }, async () => (ran += 1))
    store.fails = 'once it has written'
    await t.rejects(call(), { code: 'LEDGER_UNAVAILABLE' })
    await until(async () => (await store.all('calls')).size === 0)
    t.match(await call(), { kind: 'ran' })
    t.equal(ran, 1)
    store.fails = 'once it has written'
    await t.rejects(sequences.begin(draft), { code: 'LEDGER_UNAVAILABLE' })
    await until(async () => (await sequences.list()).length === 0)
    await ledger.close()
  }
)

t.test('what was kept although it failed is not taken for the work of others', async (t) => {
  const lines: unknown[] = []
  const warn = (...line: unknown[]): void => void lines.push(line)
  const { store, ledger, sequences } = open({ logger: { ...silentLogger, warn } })
  const record = await sequences.begin(draft)
  store.fails = 'once it has written'
  await sequences.end(record, 'COMPLETE')
  await ledger.close()
  t.match(await sequences.get(record.id), { state: 'COMPLETE' })
  t.match(lines, [[{}, /tried again/]])
  t.notMatch(JSON.stringify(lines), /others took/)
})

t.test('what a sequence was undone by is kept once it can be', async () => {
  const { store, ledger, sequences } = open()
  const record = await sequences.begin(draft)
  await sequences.end(record, 'COMPLETE')
  store.fails = 'always'
  await sequences.markUndone(record.id, 's-other')
  store.fails = 'never'
  await until(async () => (await sequences.get(record.id))?.undoneBy === 's-other')
  await ledger.close()
})

/** Two bridges on one store, of which the second takes the first for ended. */
function openTwo() {
  const memory = new SharedMemory()
  const presence = { show: async () => undefined, hasEnded: () => true }
  return { presence, cutOff: open({ memory }), other: open({ memory, presence }) }
}

t.test(
  'a bridge that was cut off knows more of its writes than the one that took it for ended',
  async (t) => {
    const { cutOff, other } = openTwo()
    const task = await cutOff.ledger.begin(write)
    const plain = await cutOff.ledger.begin(write)
    Object.assign(cutOff.store, { fails: 'once it has written', after: 'always' })
    await t.rejects(cutOff.ledger.begin(write), { code: 'LEDGER_UNAVAILABLE' })
    await task.accepted({ taskTag: '7', createdUUID: '' })
    await plain.accepted(accepted)
    await other.ledger.recover()
    cutOff.store.fails = 'never'
    await until(async () => (await other.states()).join(' ') === 'COMPLETE REFUSED RUNNING')
    t.match(await other.ledger.byTask('7'), { message: '', endedAt: 0 })
    await cutOff.ledger.close()
  }
)

t.test('one that was seen to live before it could be entered as ended has not ended', async (t) => {
  const { presence, cutOff, other } = openTwo()
  const plain = await cutOff.ledger.begin(write)
  other.store.fails = 'writing'
  await other.ledger.recover()
  presence.hasEnded = () => false
  other.store.fails = 'never'
  await other.ledger.close()
  t.same(await other.states(), ['SENDING'])
  await plain.accepted(accepted)
  t.same(await other.states(), ['COMPLETE'])
  await cutOff.ledger.close()
})

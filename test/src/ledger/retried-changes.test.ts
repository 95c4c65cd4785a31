import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { RetriedChanges } from '../../../src/ledger/retried-changes.ts'
import { Sequences } from '../../../src/ledger/sequences.ts'
import { silentLogger } from '../../../src/lib/logger.ts'
import type { Decide } from '../../../src/store/journaled-store.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { StoreError } from '../../../src/store/store.ts'
import { until } from '../../helper/simulator.ts'

const vm = '4c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a31'
const write = { method: 'DELETE', path: `/VirDomain/${vm}` } as const
const accepted = { taskTag: '', createdUUID: '' }
const failure = (): StoreError => new StoreError('it is away')

/** A store that goes away, also once it has written something, as a database that is lost does. */
class UnsteadyStore extends MemoryStore {
  fails: 'never' | 'always' | 'after writing' = 'never'

  protected override async change(decide: Decide): Promise<void> {
    if (this.fails === 'always') throw failure()
    await super.change(decide)
    if (this.fails === 'after writing') throw failure()
  }

  protected override async refresh(): Promise<void> {
    if (this.fails === 'always') throw failure()
    await super.refresh()
  }
}

function open() {
  const store = new UnsteadyStore()
  const ledger = new Ledger({ store, cluster: 'one', retryMs: 20 })
  const states = async (): Promise<string[]> =>
    (await ledger.writes()).map(({ state }) => state).toSorted()
  return { store, ledger, states, calls: new Calls(ledger), sequences: new Sequences(ledger) }
}

t.test('what the store does not accept is applied once it does, in its order', async (t) => {
  const changes = new RetriedChanges({ logger: silentLogger, pauseMs: 5 })
  const applied: string[] = []
  let isAway = true
  const change = (key: string, name: string): Promise<void> =>
    changes.apply(key, async () => {
      // A later one would overtake it.
      if (name === 'a1') await sleep(20)
      if (isAway) throw failure()
      applied.push(name)
    })
  await Promise.all([change('a', 'a1'), change('a', 'a2'), change('b', 'b1')])
  await change('a', 'a3')
  t.same(applied, [])
  isAway = false
  await change('c', 'c1')
  t.same(applied, ['c1'], 'other keys do not wait')
  await until(async () => applied.length === 5)
  t.same(
    applied.filter((name) => name.startsWith('a')),
    ['a1', 'a2', 'a3']
  )
  await change('a', 'a4')
  t.equal(applied.at(-1), 'a4')
  await changes.close()
})

t.test('what fails for another reason is not tried again, and holds nothing up', async (t) => {
  const changes = new RetriedChanges({ logger: silentLogger, pauseMs: 5 })
  let tries = 0
  await changes.apply('a', async () => {
    tries += 1
    throw new TypeError('of our own')
  })
  let isApplied = false
  await changes.apply('a', async () => void (isApplied = true))
  await sleep(30)
  t.same([tries, isApplied], [1, true])
  await changes.close()
})

t.test('the end tries once more, and names what is left', async (t) => {
  const lines: unknown[] = []
  const note = (...line: unknown[]): void => void lines.push(line)
  const logger = { ...silentLogger, warn: note }
  const changes = new RetriedChanges({ logger, pauseMs: 60_000 })
  const tries = { kept: 0, lost: 0 }
  await changes.apply('kept', async () => {
    if (++tries.kept === 1) throw failure()
  })
  await changes.apply('lost', async () => {
    tries.lost += 1
    throw failure()
  })
  await changes.close()
  t.same(tries, { kept: 2, lost: 2 })
  t.match(lines.at(-1), [{ keys: ['lost'] }, /ends before/])
})

t.test(
  'a write whose entry failed, and is there all the same, is one that was not sent',
  async (t) => {
    const { store, ledger, states } = open()
    store.fails = 'after writing'
    await t.rejects(ledger.begin(write), { code: 'LEDGER_UNAVAILABLE' })
    store.fails = 'never'
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

t.test('a call that ended meanwhile has its response for whoever repeats it', async (t) => {
  const { store, ledger, calls } = open()
  const request = { tool: 'deleteVM', caller: 'one', args: { vm }, targets: [vm] }
  const { signal } = new AbortController()
  const call = () =>
    calls.run(request, { again: false, repeatable: false, signal }, async () => {
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

t.test('a sequence that ended meanwhile has ended, and can be taken back', async (t) => {
  const { store, ledger, sequences } = open()
  const draft = { callId: 'call', tool: 'evacuateNode', plan: '', targets: [], steps: [] }
  const record = await sequences.begin(draft)
  store.fails = 'always'
  await sequences.end(record, 'COMPLETE')
  store.fails = 'never'
  t.match(await sequences.get(record.id), { state: 'RUNNING', isLeft: false })
  await until(async () => (await sequences.get(record.id))?.state === 'COMPLETE')
  await ledger.close()
})

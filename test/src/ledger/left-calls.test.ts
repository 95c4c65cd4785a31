import { join } from 'node:path'
import t, { type Test } from 'tap'
import { BridgeError } from '../../../src/lib/errors/errors.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { thisProcess } from '../../../src/lib/process/process-identity.ts'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { MemoryStore, SharedMemory } from '../../../src/store/memory-store.ts'
import type { Store } from '../../../src/store/store.ts'

const vm = '4c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a31'
const { signal } = new AbortController()
const once = { again: false, idempotent: false, signal }
const again = { ...once, again: true }
const request = { tool: 'cloneVM', caller: 'one', args: { vmUUID: vm }, targets: [vm] }
const minute = 60_000

/** A bridge on a store, to which what others left looks as `takesForEnded` says. */
function openBridge(store: Store, clock: { now: number }, takesForEnded = false) {
  const now = (): number => clock.now
  const presence = { show: async () => undefined, hasEnded: () => takesForEnded }
  const ledger = new Ledger({ store, cluster: 'cluster', now, presence })
  return { store, ledger, calls: new Calls(ledger, now) }
}

type Bridge = ReturnType<typeof openBridge>

const begin = ({ ledger }: Bridge) =>
  ledger.begin({ method: 'POST', path: `/VirDomain/${vm}/clone`, body: {} })

/** Sends one write, whose task ends. */
async function act(bridge: Bridge): Promise<string> {
  const write = await begin(bridge)
  await write.accepted({ taskTag: '', createdUUID: '' })
  return 'done'
}

/** A point at which something stands still until the test releases it. */
function halt() {
  let reach = (): void => undefined
  let release = (): void => undefined
  const reached = new Promise<void>((resolve) => (reach = resolve))
  const released = new Promise<void>((resolve) => (release = resolve))
  const stop = async (): Promise<void> => {
    reach()
    await released
  }
  return { stop, reached, release: () => release() }
}

/** A call of a bridge that stands still before its write, and after what it does first. */
async function standsStill(bridge: Bridge, first = async (): Promise<unknown> => undefined) {
  const { stop, reached, release } = halt()
  const running = bridge.calls.run(request, once, async () => {
    await first()
    await stop()
    return act(bridge)
  })
  await reached
  return { running, release }
}

/** Many calls of others, so that what is old is forgotten with the end of each call. */
async function fill({ store }: Bridge, now: number): Promise<void> {
  const call = { cluster: 'cluster', tool: 'x', targets: [], fingerprint: 'x', owner: thisProcess }
  const ended = { ...call, state: 'DONE', startedAt: now, endedAt: now }
  await Promise.all(
    Array.from({ length: 200 }, (_, at) =>
      store.putIfAbsent('calls', `x ${at}`, { ...ended, callId: `x${at}` })
    )
  )
}

/** Any other call, from its start to its end. */
const otherCall = (bridge: Bridge) =>
  bridge.calls.run({ ...request, args: { other: 1 } }, again, () => act(bridge))

/** Two bridges on one store, of which the second takes the first for ended. */
const engines: Record<
  string,
  (t: Test) => { stunned: Bridge; other: Bridge; clock: { now: number } }
> = {
  memory() {
    const clock = { now: 1_700_000_000_000 }
    const memory = new SharedMemory()
    const stunned = openBridge(new MemoryStore(memory), clock)
    return { clock, stunned, other: openBridge(new MemoryStore(memory), clock, true) }
  },
  folder(t) {
    const clock = { now: 1_700_000_000_000 }
    const folder = join(t.testdir(), 'store')
    const stores = [new FileStore(folder), new FileStore(folder)] as const
    t.teardown(() => Promise.all(stores.map((store) => store.close())))
    return {
      clock,
      stunned: openBridge(stores[0], clock),
      other: openBridge(stores[1], clock, true)
    }
  }
}

for (const [engine, open] of Object.entries(engines)) {
  t.test(`${engine}: a left call that may have acted is not forgotten among many`, async (t) => {
    const { stunned, other, clock } = open(t)
    const lost = halt()
    const running = [undefined, 'order-1'].map((idempotencyKey) =>
      stunned.calls.run({ ...request, idempotencyKey }, once, async () => {
        await begin(stunned)
        await lost.stop()
      })
    )
    await lost.reached
    while ((await stunned.ledger.writes()).length < 2) await new Promise(setImmediate)
    await other.ledger.recover()
    await fill(other, clock.now)
    await otherCall(other)
    for (const idempotencyKey of [undefined, 'order-1'])
      t.match(await other.calls.run({ ...request, idempotencyKey }, once, () => act(other)), {
        kind: 'repeated',
        earlier: { isInProgress: false, writes: [{ state: 'UNKNOWN' }] }
      })
    t.equal((await other.ledger.writes()).length, 3)
    clock.now += 11 * minute
    await otherCall(other)
    t.equal((await other.store.all('calls')).size, 1, 'it is forgotten ten minutes later')
    lost.release()
    await Promise.all(running)
  })

  t.test(`${engine}: a bridge presumed ended continues where its call is kept`, async (t) => {
    const { stunned, other, clock } = open(t)
    const { running, release } = await standsStill(stunned, () => act(stunned))
    await fill(other, clock.now)
    await otherCall(other)
    t.match(await other.calls.run(request, once, () => act(other)), { kind: 'repeated' })
    release()
    t.match(await running, { kind: 'ran' })
    t.match(await other.calls.run(request, once, () => act(other)), {
      kind: 'repeated',
      earlier: { call: { state: 'DONE', response: 'done' }, writes: { length: 2 } }
    })
  })

  t.test(`${engine}: a bridge presumed ended sends nothing once its call is deleted`, async (t) => {
    const { stunned, other, clock } = open(t)
    const { running, release } = await standsStill(stunned)
    await fill(other, clock.now)
    await otherCall(other)
    t.equal((await other.store.all('calls')).size, 201, 'it is forgotten')
    release()
    await t.rejects(running, { code: 'LEDGER_UNAVAILABLE', message: /held up for so long/ })
    t.match(await other.calls.run(request, once, () => act(other)), { kind: 'ran' })
    t.equal((await other.ledger.writes()).length, 2)
  })

  t.test(
    `${engine}: one whose call was taken over by a call that failed sends nothing`,
    async (t) => {
      const { stunned, other } = open(t)
      const { running, release } = await standsStill(stunned)
      const fail = async (): Promise<never> => {
        throw new BridgeError('NOT_FOUND', 'no such VM')
      }
      await t.rejects(other.calls.run(request, once, fail), { code: 'NOT_FOUND' })
      t.equal((await other.store.all('calls')).size, 0)
      release()
      await t.rejects(running, { code: 'LEDGER_UNAVAILABLE' })
      t.same(await other.ledger.writes(), [])
    }
  )

  t.test(`${engine}: the end of a call is kept although it was forgotten`, async (t) => {
    const { stunned, other, clock } = open(t)
    const after = halt()
    const running = stunned.calls.run(request, once, async () => {
      await act(stunned)
      await after.stop()
      return 'late'
    })
    await after.reached
    clock.now += 11 * minute
    await fill(other, clock.now)
    await otherCall(other)
    t.equal((await other.store.all('calls')).size, 201, 'it is forgotten')
    after.release()
    await running
    t.match(await other.calls.run(request, once, () => act(other)), {
      kind: 'repeated',
      earlier: { call: { response: 'late' } }
    })
  })

  t.test(`${engine}: what was insisted on over a left call stops that one`, async (t) => {
    const { stunned, other } = open(t)
    const { running, release } = await standsStill(stunned, () => act(stunned))
    t.match(await other.calls.run(request, again, () => act(other)), { kind: 'ran' })
    release()
    await t.rejects(running, { code: 'LEDGER_UNAVAILABLE' })
    t.equal((await other.ledger.writes()).length, 2)
  })
}

t.test('a call continues beside one that was insisted on and sent nothing', async (t) => {
  const clock = { now: 1_700_000_000_000 }
  const bridge = openBridge(new MemoryStore(), clock)
  const { running, release } = await standsStill(bridge, () => act(bridge))
  const fail = async (): Promise<never> => {
    throw new BridgeError('NOT_FOUND', 'no such VM')
  }
  await t.rejects(bridge.calls.run(request, again, fail), { code: 'NOT_FOUND' })
  release()
  t.match(await running, { kind: 'ran' })
  t.match(await bridge.calls.run(request, once, () => act(bridge)), {
    kind: 'repeated',
    earlier: { call: { response: 'done' }, writes: { length: 2 } }
  })
})

/** A memory store that can be stopped right before it swaps a call. */
class HaltingStore extends MemoryStore {
  beforeSwap: (value?: JsonObject) => Promise<void> = async () => undefined

  override async swap(...args: Parameters<MemoryStore['swap']>): Promise<boolean> {
    if (args[0] === 'calls') await this.beforeSwap(args[3])
    return super.swap(...args)
  }
}

/** Two bridges, of which the first one's call is stopped right before its write, the second one's at a swap. */
function openHalting() {
  const clock = { now: 1_700_000_000_000 }
  const memory = new SharedMemory()
  const stunned = openBridge(new MemoryStore(memory), clock)
  const store = new HaltingStore(memory)
  const other = openBridge(store, clock, true)
  const [before, after, atSwap] = [halt(), halt(), halt()]
  const running = stunned.calls.run(request, once, async () => {
    await before.stop()
    await act(stunned)
    await after.stop()
    return act(stunned)
  })
  return { clock, stunned, store, other, before, after, atSwap, running }
}

t.test('a write that is entered while another takes the call over is reported', async (t) => {
  const { store, other, before, after, atSwap, running } = openHalting()
  await before.reached
  store.beforeSwap = atSwap.stop
  const repetition = other.calls.run(request, once, () => act(other))
  await atSwap.reached
  before.release()
  await after.reached
  atSwap.release()
  t.match(await repetition, { kind: 'repeated', earlier: { writes: [{ state: 'COMPLETE' }] } })
  after.release()
  t.match(await running, { kind: 'ran' }, 'it has its call back')
  t.equal((await other.ledger.writes()).length, 2)
  t.match(await other.calls.run(request, once, () => act(other)), {
    kind: 'repeated',
    earlier: { call: { state: 'DONE' } }
  })
})

t.test('a write that is entered while its call is forgotten keeps it', async (t) => {
  const { clock, store, other, before, after, atSwap, running } = openHalting()
  await before.reached
  await fill(other, clock.now)
  store.beforeSwap = atSwap.stop
  const forgetting = otherCall(other)
  await atSwap.reached
  before.release()
  await after.reached
  atSwap.release()
  await forgetting
  t.match(await other.calls.run(request, once, () => act(other)), { kind: 'repeated' })
  after.release()
  t.match(await running, { kind: 'ran' }, 'it has its call back')
})

t.test(
  'a call that is repeated while the one left before it is forgotten is not forgotten',
  async (t) => {
    const { clock, stunned, store, other, before, atSwap, running } = openHalting()
    await before.reached
    await fill(other, clock.now)
    store.beforeSwap = async (value) => {
      if (value?.['isTaken'] === true) await atSwap.stop()
    }
    const forgetting = otherCall(other)
    await atSwap.reached
    // Another one has forgotten it, and runs the same call.
    const third = openBridge(stunned.store, clock, true)
    for (const [key, { version, value }] of await third.store.all('calls'))
      if (value['state'] === 'RUNNING') await third.store.swap('calls', key, version, undefined)
    const inWork = halt()
    const repeated = third.calls.run(request, once, async () => {
      await act(third)
      await inWork.stop()
    })
    await inWork.reached
    atSwap.release()
    await forgetting
    const fourth = openBridge(stunned.store, clock)
    const found = await fourth.calls.run(request, once, () => act(fourth))
    t.match(found, { kind: 'repeated', earlier: { writes: { length: 1 } } })
    inWork.release()
    t.match(await repeated, { kind: 'ran' })
    before.release()
    await t.rejects(running, { code: 'LEDGER_UNAVAILABLE' })
    t.equal((await fourth.ledger.writes()).length, 2, 'that of the other call, and one of this')
  }
)

t.test('a process that was stopped while it took a call over leaves it to the next', async (t) => {
  const { store, other, before, running } = openHalting()
  await before.reached
  const [[key, { version, value }]] = [...(await store.all('calls'))] as [
    [string, { version: number; value: object }]
  ]
  await store.swap('calls', key, version, { ...value, isTaken: true })
  before.release()
  await t.rejects(running, { code: 'LEDGER_UNAVAILABLE' })
  t.match(await other.calls.run(request, once, () => act(other)), { kind: 'ran' })
  t.equal((await other.ledger.writes()).length, 1)
})

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { type ProcessIdentity, thisProcess } from '../../../src/lib/process/process-identity.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { HeartbeatFiles } from '../../../src/store/heartbeat-files.ts'
import { Presence } from '../../../src/store/presence.ts'
import { until } from '../../helper/simulator.ts'
import { Neighbour, noOwnSpace } from './neighbour.ts'

/** Long enough for a machine that is busy. */
const timings = { beatMs: 100, ttlMs: 2_000 }

const elsewhere: Partial<ProcessIdentity> = { host: 'another', space: 'another' }
/** A container with our host name, in which our pid is another's, too. */
const twin: Partial<ProcessIdentity> = {
  host: thisProcess.host,
  pid: thisProcess.pid,
  space: 'another'
}

/** The ledger of a bridge in this process, and what starts others on its folder. */
async function open(t: Test) {
  const folder = t.testdir()
  const heartbeats = join(folder, 'bridges')
  const presence = new Presence(new HeartbeatFiles(heartbeats), silentLogger, timings)
  const store = new FileStore(folder)
  const ledger = new Ledger({ store, cluster: 'cluster', presence })
  presence.onEnded(() => void ledger.recover())
  t.teardown(async () => {
    await presence.close()
    await store.close()
  })
  await presence.start()
  const calls = new Calls(ledger)
  let acted = 0
  return {
    presence,
    ledger,
    fileOf: ({ nonce }: ProcessIdentity): string => join(heartbeats, nonce),
    start: (identity: Partial<ProcessIdentity> = {}, options = {}): Promise<Neighbour> =>
      Neighbour.start(t, { folder, timings, identity }, options),
    /** Repeats the call of a key. @returns how it ended, and whether anything acted */
    repeat: async (key: string) => {
      const { signal } = new AbortController()
      const request = {
        tool: 'createVM',
        caller: 'one',
        args: {},
        targets: [],
        idempotencyKey: key
      }
      const before = acted
      const { kind } = await calls.run(
        request,
        { again: false, idempotent: false, signal },
        async () => {
          const write = await ledger.begin({ method: 'POST', path: '/VirDomain' })
          acted += 1
          await write.accepted({ taskTag: '', createdUUID: '' })
        }
      )
      return { kind, acted: acted > before }
    },
    states: async () => (await ledger.writes()).map(({ state }) => state)
  }
}

t.test('what a container has left is ended by the one that takes its place', async (t) => {
  const { presence, start, repeat, fileOf, states } = await open(t)
  const first = await start(elsewhere)
  await first.call('sent', 'within')
  const second = await start({ ...elsewhere, host: 'a third' })
  await second.call('claimed', 'before')
  t.same(await repeat('sent'), { kind: 'repeated', acted: false })
  await Promise.all([first.kill(), second.kill()])
  const killed = performance.now()
  t.notOk(presence.hasEnded(first.identity), 'it may live')
  t.same(await states(), ['SENDING'])
  t.same(await repeat('claimed'), { kind: 'repeated', acted: false }, 'nor is it taken over')
  await until(async () => (await states())[0] === 'UNKNOWN')
  const afterMs = performance.now() - killed
  t.ok(afterMs > timings.ttlMs - timings.beatMs * 2, `ended ${afterMs} ms after`)
  t.same(await repeat('sent'), { kind: 'repeated', acted: false }, 'it may have been carried out')
  await until(() => presence.hasEnded(second.identity))
  t.same(await repeat('claimed'), { kind: 'ran', acted: true }, 'nothing of it was sent')
  await until(() => !existsSync(fileOf(first.identity)) && !existsSync(fileOf(second.identity)))
  await sleep(timings.ttlMs)
  t.ok(presence.hasEnded(first.identity), 'and it stays so')
})

t.test('one that is killed on this machine is found to have ended at once', async (t) => {
  const { presence, start, states, fileOf } = await open(t)
  const neighbour = await start()
  await neighbour.call('sent', 'within')
  await neighbour.kill()
  const killed = performance.now()
  t.ok(presence.hasEnded(neighbour.identity))
  await until(async () => (await states())[0] === 'UNKNOWN')
  t.ok(performance.now() - killed < timings.ttlMs / 2)
  await until(() => !existsSync(fileOf(neighbour.identity)))
})

t.test('a living container with our host name and pid keeps its call', async (t) => {
  const { presence, start, repeat, states } = await open(t)
  const neighbour = await start(twin)
  t.match(neighbour.identity, { host: thisProcess.host, pid: process.pid })
  await neighbour.call('claimed', 'before')
  for (const until = performance.now() + 2 * timings.ttlMs; performance.now() < until;) {
    if (presence.hasEnded(neighbour.identity)) t.fail('it lives')
    await sleep(20)
  }
  t.same(await repeat('claimed'), { kind: 'repeated', acted: false })
  t.equal(await neighbour.goOn(), 'ran')
  t.same(await states(), ['COMPLETE'])
})

t.test('who stood still takes no living one for ended', async (t) => {
  const { presence, start } = await open(t)
  const observer = await start(elsewhere)
  const living = await start(twin)
  const still = [observer, living]
  t.notOk(await observer.holdsForEnded(living.identity))
  await sleep(3 * timings.beatMs)

  observer.signal('SIGSTOP')
  await sleep(2 * timings.ttlMs)
  observer.signal('SIGCONT')
  t.notOk(await observer.holdsForEnded(living.identity), 'as soon as it wakes')

  // A machine that slept: the other wakes a little later.
  for (const each of still) each.signal('SIGSTOP')
  await sleep(2 * timings.ttlMs)
  observer.signal('SIGCONT')
  for (let i = 0; i < 5; i++) {
    t.notOk(await observer.holdsForEnded(living.identity))
    await sleep(timings.beatMs)
  }
  living.signal('SIGCONT')
  await sleep(timings.ttlMs)
  t.notOk(await observer.holdsForEnded(living.identity), 'nor later')
  t.notOk(presence.hasEnded(living.identity))
})

t.test('one that stood still for too long loses its call, and sends nothing more', async (t) => {
  const { presence, start, repeat, states, fileOf } = await open(t)
  const neighbour = await start(elsewhere)
  await neighbour.call('claimed', 'before')
  neighbour.signal('SIGSTOP')
  await sleep(3 * timings.beatMs)
  await until(() => presence.hasEnded(neighbour.identity))
  t.same(await repeat('claimed'), { kind: 'ran', acted: true })
  neighbour.signal('SIGCONT')
  t.equal(await neighbour.goOn(), 'LEDGER_UNAVAILABLE')
  t.same(await states(), ['COMPLETE'], 'one of the two')
  await until(() => !presence.hasEnded(neighbour.identity))
  t.ok(existsSync(fileOf(neighbour.identity)), 'it is known again')
})

t.test('one that ends by itself takes its file away', async (t) => {
  const { start, fileOf } = await open(t)
  const neighbour = await start(elsewhere)
  const file = fileOf(neighbour.identity)
  t.ok(existsSync(file))
  await neighbour.close()
  t.notOk(existsSync(file))
  t.same(readdirSync(join(file, '..')), [thisProcess.nonce])
})

t.test('containers with one host name and the pid 1', { skip: noOwnSpace }, async (t) => {
  const { presence, start, repeat, states } = await open(t)
  const [first, second] = await Promise.all([
    start({}, { inOwnSpace: true }),
    start({}, { inOwnSpace: true })
  ])
  const { identity } = first
  t.match([identity, second.identity], [{ pid: 1, host: thisProcess.host }, { pid: 1 }])
  t.not(identity.space, second.identity.space)
  await first.call('sent', 'within')
  t.notOk(await second.holdsForEnded(identity))
  await sleep(2 * timings.ttlMs)
  t.notOk(await second.holdsForEnded(identity))
  t.same(await states(), ['SENDING'], 'nobody has ended it')
  t.same(await repeat('sent'), { kind: 'repeated', acted: false })
  await first.kill()
  t.notOk(await second.holdsForEnded(identity))
  await until(() => second.holdsForEnded(identity))
  await until(async () => (await states())[0] === 'UNKNOWN' && presence.hasEnded(identity))
})

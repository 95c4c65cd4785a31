import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { Calls } from '../../../src/ledger/calls.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { type ProcessIdentity, thisProcess } from '../../../src/lib/process/process-identity.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { HeartbeatFiles } from '../../../src/store/heartbeat-files.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { Presence } from '../../../src/store/presence.ts'
import { HeartbeatTable } from '../../../src/store/heartbeat-table.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { missingPrograms } from '../../helper/shell.ts'
import { until } from '../../helper/simulator.ts'

const timings = { beatMs: 10, ttlMs: 150 }
/** More than it takes to see that one is silent: a timer may end a millisecond early. */
const ttlLooks = 20

class CountedLooks extends HeartbeatFiles {
  looks = 0

  override look(known: Iterable<string>): ReturnType<HeartbeatFiles['look']> {
    this.looks += 1
    return super.look(known)
  }
}

/** This process on a folder, which stands for the one before and the one after as well. */
function open(t: Test, folder = t.testdir()) {
  const heartbeats = join(folder, 'bridges')
  const warnings: string[] = []
  const logger = {
    ...silentLogger,
    warn: (_: object, message: string) => void warnings.push(message)
  }
  const counted = new CountedLooks(heartbeats, logger)
  const presence = new Presence(counted, logger, timings)
  t.teardown(() => presence.close())
  /** Waits until `number` looks that are yet to begin are over. */
  const looksAre = async (number: number): Promise<void> => {
    const before = counted.looks
    await until(() => counted.looks > before + number)
  }
  const own = join(heartbeats, thisProcess.nonce)
  return { presence, folder, heartbeats, own, warnings, looksAre }
}

let ended: number | undefined

/** A process of this machine that has ended. */
function endedProcess(): ProcessIdentity {
  ended ??= spawnSync(process.execPath, ['-e', '0']).pid
  return { ...thisProcess, pid: ended, nonce: '0123456789abcdef' }
}

/** What a process has left in the folder of the heartbeats. */
function leave(heartbeats: string, identity: ProcessIdentity): string {
  mkdirSync(heartbeats, { recursive: true })
  const path = join(heartbeats, identity.nonce)
  writeFileSync(path, JSON.stringify(identity))
  return path
}

t.test('a bridge has a file while it lives', async (t) => {
  const { presence, heartbeats, own } = open(t)
  await presence.start()
  t.same(readdirSync(heartbeats), [thisProcess.nonce])
  t.equal(statSync(heartbeats).mode & 0o077, 0)
  t.equal(statSync(own).mode & 0o077, 0)
  const { mtimeMs } = statSync(own)
  await until(() => statSync(own).mtimeMs > mtimeMs)
  rmSync(heartbeats, { recursive: true })
  await until(() => existsSync(own))
  const beats = holdTimers(t, timings.beatMs)
  await until(() => beats.waiting.length === 2)
  await presence.close()
  t.same(beats.waiting, [], 'no heartbeat is given any more')
  t.same(readdirSync(heartbeats), [])
})

t.test('it is there before anything is entered', async (t) => {
  const { presence, folder, own } = open(t)
  const store = new FileStore(folder)
  t.teardown(() => store.close())
  const ledger = new Ledger({ store, cluster: 'cluster', presence })
  await ledger.begin({ method: 'POST', path: '/VirDomain' })
  t.ok(existsSync(own))
  t.match(await ledger.writes(), [{ owner: thisProcess }])
})

t.test('a bridge that cannot give a heartbeat enters nothing', async (t) => {
  const { presence, folder, heartbeats } = open(t)
  writeFileSync(heartbeats, 'a file where the folder should be')
  await presence.start()
  const store = new FileStore(folder)
  t.teardown(() => store.close())
  const ledger = new Ledger({ store, cluster: 'cluster', presence })
  const refused = { code: 'LEDGER_UNAVAILABLE' }
  await t.rejects(ledger.begin({ method: 'POST', path: '/VirDomain' }), refused)
  const { signal } = new AbortController()
  const request = { tool: 'createVM', caller: 'one', args: {}, targets: [] }
  const call = new Calls(ledger).run(
    request,
    { again: false, idempotent: false, signal },
    async () => t.fail('it acted')
  )
  await t.rejects(call, refused)
  t.equal((await store.all('writes')).size + (await store.all('calls')).size, 0)
  rmSync(heartbeats)
  // An attempt of before may be under way.
  await until(() =>
    presence.show().then(
      () => true,
      () => false
    )
  )
  await ledger.begin({ method: 'POST', path: '/VirDomain' })
  t.equal((await ledger.writes()).length, 1, 'as soon as it can')
})

t.test('one of this machine and container has ended with its pid', async (t) => {
  const { presence, heartbeats, looksAre } = open(t)
  const gone = endedProcess()
  t.ok(presence.hasEnded(gone), 'no heartbeat of it is waited for')
  t.ok(presence.hasEnded({ ...gone, pid: process.pid }), 'its pid is ours by now')
  t.notOk(presence.hasEnded(thisProcess))
  const left = leave(heartbeats, gone)
  let heard = 0
  presence.onEnded(() => (heard += 1))
  await presence.start()
  t.notOk(existsSync(left), 'what it left is removed with the first look')
  t.equal(heard, 1)
  await looksAre(3)
  t.equal(heard, 1, 'it ends once')
  leave(heartbeats, { ...gone, nonce: '0123456789abcde0', space: '', host: 'another' })
  await until(() => readdirSync(heartbeats).length === 1)
  t.equal(heard, 2, 'another without a heartbeat for a while')
})

t.test('elsewhere its pid says nothing, and its silence is waited for', async (t) => {
  const { presence } = open(t)
  await presence.start()
  const gone = endedProcess()
  const others: Record<string, Partial<ProcessIdentity>> = {
    'on another machine': { ...gone, host: 'another', nonce: 'a1' },
    'in another container with our host name': { ...gone, space: 'other', nonce: 'a2' },
    'there with our pid': { ...thisProcess, space: 'other', nonce: 'a3' },
    'where spaces cannot be told apart': { ...gone, space: '', nonce: 'a4' }
  }
  for (const [name, other] of Object.entries(others)) t.notOk(presence.hasEnded(other), name)
  await until(() => Object.values(others).every((other) => presence.hasEnded(other)))
})

t.test('an owner as earlier versions entered it', async (t) => {
  const { presence, looksAre } = open(t)
  await presence.start()
  const old = (changes: Partial<ProcessIdentity>): Partial<ProcessIdentity> => {
    const { space: _, ...rest } = { ...endedProcess(), ...changes }
    return rest
  }
  const gone = [
    old({ nonce: 'b1' }),
    old({ nonce: 'b2', host: 'the container before' }),
    old({ nonce: 'b3', pid: process.pid })
  ]
  const mayLive = old({ nonce: 'b4', pid: process.ppid })
  t.same(
    [...gone, mayLive].map((each) => presence.hasEnded(each)),
    [false, false, false, false],
    'another container may have our host name'
  )
  let heard = 0
  presence.onEnded(() => (heard += 1))
  await until(() => gone.every((each) => presence.hasEnded(each)))
  t.notOk(presence.hasEnded(mayLive), 'a neighbour of an earlier version gives no heartbeats')
  await until(() => heard > 0)
  await looksAre(ttlLooks)
  const heardOfOthers = heard
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'])
  const neighbour = old({ nonce: 'b5', ...(child.pid !== undefined && { pid: child.pid }) })
  t.notOk(presence.hasEnded(neighbour))
  await looksAre(ttlLooks)
  t.notOk(presence.hasEnded(neighbour))
  t.equal(heard, heardOfOthers)
  child.kill('SIGKILL')
  await until(() => presence.hasEnded(neighbour))
  await until(() => heard > heardOfOthers)
})

t.test('in a database they gave heartbeats, and their pid says nothing', async (t) => {
  const presence = new Presence(new HeartbeatTable(new MemoryStore()), silentLogger, timings)
  t.teardown(() => presence.close())
  await presence.start()
  const { space: _, ...old } = { ...endedProcess(), pid: process.ppid }
  t.notOk(presence.hasEnded(old))
  await until(() => presence.hasEnded(old))
})

t.test('a folder that cannot be listed is warned of once', async (t) => {
  const { presence, heartbeats, own, warnings, looksAre } = open(t)
  writeFileSync(heartbeats, 'a file where the folder should be')
  await presence.start()
  await looksAre(3)
  t.same(warnings, ['It could not be seen which bridges live'])
  rmSync(heartbeats)
  await until(() => existsSync(own))
})

t.test('a file that cannot be read, or not even be looked at, hides no other', async (t) => {
  const { presence, heartbeats, warnings } = open(t)
  const elsewhere = { ...endedProcess(), host: 'another' }
  const [unreadable, unknown, other] = [
    '00000000000000c1',
    '00000000000000c2',
    '00000000000000c3'
  ].map((nonce) => ({ ...elsewhere, nonce })) as [ProcessIdentity, ProcessIdentity, ProcessIdentity]
  const folder = join(heartbeats, unreadable.nonce)
  mkdirSync(folder, { recursive: true })
  symlinkSync(unknown.nonce, join(heartbeats, unknown.nonce))
  const left = leave(heartbeats, other)
  await presence.start()
  t.notOk(presence.hasEnded(unknown))
  const beats = setInterval(() => utimesSync(folder, new Date(), new Date()), timings.beatMs)
  t.teardown(() => clearInterval(beats))
  await until(() => !existsSync(left) && presence.hasEnded(other))
  t.notOk(presence.hasEnded(unreadable), 'its times are heartbeats')
  t.equal(presence.count, 2)
  clearInterval(beats)
  await until(() => presence.hasEnded(unreadable))
  t.notOk(presence.hasEnded(unknown), 'what is unknown has not ended')
  t.same(warnings.toSorted(), [
    'The file of a bridge cannot be looked at: whether it lives stays unknown',
    'The file of a bridge cannot be read: only its times tell whether it lives'
  ])
})

t.test(
  'heartbeats continue during a look that takes long',
  { skip: missingPrograms('mkfifo') },
  async (t) => {
    const { presence, heartbeats, own } = open(t)
    mkdirSync(heartbeats)
    // Opening it blocks until there is a writer.
    const pipe = join(heartbeats, '00000000000000e1')
    execFileSync('mkfifo', [pipe])
    const started = presence.start()
    await until(() => existsSync(own))
    const { mtimeMs } = statSync(own)
    await until(() => statSync(own).mtimeMs > mtimeMs + timings.ttlMs)
    // Opened to read and write: the look continues, and none after it finds the pipe.
    const end = openSync(pipe, 'r+')
    rmSync(pipe)
    closeSync(end)
    await started
  }
)

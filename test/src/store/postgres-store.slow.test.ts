import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { isEnded } from '../../../src/ledger/records.ts'
import type { Logger } from '../../../src/lib/process/logger.ts'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { withTimeout } from '../../../src/lib/time/with-timeout.ts'
import { Database } from '../../../src/store/postgres/database.ts'
import { PostgresStore } from '../../../src/store/postgres/postgres-store.ts'
import { noPostgres, PostgresServer } from '../../helper/postgres.ts'
import { until } from '../../helper/simulator.ts'
import { storeContract } from './contract.ts'
import { versionOf } from './version-of.ts'

/**
 * A way to a database that can lose the response to a commit and the connection with it, or be
 * silent: without an end, as one to a host that no longer exists.
 */
async function fragileWay(t: Test, address: string) {
  const url = new URL(address)
  const [port, host] = [Number(url.port), url.hostname]
  let isArmed = false
  let isSilent = false
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const behind = connect(port, host)
    let cuts = false
    if (isSilent) client.pause()
    for (const socket of [client, behind]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        behind.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (isArmed && bytes.includes('commit\0')) [cuts, isArmed] = [true, false]
      behind.write(bytes)
    })
    behind.on('data', (bytes) => (cuts ? behind.destroy() : client.write(bytes)))
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  url.port = String((proxy.address() as AddressInfo).port)
  return {
    through: url.href,
    cutAtCommit: () => void (isArmed = true),
    /** Connections that there are, and those to come. */
    silence() {
      isSilent = true
      for (const socket of sockets) socket.pause()
    },
    /** New connections pass; with `all`, what was held is passed on. */
    speak(which: 'new' | 'all') {
      isSilent = false
      if (which === 'all') for (const socket of sockets) socket.resume()
    },
    /** Resolves once a client has connected. */
    connected: () => until(() => sockets.size > 0)
  }
}

t.test('a store in PostgreSQL', { skip: noPostgres }, async (t) => {
  const server = await PostgresServer.start()
  t.teardown(() => server.close())

  /** Opens stores on one database, and closes what they stand on. */
  const opener = async (t: Test, logger: Logger = silentLogger, options = {}) => {
    const address = await server.newDatabase()
    return Object.assign(
      () => {
        const database = new Database(address, logger, options)
        t.teardown(() => database.close())
        return new PostgresStore(database)
      },
      { address }
    )
  }

  await t.test('the contract', async (t) => storeContract(t, await opener(t)))

  await t.test('three that start at once create the tables once', async (t) => {
    const open = await opener(t)
    const stores = [open(), open(), open()]
    const numbers = await Promise.all(stores.map((store) => store.append('log', {})))
    t.same(
      numbers.toSorted((a, b) => a - b),
      [1, 2, 3]
    )
    const name = open.address.split('/').at(-1)
    const [row] = await server.run(
      'select max(version) = count(*) as once from scale_bridge_schema',
      name
    )
    t.same(row, { once: true })
    await server.run('insert into scale_bridge_schema values (99)', name)
    await t.rejects(open().append('log', {}), {
      name: 'StoreError',
      message: /tables are of version 99, .* run the newer bridge/
    })
    for (const store of stores) await store.close()
  })

  await t.test('any text is kept as it is', async (t) => {
    const open = await opener(t)
    const [store, other] = [open(), open()]
    const value = { text: 'ä "quoted"\n🙂 \u0000 \ud800', b: 1, a: [null, { z: 1, y: 2 }] }
    await store.putIfAbsent('table', 'key', value)
    const found = (await other.get('table', 'key'))?.value
    t.equal(JSON.stringify(found), JSON.stringify(value), 'in its order, too')
  })

  await t.test('who waits is woken by what another writes', async (t) => {
    const open = await opener(t)
    const [store, other] = [open(), open()]
    await Promise.all([store.get('table', 'key'), other.get('table', 'key')])
    const heard = new Promise((resolve) => other.watch(resolve))
    await store.putIfAbsent('table', 'key', {})
    t.same(await heard, { kind: 'table', name: 'table', key: 'key' }, 'without asking')
  })

  await t.test('removals are not missed by one that was away for long', async (t) => {
    const open = await opener(t)
    const [store, other] = [open(), open()]
    await store.putIfAbsent('table', 'gone', {})
    t.equal((await other.all('table')).size, 1)
    // From here on, it is notified of nothing, and reads nothing.
    await store.swap('table', 'gone', await versionOf(store, 'gone'), undefined)
    await store.putIfAbsent('busy', 'key', { n: 0 })
    const first = await versionOf(store, 'key', 'busy')
    for (let version = first; version < first + 10_500; version += 500)
      await Promise.all(
        Array.from({ length: 500 }, (_, i) => store.swap('busy', 'key', version + i, { n: i }))
      )
    const name = open.address.split('/').at(-1)
    const [left] = await server.run('select count(*)::int as n from scale_bridge_entries', name)
    t.ok(Number(left?.['n']) <= 2, 'what no longer counts is gone')
    t.equal((await open().all('table')).size, 0)
    t.equal((await other.all('table')).size, 0)
    t.equal((await other.get('busy', 'key'))?.value['n'], 499)
  })

  await t.test('while it is down all fails at once, and works again when it is up', async (t) => {
    const lines: unknown[] = []
    const note = (...line: unknown[]): void => void lines.push(line)
    const open = await opener(t, { debug: note, info: note, warn: note })
    const store = open()
    await store.putIfAbsent('table', 'key', { n: 1 })
    const version = await versionOf(store, 'key')
    await server.down()
    await t.rejects(store.get('table', 'key'), { name: 'StoreError', message: /cannot be used/ })
    const from = performance.now()
    for (let i = 0; i < 20; i++)
      await t.rejects(store.swap('table', 'key', version, { n: i }), { name: 'StoreError' })
    t.ok(performance.now() - from < 1000, 'nobody waits')
    await server.up()
    const end = performance.now() + 10_000
    let found: unknown
    while (found === undefined && performance.now() < end) {
      found = await store.get('table', 'key').catch(() => undefined)
      await sleep(50)
    }
    t.match(found, { version, value: { n: 1 } }, 'nothing of what was refused has happened')
    t.ok(await store.swap('table', 'key', version, { n: 2 }))
    t.match(JSON.stringify(lines), /reads continue, writes are refused/)
    t.match(JSON.stringify(lines), /is back/)
    t.notMatch(JSON.stringify(lines), /store-password/)
  })

  await t.test('a server that stands still is given up', async (t) => {
    const open = await opener(t)
    const store = open()
    await store.putIfAbsent('table', 'key', { n: 1 })
    const version = await versionOf(store, 'key')
    const resume = await server.pause()
    t.teardown(resume)
    const from = performance.now()
    await t.rejects(store.swap('table', 'key', version, { n: 2 }), { name: 'StoreError' })
    t.ok(performance.now() - from < 15_000)
    resume()
  })

  await t.test('a connection to a host that no longer exists is replaced at once', async (t) => {
    const way = await fragileWay(t, await server.newDatabase())
    const database = new Database(way.through, silentLogger)
    t.teardown(() => database.close())
    t.same(await database.query('select 1 as n'), [{ n: 1 }])
    way.silence()
    const asked = database.query('select 2 as n')
    way.speak('new')
    await t.rejects(asked, { name: 'StoreError', message: /timeout/ })
    t.notOk(database.isReachable)
    await until(() => database.isReachable)
    t.same(await database.query('select 3 as n'), [{ n: 3 }])
  })

  await t.test('a store that is closed while it connects ends', async (t) => {
    const way = await fragileWay(t, await server.newDatabase())
    way.silence()
    const database = new Database(way.through, silentLogger)
    const asked = t.rejects(database.query('select 1'), { name: 'StoreError' })
    await way.connected()
    const closed = database.close()
    way.speak('all')
    t.equal(await withTimeout(closed, 10_000, () => 'still open'), undefined)
    await asked
  })

  await t.test(
    'a crash of the server loses nothing that was kept, and halves nothing',
    async (t) => {
      // However long the server takes to start again.
      const open = await opener(t, silentLogger, { doubtMs: 60_000 })
      const [store, other] = [open(), open()]
      const kept: string[] = []
      let going = true
      const writers = [store, other].map(async (each, at) => {
        for (let i = 0; going; i++) {
          const key = `${at} ${i}`
          const put = await each.putIfAbsent('table', key, { key }).catch(() => undefined)
          if (put?.put === true) kept.push(key)
          else await sleep(20)
        }
      })
      for (let crash = 0; crash < 3; crash++) {
        await sleep(500)
        await server.down('SIGQUIT')
        await sleep(200)
        await server.up()
      }
      await sleep(1500)
      going = false
      await Promise.all(writers)
      const found = await open().all('table')
      t.same(
        kept.filter((key) => !found.has(key)),
        [],
        `${kept.length} were kept`
      )
      t.ok(kept.length > 100)
      t.equal(found.size, kept.length, 'and what was said to have failed has not happened')
      const name = open.address.split('/').at(-1)
      const [marks] = await server.run(
        'select count(*) > 100 as many from scale_bridge_commits',
        name
      )
      t.same(marks, { many: true }, 'each commit has left its mark')
    }
  )

  await t.test('a write that was entered as the database was lost, and was not sent', async (t) => {
    const address = await server.newDatabase()
    const { through, cutAtCommit } = await fragileWay(t, address)
    const database = new Database(through, silentLogger, { doubtMs: 1 })
    t.teardown(() => database.close())
    const store = new PostgresStore(database)
    const ledger = new Ledger({ store, cluster: 'one', retryMs: 50 })
    const write = { method: 'DELETE', path: '/VirDomain/x' } as const
    await (await ledger.begin(write)).accepted({ taskTag: '', createdUUID: '' })
    cutAtCommit()
    await t.rejects(ledger.begin(write), { code: 'LEDGER_UNAVAILABLE' })
    await until(async () => {
      const all = await ledger.writes().catch(() => [])
      return all.length > 1 && all.every(isEnded)
    })
    t.match(await ledger.writes(), [
      { state: 'COMPLETE' },
      { state: 'REFUSED', message: /^Not sent/ }
    ])
    await ledger.close()
  })

  await t.test('a commit that a crash has lost is not taken for that of another', async (t) => {
    const open = await opener(t)
    await open().append('log', {})
    const name = open.address.split('/').at(-1)
    const database = new Database(open.address, silentLogger)
    t.teardown(() => database.close())
    let isReused = false
    // The server may have written the number down before it crashed: then no other gets it.
    for (let tries = 0; tries < 10 && !isReused; tries++) {
      const lost = database.transaction(
        'select pg_current_xact_id()::text as xid',
        async ([row]) => {
          await server.down('SIGQUIT')
          await server.up()
          for (let i = 0; i < 4; i++) await server.run('select pg_current_xact_id()', name)
          const text = `select pg_xact_status('${String(row?.['xid'])}'::xid8) = 'committed' as reused`
          const [status] = await server.run(text, name)
          isReused = status?.['reused'] === true
          return 'done'
        }
      )
      await t.rejects(lost, { name: 'StoreError' })
      await until(() => database.isReachable)
    }
    t.ok(isReused, 'another transaction has had its number, and was committed')
  })

  await t.test(
    'a commit that was lost is not asked about when the database does not know it',
    async (t) => {
      const open = await opener(t)
      await open().append('log', {})
      // The test would end before this.
      const database = new Database(open.address, silentLogger, { doubtMs: 3_600_000 })
      t.teardown(() => database.close())
      const lost = database.transaction('select 1', async () => {
        await server.down('SIGQUIT')
        await server.up()
      })
      await t.rejects(lost, { name: 'StoreError' })
    }
  )

  await t.test('an address that is of no use says so, without its password', async (t) => {
    for (const [address, words] of [
      [`postgres://bridge:store-password@127.0.0.1:${server.port}/nothing`, /does not exist/],
      ['postgres://bridge:store-password@127.0.0.1:1/bridge', /ECONNREFUSED/],
      [`postgres://bridge:store-password@127.0.0.1:${server.port}/postgres?sslmode=require`, /SSL/]
    ] as const) {
      const database = new Database(address, silentLogger)
      const error = await new PostgresStore(database).get('a', 'b').catch((e: unknown) => e)
      t.match(error, { name: 'StoreError', message: words })
      t.notMatch(String(error), /store-password/)
      await database.close()
    }
  })
})

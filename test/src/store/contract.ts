import type { Test } from 'tap'
import type { Lease, Store, StoreChange } from '../../../src/store/store.ts'
import { until } from '../../helper/simulator.ts'
import { versionOf } from './version-of.ts'

/** The lease of another holder, once that of the one before it has ended. */
async function nextLease(store: Store, name: string): Promise<Lease | undefined> {
  let lease: Lease | undefined
  await until(async () => (lease = await store.lease(name, 60_000)) !== undefined)
  return lease
}

/**
 * What every engine of the store has to keep.
 * @param open a store that is empty the first time, and shares its content with those opened before
 */
export async function storeContract(t: Test, open: () => Store): Promise<void> {
  const store = open()
  const other = open()

  await t.test('a log numbers its entries and keeps their order', async (t) => {
    t.equal(await store.append('log', { a: 1 }), 1)
    t.equal(await other.append('log', { a: 2 }), 2)
    t.equal(await store.append('log', { a: 3 }), 3)
    t.equal(await store.append('another', { b: 1 }), 1)
    t.same(
      (await other.entries('log')).map(({ number, entry }) => [number, entry['a']]),
      [
        [1, 1],
        [2, 2],
        [3, 3]
      ]
    )
    t.same(
      (await store.entries('log', 2)).map(({ number }) => number),
      [3]
    )
    t.same(await store.entries('nothing'), [])
  })

  await t.test('a number is never used again', async (t) => {
    await store.append('short', { a: 1 })
    await store.append('short', { a: 2 })
    await store.trim('short', 2)
    t.same(await other.entries('short'), [])
    t.equal(await other.append('short', { a: 3 }), 3)
    await store.trim('short', 100)
    t.equal(await store.append('short', { a: 4 }), 4)
  })

  await t.test('of many who put the same key, one succeeds', async (t) => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? store : other).putIfAbsent('table', 'key', { by: i })
      )
    )
    t.equal(results.filter(({ put }) => put).length, 1)
    const { value } = (await store.get('table', 'key')) ?? {}
    for (const result of results) if (!result.put) t.same(result.existing.value, value)
  })

  await t.test('of many who swap the same version, one succeeds', async (t) => {
    await store.putIfAbsent('table', 'swapped', { by: -1 })
    const version = await versionOf(store, 'swapped')
    const swapped = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? store : other).swap('table', 'swapped', version, { by: i })
      )
    )
    t.equal(swapped.filter(Boolean).length, 1)
    const now = await other.get('table', 'swapped')
    t.equal(now?.version, version + 1)
    t.same(now?.value, { by: swapped.indexOf(true) })
    t.notOk(await store.swap('table', 'missing', 1, { a: 1 }), 'nothing to swap')
  })

  await t.test('a value that was removed can be put again', async (t) => {
    await store.putIfAbsent('table', 'gone', { a: 1 })
    const version = await versionOf(store, 'gone')
    t.ok(await other.swap('table', 'gone', version, undefined))
    t.equal(await store.get('table', 'gone'), undefined)
    t.match(await store.putIfAbsent('table', 'gone', { a: 2 }), { put: true })
    t.notOk(await other.swap('table', 'gone', version, { a: 3 }), 'it is not what was there before')
    t.notOk(await other.swap('table', 'gone', version, undefined))
    t.match(await store.get('table', 'gone'), { value: { a: 2 } })
    t.same([...(await other.all('table')).keys()].toSorted(), ['gone', 'key', 'swapped'])
  })

  await t.test('a lease has one holder, and a larger fence with each', async (t) => {
    const first = await store.lease('vm', 60_000)
    t.ok(first)
    t.equal(await other.lease('vm', 60_000), undefined)
    t.ok(await first?.renew())
    await first?.release()
    const second = await other.lease('vm', 60_000)
    t.ok((second?.fence ?? 0) > (first?.fence ?? 0), 'the fence grows')
    t.notOk(await first?.renew(), 'what was given up cannot be renewed')
    await second?.release()
  })

  await t.test('what depends on something is put only while that holds', async (t) => {
    await store.putIfAbsent('table', 'ground', { by: 'a' })
    const onGround = {
      table: 'table',
      key: 'ground',
      holds: (present?: { value: object }) =>
        JSON.stringify(present?.value) === JSON.stringify({ by: 'a' })
    }
    t.match(await store.putIfAbsent('table', 'first', { n: 1 }, [onGround]), { put: true })
    t.ok(await other.swap('table', 'ground', await versionOf(store, 'ground'), { by: 'b' }))
    const late = store.putIfAbsent('table', 'second', { n: 2 }, [onGround])
    await t.rejects(late, { name: 'ConditionError' })
    t.equal(await other.get('table', 'second'), undefined, 'nothing was put')
  })

  await t.test('what depends on a lease is put only by its holder', async (t) => {
    const first = await store.lease('fenced', 50)
    t.equal(await other.lease('fenced', 50), undefined)
    if (first === undefined) throw new Error('no lease')
    t.match(await store.putIfAbsent('table', 'in time', {}, [first.held]), { put: true })
    const second = await nextLease(other, 'fenced')
    t.ok(second)
    const late = store.putIfAbsent('table', 'too late', {}, [first.held])
    await t.rejects(late, { name: 'ConditionError' }, 'who was held up is kept out')
    t.match(await other.putIfAbsent('table', 'next', {}, second ? [second.held] : []), {
      put: true
    })
    await second?.release()
  })

  await t.test('a lease that is not renewed ends', async (t) => {
    const first = await store.lease('short', 50)
    t.equal(await other.lease('short', 50), undefined)
    t.ok(await nextLease(other, 'short'), 'another holder')
    t.notOk(await first?.renew())
  })

  await t.test('a listener is notified of changes until it unsubscribes', async (t) => {
    const heard: StoreChange[] = []
    const end = store.watch((change) => void heard.push(change))
    await store.append('heard', { a: 1 })
    await other.putIfAbsent('table', 'heard', { a: 1 })
    await store.get('table', 'heard')
    end()
    await store.append('heard', { a: 2 })
    t.same(heard, [
      { kind: 'log', name: 'heard', key: 1 },
      { kind: 'table', name: 'table', key: 'heard' }
    ])
  })

  await t.test('everything is there again when it is opened again', async (t) => {
    const version = await versionOf(store, 'swapped')
    await store.close()
    await t.rejects(store.append('log', {}), { name: 'StoreError' }, 'closed')
    await t.rejects(store.get('table', 'key'), { name: 'StoreError' }, 'closed')
    const again = open()
    t.equal((await again.entries('log')).length, 3)
    t.equal(await again.append('log', { a: 4 }), 4)
    t.equal((await again.get('table', 'swapped'))?.version, version)
    await again.close()
    await other.close()
  })
}

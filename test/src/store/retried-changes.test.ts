import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { RetriedChanges } from '../../../src/store/retried-changes.ts'
import { until } from '../../helper/simulator.ts'
import { storeFailure } from './unsteady-store.ts'

t.test('what the store does not accept is applied once it does, in its order', async (t) => {
  const changes = new RetriedChanges({ logger: silentLogger, pauseMs: 5 })
  const applied: string[] = []
  let isAway = true
  const change = (key: string, name: string): Promise<void> =>
    changes.apply(key, async () => {
      // A later one would overtake it.
      if (name === 'a1') await sleep(20)
      if (isAway) throw storeFailure()
      applied.push(name)
    })
  await Promise.all([change('a', 'a1'), change('a', 'a2'), change('b', 'b1')])
  await change('a', 'a3')
  t.same(applied, [])
  isAway = false
  await change('c', 'c1')
  t.equal(applied[0], 'c1', 'other keys do not wait')
  await until(async () => applied.length === 5)
  t.same(
    applied.filter((name) => name.startsWith('a')),
    ['a1', 'a2', 'a3']
  )
  await change('a', 'a4')
  t.equal(applied.at(-1), 'a4')
  await changes.close()
})

t.test('what waits is applied as soon as anything is', async (t) => {
  const changes = new RetriedChanges({ pauseMs: 3_600_000 })
  let isAway = true
  let tries = 0
  const change = async (): Promise<void> => {
    tries += 1
    if (isAway) throw storeFailure()
  }
  await changes.apply('a', change)
  await changes.apply('b', change)
  isAway = false
  await changes.apply('c', change)
  await until(async () => tries === 5)
  await changes.close()
  t.equal(tries, 5, 'each of the three once, and two of them before')
})

t.test('of a kind one waits at a time', async (t) => {
  const changes = new RetriedChanges({ pauseMs: 3_600_000 })
  let isAway = true
  const applied: string[] = []
  const apply = (key: string, name: string, kind?: string): Promise<void> =>
    changes.apply(
      key,
      async () => {
        if (isAway) throw storeFailure()
        applied.push(name)
      },
      kind
    )
  await apply('a', 'first', 'ended')
  await apply('a', 'second', 'ended')
  await apply('a', 'other kind', 'left')
  await apply('b', 'other key', 'ended')
  await apply('a', 'no kind')
  isAway = false
  await changes.close()
  t.same(applied, ['first', 'other kind', 'other key', 'no kind'])
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
  t.equal(isApplied, true)
  // Which tries once more what is left.
  await changes.close()
  t.equal(tries, 1)
})

t.test('the end tries once more, and names what is left', async (t) => {
  const lines: unknown[] = []
  const note = (...line: unknown[]): void => void lines.push(line)
  const logger = { ...silentLogger, warn: note }
  const changes = new RetriedChanges({ logger, pauseMs: 60_000 })
  const tries = { kept: 0, lost: 0 }
  await changes.apply('kept', async () => {
    if (++tries.kept === 1) throw storeFailure()
  })
  await changes.apply('lost', async () => {
    tries.lost += 1
    throw storeFailure()
  })
  await changes.close()
  t.same(tries, { kept: 2, lost: 2 })
  t.match(lines.at(-1), [{ keys: ['lost'] }, /ends before/])
})

t.test('the end waits for what is under way', async (t) => {
  const changes = new RetriedChanges({ pauseMs: 60_000 })
  let tries = 0
  const applied = changes.apply('slow', async () => {
    tries += 1
    await sleep(20)
    if (tries === 1) throw storeFailure()
  })
  await changes.close()
  await applied
  t.equal(tries, 2)
})

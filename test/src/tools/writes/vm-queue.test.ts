import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { VmQueue } from '../../../../src/tools/writes/vm-queue.ts'

const nothing = (): void => undefined
const { signal } = new AbortController()
const late = (): Error => new Error('late')
const patient = { limitMs: 60_000, late, signal }

t.test('writes to one VM take turns, writes to others do not wait', async (t) => {
  const queue = new VmQueue()
  const running = new Map<string, number>()
  let most = 0
  const work = (vms: string[]) => async (): Promise<void> => {
    for (const vm of new Set(vms)) {
      const now = (running.get(vm) ?? 0) + 1
      running.set(vm, now)
      t.equal(now, 1, `alone at ${vm}`)
    }
    most = Math.max(most, [...running.values()].filter(Boolean).length)
    await setImmediate()
    for (const vm of vms) running.set(vm, 0)
  }
  const wanted = [['a'], ['a', 'b'], ['b', 'a'], ['c'], ['b'], ['c', 'a', 'b'], ['a', 'a']]
  await Promise.all(wanted.map((vms) => queue.run(vms, patient, work(vms))))
  t.ok(most > 1, 'several VMs at once')
})

t.test('a write whose turn does not come is refused, and does not hold up others', async (t) => {
  const queue = new VmQueue()
  let end = nothing
  const first = queue.run(['a'], patient, () => new Promise<void>((resolve) => (end = resolve)))
  await t.rejects(
    queue.run(['a'], { ...patient, limitMs: 5 }, async () => t.fail('its turn had not come')),
    { message: 'late' }
  )
  const leaving = new AbortController()
  const gone = queue.run(['a'], { ...patient, signal: leaving.signal }, async () => t.fail('gone'))
  leaving.abort()
  await t.rejects(gone, { code: 'CALLER_GONE' })
  end()
  await first
  t.equal(await queue.run(['a'], { ...patient, limitMs: 0 }, async () => 'free'), 'free')
})

t.test('a failure frees the VM', async (t) => {
  const queue = new VmQueue()
  await t.rejects(
    queue.run(['a', 'b'], patient, async () => {
      throw new Error('failed')
    }),
    { message: 'failed' }
  )
  t.equal(await queue.run(['b', 'a'], { ...patient, limitMs: 0 }, async () => 'free'), 'free')
})

import t from 'tap'
import { changesOf } from '../../../src/model-bench/changes.ts'
import { vmNamed } from '../../../src/model-bench/cluster-words.ts'
import { startSimulator } from '../../../src/simulator/simulator.ts'

const start = async (t: Test) => {
  const simulator = await startSimulator({ speed: 0 })
  t.teardown(() => simulator.close())
  const { state, clock } = simulator.world
  const before = structuredClone(state)
  return { state, clock, changes: () => changesOf(before, state, clock.seconds()) }
}
type Test = { teardown(handler: () => unknown): void }

t.test('what time alone changes does not count as a change', async (t) => {
  const { state, clock, changes } = await start(t)
  const { size } = state.snapshots
  for (let hour = 0; hour < 30; hour += 1) clock.advance(3_600_000)
  t.ok(state.snapshots.size > size, 'schedules have taken snapshots meanwhile')
  t.same(changes(), [])
})

t.test('all else is seen', async (t) => {
  const { state, changes } = await start(t)
  const web = vmNamed(state, 'web-01')
  const sql = vmNamed(state, 'sql-prod-01')
  if (web === undefined || sql === undefined) throw new Error('No VM')
  web.mem *= 2
  state.virDomains.delete(sql.uuid)
  const [first] = web.netDevs
  if (first !== undefined) first.vlan = 99
  const [user] = state.users.values()
  if (user !== undefined) user.fullName = 'somebody else'
  const [snapshot] = state.snapshots.values()
  if (snapshot !== undefined) state.snapshots.delete(snapshot.uuid)
  const found = changes()
  for (const expected of [
    'VirDomain web-01: mem',
    '- VirDomain sql-prod-01',
    'VirDomainNetDevice web-01/0: vlan'
  ])
    t.ok(found.includes(expected), expected)
  t.ok(
    found.some((each) => each.startsWith('- VirDomainSnapshot ')),
    'a snapshot that is gone'
  )
  t.ok(
    found.some((each) => /^User .*: fullName$/.test(each)),
    'an account'
  )
})

import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { recordOf } from '../helper/hardware.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const text = { accept: 'text/plain' }

interface Row {
  name: string
  target: string
  snapshot: string
  replica: string
  export: string
}

const healthy = (t: Test): Promise<TestBridge> =>
  startTestBridge(t, { simulator: { scenario: ['healthy'] } })

async function report(bridge: TestBridge, args: object = {}) {
  const { status, body } = await bridge.call('protection_report', { limit: 200, ...args })
  if (status !== 200) throw new Error(JSON.stringify(body))
  const rows = body.items as Row[]
  return { body, rows, row: (name: string) => rows.find((each) => each.name === name) }
}

t.test('VMs without a young copy come first, with what is known of each copy', async (t) => {
  const bridge = await healthy(t)
  const { body, row } = await report(bridge)
  t.notOk(row('sql-prod-01'), 'has a snapshot of half an hour ago')
  t.match(row('app-01'), { target: '24 h', snapshot: '-', replica: '-', export: '-' })
  t.equal(body.items[0].state, 'RUNNING', 'running ones first')
  t.match(body.summary, /^\d+ of 23 VMs have no copy as young as their target; 1 have one outside/)
  t.match(body.notes, ['not counted: 1 that are replicas of another cluster', /^exports: /])
  const shorter = await report(bridge, { rpo: '5m' })
  t.match(shorter.row('sql-prod-01'), { target: '5 min', snapshot: '30 min', replica: '30 min' })
})

t.test('a tag says the target of its VM', async (t) => {
  const bridge = await healthy(t)
  recordOf(bridge, 'sql-prod-01').tags += ',rpo:15m'
  recordOf(bridge, 'dc-01').tags += ',RPO-4h'
  recordOf(bridge, 'app-01').tags += ',rpo:none'
  recordOf(bridge, 'app-02').tags += ',rpo:soon'
  const { body, row } = await report(bridge)
  t.match(row('sql-prod-01'), { target: '15 min', snapshot: '30 min' })
  t.notOk(row('dc-01'), 'its snapshot is young enough')
  t.notOk(row('app-01'))
  t.match(row('app-02'), { target: '24 h' })
  t.match(body.notes.join('\n'), /not counted: 1 tagged to have no target/)
  t.match(body.notes.join('\n'), /"rpo:soon" of "app-02" is not a target such as rpo:4h/)
})

t.test('an export counts, that of the bridge and that of another client', async (t) => {
  const bridge = await healthy(t)
  const { state } = (await bridge.call('exportVM', { vmUUID: 'app-01', wait: 120 })).body
  t.equal(state, 'COMPLETE')
  const { row, rows } = await report(bridge, { rpo: '1h' })
  t.notOk(row('app-01'))
  t.ok(rows.length > 0)
})

t.test('a filter of VMs narrows it, and what it does not understand is said', async (t) => {
  const bridge = await healthy(t)
  const { body, rows } = await report(bridge, { filter: 'name:app*' })
  t.ok(rows.length > 0)
  t.ok(rows.every(({ name }) => name.startsWith('app-')))
  t.match(body.summary, /^2 of 2 VMs/)
  const none = await report(bridge, { filter: 'tags:nothing-like-it' })
  t.equal(none.body.total, 0)
  t.match(none.body.notes[0], /no tags has "nothing-like-it"/)
})

t.test('a VM whose copies the rights hide is unknown, never covered', async (t) => {
  const bridge = await healthy(t)
  const remove = bridge.simulator.faults.add({
    kind: 'json-error',
    path: '/VirDomainSnapshot',
    status: 403,
    message: 'Not allowed'
  })
  const { body, row } = await report(bridge)
  t.match(row('app-01'), { snapshot: '?' })
  t.match(body.summary, /^0 of 23 VMs have no copy .*of \d+ more it is not known/)
  t.match(body.notRead, [/^snapshots: .*403/])
  remove()
  // Snapshots that the VM has, and the list does not show.
  const { state } = bridge.simulator.world
  const vm = recordOf(bridge, 'dc-01')
  for (const uuid of vm.snapUUIDs) state.snapshots.delete(uuid)
  t.match((await report(bridge)).row('dc-01'), { snapshot: '?' })
})

t.test('a limited token sees only its own VMs, and the report says so', async (t) => {
  const bridge = await healthy(t)
  acceptTokens(bridge, { lab: principalWith(['read'], ['lab']) })
  recordOf(bridge, 'app-01').tags = 'lab'
  const shown = await bridge.call('protection_report', {}, { authorization: 'Bearer lab', ...text })
  t.match(shown.text, /^1 of 1 VMs have no copy/)
  t.match(shown.text, /^app-01\tRUNNING\t24 h\t-\t-\t-$/m)
  t.match(shown.text, /NOT READ: VMs not tagged lab/)
  for (const { name } of bridge.simulator.world.state.virDomains.values())
    if (name !== 'app-01') t.notMatch(shown.text, new RegExp(`\\b${name}\\b`), name)
})

t.test('an invalid target is refused with what to write', async (t) => {
  const bridge = await healthy(t)
  for (const rpo of ['yesterday', '24', '0h', '5 fortnights', '', null, 24]) {
    const { status, body } = await bridge.call('protection_report', { rpo })
    if (rpo === '' || rpo === null) continue
    t.equal(status, 400, String(rpo))
    t.match(body.error, { code: 'INVALID_ARGUMENT', message: /rpo/ }, String(rpo))
    t.match(body.error.message, /24h|4h/)
  }
  const { body } = await bridge.call('protection_report', { tag: 'prod' })
  t.match(body.error, { code: 'INVALID_ARGUMENT', message: /tag/ })
  for (const rpo of ['4h', '24 hours', '7d', '2w', ' 90m '])
    t.equal((await bridge.call('protection_report', { rpo })).status, 200, rpo)
})

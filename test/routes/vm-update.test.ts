import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('tags are added and removed, and what is replaced is named', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = bridge.simulator.world.state.virDomains.get(bridge.vm('sql-prod-02'))
  const update = async (args: object) =>
    (await bridge.call('updateVM', { vmUUID: vm?.uuid, ...args })).body
  const before = vm?.tags ?? ''
  t.equal(before, 'prod,database,critical')

  t.match(await update({ addTags: 'nightly; x y' }), {
    state: 'COMPLETE',
    message:
      'Changed VM "sql-prod-02": tags "prod,database,critical" → "prod,database,critical,nightly,x y"'
  })
  t.equal(vm?.tags, `${before},nightly,x y`)
  t.match(await update({ removeTags: ['NIGHTLY', 'none'], addTags: 'prod' }), {
    message:
      'Changed VM "sql-prod-02": tags "prod,database,critical,nightly,x y" → "prod,database,critical,x y" (removed "nightly")',
    notes: [
      /^removeTags: list read/,
      'addTags: it has "prod" already',
      'removeTags: it has no "none"'
    ]
  })
  const writes = bridge.simulator.requests.length
  t.match(await update({ addTags: 'prod' }), {
    state: 'COMPLETE',
    taskTag: '',
    message: 'Nothing to change of VM "sql-prod-02": addTags: it has "prod" already'
  })
  t.notOk(bridge.simulator.requests.slice(writes).some(({ method }) => method !== 'GET'))
  t.match(
    (await update({ tags: 'nightly' })).message,
    /→ "nightly" \(removed "prod", "database", "critical", "x y"\)$/
  )
  t.match((await update({ tags: '' })).message, /tags "nightly" → "" \(removed "nightly"\)$/)
})

t.test('wrong arguments for tags change nothing', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = bridge.simulator.world.state.virDomains.get(bridge.vm('sql-prod-02'))
  const rows: [object, RegExp][] = [
    [{ tags: '+nightly' }, /tags must not begin with \+ or -; got "\+nightly": addTags adds/],
    [{ tags: '-prod, x' }, /got "-prod"/],
    [{ addTags: '+x' }, /must not begin with/],
    [{ tags: 'x', addTags: 'y' }, /tags replaces all tags: pass it alone/],
    [{ addTags: 'x', removeTags: 'x' }, /both name "x"/],
    [{ tags: ' ' }, /holds no tag: pass "" to clear them/],
    [{ tags: ',;' }, /holds no tag/]
  ]
  for (const [args, message] of rows) {
    const { status, body } = await bridge.call('updateVM', { vmUUID: vm?.uuid, ...args })
    t.equal(status, 400, JSON.stringify(args))
    t.match(body.error.message, message)
  }
  t.equal(vm?.tags, 'prod,database,critical')
})

t.test('tags that two callers add at once are all there', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = bridge.simulator.world.state.virDomains.get(bridge.vm('sql-prod-02'))
  const names = ['a', 'b', 'c', 'd', 'e']
  await Promise.all(
    names.map((tag, i) =>
      bridge.call('updateVM', {
        vmUUID: i % 2 ? vm?.uuid : 'sql-prod-02',
        addTags: tag,
        wait: i % 2 ? 0 : 20
      })
    )
  )
  await bridge.call('updateVM', { vmUUID: vm?.uuid, addTags: 'last' })
  t.same(
    vm?.tags.split(',').toSorted(),
    [...'prod,database,critical,last'.split(','), ...names].toSorted()
  )
})

t.test('a replaced schedule and what is lost with it are named', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshotSchedules, nodes } = bridge.simulator.world.state
  const vm = virDomains.get(bridge.vm('sql-prod-01'))
  const schedules = [...snapshotSchedules.values()]
  const old = schedules.find(({ uuid }) => uuid === vm?.snapshotScheduleUUID)
  const other = schedules.find(({ uuid }) => uuid !== old?.uuid)
  if (old === undefined || other === undefined) throw new Error('two schedules are wanted')
  for (const rule of old.rrules) rule.replication = true
  for (const rule of other.rrules) rule.replication = false
  const update = async (args: object) =>
    (await bridge.call('updateVM', { vmUUID: vm?.uuid, ...args })).body.message
  t.equal(
    await update({ snapshotScheduleUUID: other.uuid }),
    `Changed VM "sql-prod-01": snapshotScheduleUUID "${old.name}" (${old.uuid}) → "${other.name}" (${other.uuid}). Snapshots of the old schedule were replicated, those of the new one are not`
  )
  t.match(
    await update({ snapshotScheduleUUID: '' }),
    /\) → none\. No schedule takes snapshots of it any more$/
  )
  await update({ snapshotScheduleUUID: old.uuid })
  t.match(
    await update({ snapshotScheduleUUID: '' }),
    /any more, nor are they replicated as those of the old one were$/
  )
  const node = [...nodes.values()][0]
  t.match(
    await update({
      preferredNodeUUID: node?.uuid,
      description: 'x'.repeat(500),
      name: 'sql-prod-new'
    }),
    /^Changed VM "sql-prod-new": description ".*" → "x{99}…", name "sql-prod-01" → "sql-prod-new", preferredNodeUUID 10\.20\.0\.\d+ → 10\.20\.0\.11$/
  )
})

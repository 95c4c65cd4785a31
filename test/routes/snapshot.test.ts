import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('snapshots are taken, listed, deleted', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshots } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(({ state }) => state === 'RUNNING')

  const taken = await bridge.call('snapshotVM', { vmUUID: vm?.uuid, label: 'before upgrade' })
  t.equal(taken.status, 200)
  t.match(taken.body, { state: 'COMPLETE', vmName: vm?.name })
  const snapUUID = taken.body.createdUUID
  t.match(snapshots.get(snapUUID), { label: 'before upgrade', domainUUID: vm?.uuid, type: 'USER' })
  t.equal(vm?.snapUUIDs.at(-1), snapUUID)

  const listed = await bridge.call('vmSnapshots_read', { vmUUID: vm?.uuid })
  t.match(listed.body.items[0], { uuid: snapUUID, vmName: vm?.name, label: 'before upgrade' })
  t.notOk('domain' in listed.body.items[0], 'short without the embedded VM')
  const all = await bridge.call('vmSnapshots_read')
  t.equal(all.body.total, snapshots.size)
  const times = all.body.items.map(({ timestamp }: { timestamp: number }) => timestamp)
  t.same(
    times,
    times.toSorted((a: number, b: number) => b - a),
    'newest first'
  )

  const deleted = await bridge.call('delete_snapshotVM', { snapUUID })
  t.match(deleted.body, { state: 'COMPLETE', vmName: vm?.name, label: 'before upgrade' })
  t.notOk(snapshots.has(snapUUID))
  t.notOk(vm?.snapUUIDs.includes(snapUUID))

  const gone = await bridge.call('delete_snapshotVM', { snapUUID })
  t.equal(gone.status, 404)
  t.match(gone.body.error.message, /vmSnapshots_read lists them/)
})

t.test('wrong arguments', async (t) => {
  const bridge = await startTestBridge(t)
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  t.match((await bridge.call('snapshotVM', { vmUUID })).body.error.message, /label is required/)
  t.match(
    (await bridge.call('snapshotVM', { vmUUID, label: '' })).body.error.message,
    /label must not be/
  )
  t.match(
    (await bridge.call('snapshotVM', { vmUUID, label: 'x', lable: 'y' })).body.error.message,
    /unknown argument lable; did you mean label\?/
  )
  t.match(
    (await bridge.call('delete_snapshotVM', { snapUUID: '7c4f2e6a-52b3' })).body.error.message,
    /snapUUID must be a whole uuid/
  )
  t.match(await bridge.call('delete_snapshotVM', { snapUUID: 'x' }), {
    status: 404,
    body: { error: { message: /No snapshot has the label "x".*vmSnapshots_read lists them/ } }
  })
  const unknown = '00000000-0000-4000-8000-000000000000'
  t.equal((await bridge.call('snapshotVM', { vmUUID: unknown, label: 'x' })).status, 404)
  t.equal((await bridge.call('vmSnapshots_read', { vmUUID: unknown })).status, 404)
})

t.test('two callers snapshot one VM at once', async (t) => {
  for (const overlappingWrites of ['queue', 'fail'] as const)
    await t.test(overlappingWrites, async (t) => {
      const bridge = await startTestBridge(t, { simulator: { overlappingWrites } })
      const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
      const answers = await Promise.all(
        ['one', 'two'].map((label) => bridge.call('snapshotVM', { vmUUID, label }))
      )
      for (const { body } of answers) t.equal(body.state, 'COMPLETE')
      const waited = answers.filter(({ body }) => /^waited \d+ s for /.test(body.notes?.[0]))
      t.equal(waited.length, 1, 'the second one says that it waited')
      const made = [...bridge.simulator.world.state.snapshots.values()].filter(({ label }) =>
        ['one', 'two'].includes(label)
      )
      t.equal(made.length, 2, 'one after the other, whatever the cluster does with two at once')
    })
})

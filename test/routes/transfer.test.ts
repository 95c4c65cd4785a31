import t from 'tap'
import { startTestBridge, testArchive } from '../helper/bridge.ts'
import { sentWrites } from '../helper/sent-bodies.ts'

t.test('a VM goes to the archive and comes back', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const { clock, state: cluster } = bridge.simulator.world
  const { virDomains } = cluster
  const vm = [...virDomains.values()].find(({ state }) => state === 'RUNNING')

  const out = await bridge.call('exportVM', { vmUUID: vm?.uuid, wait: 0 })
  t.equal(out.status, 200)
  t.match(out.body, { state: /QUEUED|RUNNING/, message: /Call waitTask with taskTag \d+/ })
  t.match(out.body.pathURI, /^smb:\/\/archive\.example\/exports\//)
  const ticking = setInterval(() => clock.advance(60_000), 20)
  t.teardown(() => clearInterval(ticking))
  const done = await bridge.call('waitTask', { taskTag: out.body.taskTag, wait: 60 })
  t.match(done.body, { state: 'COMPLETE', progressPercent: 100, objectUUID: vm?.uuid })

  const { pathURI, definitionFileName } = out.body
  const back = await bridge.call('importVM', {
    pathURI,
    definitionFileName,
    name: 'back-01',
    wait: 60
  })
  t.match(back.body, { state: 'COMPLETE' })
  t.match(virDomains.get(back.body.createdUUID), {
    name: 'back-01',
    mem: vm?.mem,
    numVCPU: vm?.numVCPU
  })
  t.notMatch(out.text + done.text + back.text, 's3cret')

  const tasks = await bridge.call('taskTagStatus_read', { detail: 'full' })
  t.notMatch(tasks.text, 's3cret')
})

t.test('without an archive', async (t) => {
  const bridge = await startTestBridge(t, { config: { archive: undefined } })
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { status, body } = await bridge.call('exportVM', { vmUUID })
  t.equal(status, 400)
  t.match(body.error, { code: 'NOT_CONFIGURED', message: /set SCALE_EXPORT_URI/ })
  const bare = await bridge.call('importVM', { pathURI: 'web-01-20260101-000000' })
  t.equal(bare.status, 400)
  t.match(bare.body.error.message, /pathURI must be an address such as smb:\/\//)
})

t.test('an import of what is not there ends in ERROR with the reason', async (t) => {
  const bridge = await startTestBridge(t)
  const { status, body, text } = await bridge.call('importVM', {
    pathURI: `${testArchive.address}/nothing-here`,
    definitionFileName: 'nothing.xml'
  })
  t.equal(status, 200)
  t.equal(body.state, 'ERROR')
  t.match(body.message, /failed: /)
  t.notMatch(body.message, '%@')
  t.notMatch(text, 's3cret')
})

t.test('an export is sent as the vendor sends it, also of a snapshot', async (t) => {
  const bridge = await startTestBridge(t)
  const { snapshots } = bridge.simulator.world.state
  const writes = sentWrites(t, bridge)
  await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'before', wait: 30 })
  const out = await bridge.call('exportVM', { vmUUID: 'web-01', snapUUID: 'before', wait: 60 })
  t.match(out.body, {
    state: 'COMPLETE',
    message: /^Exported snapshot "before" of VM "web-01" to "smb:/
  })
  const [taken, sent] = writes.map(({ body }) => body)
  t.match(taken, { type: 'USER', replication: false })
  const snapshot = [...snapshots.values()].find(({ label }) => label === 'before')
  t.match(sent, {
    target: {
      format: 'qcow2',
      compress: true,
      allowNonSequentialWrites: true,
      parallelCountPerTransfer: 4
    },
    snapUUID: snapshot?.uuid
  })
  await bridge.call('snapshotVM', { vmUUID: 'web-01', label: 'far', replicate: true })
  t.match(writes.at(-1)?.body, { type: 'USER', replication: true })
  const foreign = await bridge.call('exportVM', { vmUUID: 'web-02', snapUUID: snapshot?.uuid })
  t.match(foreign, { status: 400, body: { error: { message: /is a snapshot of VM "web-01"/ } } })
})

import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

const speed = 300

/** A bridge in front of a cluster whose tasks are quick. */
const start = (t: Parameters<typeof startTestBridge>[0], config = {}) =>
  startTestBridge(t, { simulator: { nodes: 1, speed }, config })

const vmsNamed = ({ simulator }: TestBridge, pattern: RegExp) =>
  [...simulator.world.state.virDomains.values()].filter(({ name }) => pattern.test(name))

t.test('a VM comes back under its name, and the old one stays', async (t) => {
  const bridge = await start(t)
  const vmUUID = bridge.vm('web-01')
  const before = vmsNamed(bridge, /^web-01$/)[0]
  await bridge.call('snapshotVM', { vmUUID, label: 'before update', wait: 60 })
  const { status, body } = await bridge.call('restoreVM', {
    vmUUID: 'web-01',
    snapshot: 'newest',
    keepMAC: true,
    startAfter: true,
    wait: 120
  })
  t.equal(status, 200)
  t.match(body, {
    state: 'COMPLETE',
    message:
      /^Restored VM "web-01" from snapshot "before update"\. The old one is off and is called "web-01-old-/,
    sequence: /^s-/
  })
  t.ok(
    body.steps.every((step: string) => step.endsWith(': done')),
    body.steps
  )
  const [restored] = vmsNamed(bridge, /^web-01$/)
  t.match(restored, {
    uuid: body.createdUUID,
    state: 'RUNNING',
    tags: before?.tags,
    snapshotScheduleUUID: before?.snapshotScheduleUUID
  })
  t.same(
    restored?.netDevs.map(({ macAddress }) => macAddress),
    before?.netDevs.map(({ macAddress }) => macAddress)
  )
  t.match(vmsNamed(bridge, /^web-01-old-/)[0], { uuid: vmUUID, state: 'SHUTOFF' })

  const undone = await bridge.call('undo', { sequence: body.sequence, wait: 120 })
  t.match(undone.body, { state: 'COMPLETE', message: /^Took back sequence s-/ })
  t.match(vmsNamed(bridge, /^web-01$/)[0], { uuid: vmUUID, state: 'RUNNING' })
  t.match(vmsNamed(bridge, /^web-01-restored$/)[0], { uuid: body.createdUUID, state: 'SHUTOFF' })
  t.match((await bridge.call('undo', { sequence: body.sequence, again: true })).body, {
    error: { code: 'ILLEGAL_STATE', message: /was taken back already, by sequence s-/ }
  })
})

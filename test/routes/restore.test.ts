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
      /^Restored VM "web-01" from snapshot "before update" of \d{4}-\d\d-\d\d \d\d:\d\d\. The old one is off and is called "web-01-old-/,
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
  t.match(undone.body, {
    state: 'COMPLETE',
    message: /^Undid sequence s-\S+\. What it created stays: VM "web-01-restored": deleteVM/
  })
  t.match(vmsNamed(bridge, /^web-01$/)[0], { uuid: vmUUID, state: 'RUNNING' })
  t.match(vmsNamed(bridge, /^web-01-restored$/)[0], { uuid: body.createdUUID, state: 'SHUTOFF' })
  t.match((await bridge.call('undo', { sequence: body.sequence, again: true })).body, {
    error: { code: 'ILLEGAL_STATE', message: /was already undone by sequence s-/ }
  })
})

t.test(
  'a snapshot of another VM and a time to come are refused before anything is sent',
  async (t) => {
    const bridge = await start(t)
    const { snapshots } = bridge.simulator.world.state
    const foreign = [...snapshots.values()].find(
      ({ domainUUID }) => domainUUID !== bridge.vm('web-01')
    )
    const nextYear = new Date(Date.now() + 366 * 24 * 60 * 60 * 1000).toISOString()
    for (const [snapshot, says] of [
      [foreign?.uuid, /^snapshot \S+ is of VM ".*not of VM "web-01": vmSnapshots_read/],
      [nextYear.slice(0, 10), /is in the future: it is \d{4}-.* in the time of .*Say newest/],
      [nextYear.slice(0, 16), /is in the future/]
    ] as const) {
      const { body } = await bridge.call('restoreVM', { vmUUID: 'web-01', snapshot })
      t.match(body.error, { code: 'INVALID_ARGUMENT', message: says })
    }
    t.equal(vmsNamed(bridge, /^web-01-old-/).length, 0)
    const today = new Date().toISOString().slice(0, 10)
    const { body } = await bridge.call('restoreVM', {
      vmUUID: 'web-01',
      snapshot: today,
      wait: 120
    })
    t.match(body, { state: 'COMPLETE' })
  }
)

import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { vmNamed } from '../helper/hardware.ts'

const start = (t: Test, config: Partial<BridgeConfig> = {}) =>
  startTestBridge(t, { simulator: { nodes: 1, speed: 300 }, config })

const error = async (bridge: TestBridge, tool: string, args: object) =>
  (await bridge.call(tool, args)).body.error

t.test('a nightly schedule for a tag, in two calls', async (t) => {
  const bridge = await start(t)
  const created = await bridge.call('snapshotSchedule_create', {
    name: 'lab nights',
    every: 'day',
    at: '02:00',
    keepDays: 7
  })
  t.match(created.body, {
    state: 'COMPLETE',
    message:
      /^Created snapshot schedule "lab nights": every day at 02:00, kept 7 d, in the time of /
  })
  const bearing = [...bridge.simulator.world.state.virDomains.values()].filter(({ tags }) =>
    tags.split(',').includes('prod')
  )
  t.ok(bearing.length > 1)
  const shown = await bridge.call('snapshotSchedule_assign', {
    schedule: 'lab nights',
    vms: 'tag:prod',
    dry_run: true
  })
  t.equal(shown.body.dry_run.requests.length, bearing.length)
  const { body } = await bridge.call('snapshotSchedule_assign', {
    schedule: 'lab nights',
    vms: 'tag:prod',
    wait: 120
  })
  t.match(body, { state: 'COMPLETE', message: /VMs now have "lab nights"/ })
  for (const { name, uuid, snapshotScheduleUUID } of bearing) {
    t.equal(snapshotScheduleUUID, created.body.createdUUID, name)
    t.ok(uuid)
  }
  t.ok(
    body.steps.some((step: string) =>
      /^put "[^"]+" under "lab nights", before: (?:no schedule|"[^"]+"): done$/.test(step)
    )
  )
  t.match(
    (await bridge.call('snapshotSchedule_read', { filter: 'name:"lab nights"' })).body.items,
    [{ name: 'lab nights', vms: bearing.length, takes: /every day at 02:00/ }]
  )
})

t.test('schedules that cannot be created say what is possible', async (t) => {
  const bridge = await start(t)
  const good = { name: 'x', every: 'day', at: '02:00', keepDays: 7 }
  const cases: [object, RegExp][] = [
    [{ every: 'fortnight' }, /every must be hour, day, week, month/],
    [{ every: '1 minute' }, /at least 5 minutes/],
    [{ at: '25:00' }, /at must be a local time of the cluster, Europe\/Berlin,/],
    [{ every: 'week', on: 'someday' }, /day of the week/],
    [{ every: 'month', on: '31' }, /from 1 to 28/],
    [{ on: 'sunday' }, /every week or month only/],
    [{ keepDays: 0 }, /keepDays/]
  ]
  for (const [wrong, says] of cases)
    t.match(await error(bridge, 'snapshotSchedule_create', { ...good, ...wrong }), {
      code: 'INVALID_ARGUMENT',
      message: says
    })
  await bridge.call('snapshotSchedule_create', good)
  t.match(await error(bridge, 'snapshotSchedule_create', { ...good, name: 'X', at: '03:00' }), {
    code: 'ILLEGAL_STATE',
    message: /There is a snapshot schedule "x" already: every day at 02:00/
  })
})

t.test('a schedule and its VMs in one call, which the same call finishes', async (t) => {
  const bridge = await start(t)
  const args = { name: 'lab nights', every: 'day', at: '02:00', keepDays: 7, vms: 'tag:prod' }
  const bearing = [...bridge.simulator.world.state.virDomains.values()].filter(({ tags }) =>
    tags.split(',').includes('prod')
  )
  const shown = await bridge.call('snapshotSchedule_create', { ...args, dry_run: true })
  t.equal(shown.body.dry_run.requests.length, bearing.length + 1)
  t.equal(shown.body.dry_run.requests[1].body.snapshotScheduleUUID, '⟨schedule⟩')
  t.match(shown.body.steps[0], 'create snapshot schedule "lab nights": every day at 02:00')
  const [failing] = bearing
  bridge.simulator.faults.add({
    kind: 'fail-task',
    path: `/VirDomain/${failing?.uuid}`,
    times: 1,
    message: 'locked'
  })
  const first = await bridge.call('snapshotSchedule_create', { ...args, wait: 120 })
  t.match(first.body, { state: 'ERROR', message: /But it could not put "[^"]+" under .*locked/ })
  const covered = () =>
    bearing.filter(({ snapshotScheduleUUID }) => snapshotScheduleUUID === first.body.createdUUID)
      .length
  t.equal(covered(), bearing.length - 1)
  const second = await bridge.call('snapshotSchedule_create', { ...args, wait: 120 })
  t.match(second.body, { state: 'COMPLETE', message: /^Took "lab nights": every day at 02:00/ })
  t.equal(second.body.steps.length, 1)
  t.equal(covered(), bearing.length)
  const third = await bridge.call('snapshotSchedule_create', { ...args, wait: 120 })
  t.match(third.body, { state: 'COMPLETE', message: /^Nothing to change: / })
  t.match(await error(bridge, 'snapshotSchedule_create', { ...args, at: '03:00' }), {
    code: 'ILLEGAL_STATE',
    message:
      /There is a snapshot schedule "lab nights" already: every day at 02:00, kept 7 d\. Choose another name, or .* its own every, at and keepDays/
  })
  const undone = await bridge.call('undo', { sequence: first.body.sequence, wait: 120 })
  t.match(undone.body, { state: 'COMPLETE', message: /"lab nights": run_api with DELETE/ })
})

t.test('one thing is done to several VMs, and said of each', async (t) => {
  const bridge = await start(t)
  const { body } = await bridge.call('changeVMs', {
    vms: ['web-01', 'app-01'],
    action: 'snapshot',
    label: 'before',
    wait: 60
  })
  t.match(body, { state: 'COMPLETE', steps: [/"app-01": done/, /"web-01": done/] })
  const tags = vmNamed(bridge, 'web-01')?.tags
  const tagged = await bridge.call('changeVMs', {
    vms: ['web-01', 'app-01'],
    action: 'addTags',
    tags: 'several',
    wait: 60
  })
  t.equal(vmNamed(bridge, 'web-01')?.tags, `${tags},several`)
  await bridge.call('undo', { sequence: tagged.body.sequence, wait: 60 })
  t.equal(vmNamed(bridge, 'web-01')?.tags, tags)
  const old = await bridge.call('changeVMs', {
    vms: ['web-01'],
    action: 'deleteSnapshots',
    olderThanDays: 0,
    wait: 60
  })
  t.equal(old.body.state, 'COMPLETE')
  t.same(vmNamed(bridge, 'web-01')?.snapUUIDs, [])
})

t.test('a VM is named by its uuid, too', async (t) => {
  const bridge = await start(t)
  const uuid = bridge.vm('web-01')
  for (const each of [uuid, uuid.toUpperCase(), `{${uuid}}`]) {
    const args = { vms: [each, 'web-01', 'app-01'], action: 'snapshot', label: 'x', dry_run: true }
    const { status, body } = await bridge.call('changeVMs', args)
    t.equal(status, 200, each)
    t.equal(body.dry_run?.requests.length, 2, each)
  }
  t.match(
    await error(bridge, 'changeVMs', {
      vms: ['11111111-1111-4111-8111-111111111111'],
      action: 'snapshot',
      label: 'x'
    }),
    { code: 'NOT_FOUND' }
  )
})

t.test('what was not done is not counted as done', async (t) => {
  const bridge = await start(t)
  const vms = ['web-01', 'app-01', 'web-02']
  for (const name of vms.slice(1))
    bridge.simulator.faults.add({
      kind: 'fail-task',
      method: 'PATCH',
      path: `/VirDomain/${bridge.vm(name)}`
    })
  const { body } = await bridge.call('changeVMs', { vms, action: 'addTags', tags: 'x', wait: 60 })
  t.match(body, {
    state: 'ERROR',
    progressPercent: 33,
    message: /^1 of 3 steps are done\. But it could not tag "app-01".*could not tag "web-02"/
  })
  t.notMatch(body.message, /3 done/)
})

t.test('what means no VM, too many or nothing is refused', async (t) => {
  const bridge = await start(t, { maxTargets: 1 })
  const cases: [object, string, RegExp][] = [
    [{ vms: ['nobody'] }, 'NOT_FOUND', /nobody/],
    [{ vms: ['tag:nobody'] }, 'NOT_FOUND', /No VM has the tag/],
    // It can lose data, and so takes a tag for one only where it is called so.
    [
      { vms: ['app'] },
      'NOT_FOUND',
      /No VM is called "app", but 2 VMs have that tag\. Nothing was sent: did you mean "tag:app"\?$/
    ],
    [{ vms: ['name:web'] }, 'INVALID_ARGUMENT', /may mean others than it finds/],
    [{ vms: ['all'] }, 'INVALID_ARGUMENT', /all is not taken as a choice/],
    [{ vms: [] }, 'INVALID_ARGUMENT', /vms/],
    [{ vms: ['web-01'], label: undefined }, 'INVALID_ARGUMENT', /snapshot requires label/],
    [
      { vms: ['web-01', 'app-01'] },
      'APPROVAL_REQUIRED',
      /touches 2 objects at once, and MAX_TARGETS is 1/
    ]
  ]
  for (const [args, code, says] of cases)
    t.match(await error(bridge, 'changeVMs', { action: 'snapshot', label: 'x', ...args }), {
      code,
      message: says
    })
})

t.test('a VM is replicated, once, and not to just anywhere', async (t) => {
  const bridge = await start(t)
  const name = [...bridge.simulator.world.state.virDomains.values()].find(
    (vm) => vm.replicationUUIDs.length === 0 && vm.sourceVirDomainUUID === ''
  )?.name
  t.match(await error(bridge, 'replicate', { vmUUID: name, to: 'the moon' }), {
    code: 'NOT_FOUND',
    message: /No remote cluster is called "the moon": there is "/
  })
  t.match((await bridge.call('replicate', { vmUUID: name, wait: 60 })).body, {
    state: 'COMPLETE',
    message: /is replicated to "/
  })
  t.match((await bridge.call('replicate', { vmUUID: name, again: true })).body, {
    message: /^Nothing to change/
  })
  t.match((await bridge.call('replicate', { vmUUID: name, enable: false, wait: 60 })).body, {
    message: /is switched off/
  })
})

t.test('a new schedule takes a tag alone, but for the name of a VM', async (t) => {
  const bridge = await start(t)
  const create = (name: string) =>
    bridge.call('snapshotSchedule_create', { name, every: 'day', keepDays: 7, vms: ['app'] })
  t.match((await create('by tag')).body.message, /2 VMs have it: "app-01", "app-02"/)
  const db = vmNamed(bridge, 'file-01')
  if (db !== undefined) db.name = 'app'
  t.match((await create('by name')).body.message, /1 VMs have it: "app"/)
})

t.test('a day that says nothing of a daily schedule is left out', async (t) => {
  const bridge = await start(t)
  const create = (name: string, every: string, on: string) =>
    bridge.call('snapshotSchedule_create', { name, every, on, at: '02:00', keepDays: 7 })
  for (const on of ['every', 'every day', 'daily', 'all days', 'each night'])
    t.match((await create(`on ${on}`, 'day', on)).body.message, /every day at 02:00/, on)
  for (const [every, on, says] of [
    ['day', 'sunday', /on goes with every week or month only/],
    ['week', 'every day', /on must be a day of the week such as "sunday"/],
    ['month', 'every day', /on must be a day of the month/]
  ] as const)
    t.match((await create(`${every} ${on}`, every, on)).body.error.message, says)
})

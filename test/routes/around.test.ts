import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { recordOf } from '../helper/hardware.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'
import { lookAround } from './look-around.ts'

const text = { accept: 'text/plain' }

/** A cluster in which something was done to sql-prod-01. */
async function start(t: Test): Promise<TestBridge> {
  const bridge = await startTestBridge(t)
  const { status } = await bridge.call(
    'snapshotVM',
    { vmUUID: 'sql-prod-01', label: 'before patch of today', wait: 60 },
    { 'x-openwebui-user-name': 'Ada' }
  )
  t.equal(status, 200)
  return bridge
}

t.test('a VM with its parts, settings and timeline', async (t) => {
  const bridge = await start(t)
  const vm = recordOf(bridge, 'sql-prod-01')
  const { status, body } = await bridge.call('around', { vm: 'sql-prod-01' })
  t.equal(status, 200, JSON.stringify(body).slice(0, 300))
  t.match(body, {
    kind: 'VM',
    uuid: vm.uuid,
    state: 'RUNNING',
    node: /^10\.20\.0\.1\d$/,
    tags: ['prod', 'database', 'critical'],
    affinity: /^preferred 10\.20\.0\.1\d, backup none$/,
    schedule: 'critical',
    replications: [{ label: 'disaster recovery', enable: true }],
    nics: [{ macAddress: vm.netDevs[0]?.macAddress, vlan: vm.netDevs[0]?.vlan }],
    timeZone: 'Europe/Berlin'
  })
  t.equal(body.disks.length, vm.blockDevs.filter(({ type }) => type.endsWith('_DISK')).length)
  t.match(body.timeline[0], {
    when: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
    who: '"Ada" (claimed) by token operator',
    did: 'snapshotVM "before patch of today"',
    result: 'COMPLETE'
  })
  const times = body.timeline.map(({ when }: { when: string }) => when)
  t.same(times, times.toSorted().toReversed(), 'newest first')
})

t.test('conditions of its node are in it, and in its timeline', async (t) => {
  const bridge = await start(t)
  const [hot] = bridge.simulator.world.state.conditions.filter(
    ({ name, value }) => value && name.includes('temperature')
  )
  const vm = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ nodeUUID }) => nodeUUID === hot?.nodeUUID
  )
  const { body } = await bridge.call('around', { target: vm?.uuid, limit: 50 })
  t.match(body.conditions, [{ severity: 'WARNING', description: /highest temperature/ }])
  t.ok(
    body.timeline.some(
      ({ did, who }: Record<string, string>) =>
        who === 'the cluster' && did?.startsWith('condition set: "A drive is close')
    )
  )
})

t.test('a node with its drives, VMs and what runs on it', async (t) => {
  const bridge = await start(t)
  for (const target of ['10.20.0.12', 'node 2', 'NODE 2']) {
    const { body } = await bridge.call('around', { target })
    t.match(body, { kind: 'node', lanIP: '10.20.0.12', usable: true, runningVMs: Number }, target)
    t.equal(body.drives.length, 4)
  }
  const { body } = await bridge.call('around', { node: '10.20.0.12', limit: 100 })
  t.match(body.conditions, [{ description: /highest temperature/ }])
  t.ok(body.timeline.length > 0)
})

t.test('a disk of a VM, by what people call it, and a drive of a node', async (t) => {
  const bridge = await start(t)
  const vm = recordOf(bridge, 'sql-prod-01')
  const [, second] = vm.blockDevs
  for (const target of [
    second?.uuid,
    'sql-prod-01 D:',
    'sql-prod-01 slot 1',
    'SQL-PROD-01 d:\\'
  ].slice(0, 3)) {
    const { body } = await bridge.call('around', { target })
    t.match(
      body,
      { kind: 'disk', uuid: second?.uuid, vmName: 'sql-prod-01', slot: 1, readIOPS: Number },
      String(target)
    )
  }
  const drive = [...bridge.simulator.world.state.drives.values()].at(-1)
  for (const target of [drive?.uuid, drive?.serialNumber, '10.20.0.13 slot 3'])
    t.match((await bridge.call('around', { target })).body, {
      kind: 'drive',
      uuid: drive?.uuid,
      node: '10.20.0.13'
    })
})

t.test('a snapshot, by label and uuid, with who took it', async (t) => {
  const bridge = await start(t)
  const { body } = await bridge.call('around', { snapshot: 'before patch of today' })
  t.match(body, {
    kind: 'snapshot',
    label: 'before patch of today',
    vmName: 'sql-prod-01',
    usable: true,
    isNewest: true,
    keptUntil: 'deleted by hand',
    timeline: [{ who: /^"Ada"/, result: 'COMPLETE' }]
  })
  t.match((await bridge.call('around', { target: body.uuid })).body, { kind: 'snapshot' })
})

t.test('a task that runs is shown', async (t) => {
  const bridge = await startTestBridge(t)
  bridge.simulator.faults.add({ kind: 'stuck-task', path: '/VirDomainSnapshot' })
  await bridge.call('snapshotVM', { vmUUID: 'app-01', label: 'stuck', wait: 0 })
  const { body } = await bridge.call('around', { target: 'app-01' })
  t.match(body.runningTasks, [{ did: /./, result: 'RUNNING' }])
})

t.test('a name that fits several, and one that fits none', async (t) => {
  const bridge = await start(t)
  const several = await bridge.call('around', { target: 'web-' })
  t.equal(several.status, 409)
  t.match(several.body.error, {
    code: 'AMBIGUOUS_NAME',
    message: /pass the uuid of the one you mean as target/,
    candidates: [{ kind: 'VM', name: /web-/ }]
  })
  const vm = recordOf(bridge, 'app-02')
  vm.name = 'before patch of today'
  t.match((await bridge.call('around', { target: 'before patch of today' })).body, { kind: 'VM' })
  for (const target of ['sql-prod-09', '00000000-0000-4000-8000-000000000000', 'wbe-01']) {
    const { status, body } = await bridge.call('around', { target })
    t.equal(status, 404, target)
    t.match(body.error, { code: 'NOT_FOUND', message: /vm_read lists the VMs/ })
  }
  t.match(
    (await bridge.call('around', { target: 'sql-prod-09' })).body.error.message,
    /did you mean "sql-prod-0/
  )
  for (const args of [
    {},
    { target: '' },
    { target: ' ' },
    { target: null },
    { target: 5 },
    { target: 'x'.repeat(300) }
  ]) {
    const { status, body } = await bridge.call('around', args)
    t.ok(status === 400 || (status === 404 && args.target === 5), JSON.stringify(args))
    t.match(body.error.message, /target|called/)
  }
})

t.test('what cannot be read is said, and does not hide the rest', async (t) => {
  const bridge = await start(t)
  for (const path of ['/Condition', '/TaskTag'])
    bridge.simulator.faults.add({ kind: 'json-error', path, status: 403, message: 'Not allowed' })
  const { status, body } = await bridge.call('around', { target: 'sql-prod-01' })
  t.equal(status, 200)
  t.match(body, { kind: 'VM', schedule: 'critical' })
  t.match(body.notes.join('\n'), /^not read: conditions: .*403/m)
  t.match(body.notes.join('\n'), /^not read: tasks: .*403/m)
})

t.test('a limited token finds nothing of other VMs', async (t) => {
  const bridge = await start(t)
  acceptTokens(bridge, { lab: principalWith(['read'], ['lab']) })
  const own = recordOf(bridge, 'app-01')
  own.tags = 'lab'
  const others = [...bridge.simulator.world.state.virDomains.values()].filter((vm) => vm !== own)
  const foreign = recordOf(bridge, 'sql-prod-01')
  const authorization = { authorization: 'Bearer lab' }
  for (const target of [
    'sql-prod-01',
    foreign.uuid,
    foreign.blockDevs[0]?.uuid,
    'before patch of today',
    foreign.snapUUIDs[0]
  ]) {
    const { status } = await bridge.call('around', { target }, authorization)
    t.equal(status, 404, String(target))
  }
  for (const target of ['app-01', own.uuid, '10.20.0.11', '10.20.0.12', '10.20.0.13']) {
    const { status, text: shown } = await bridge.call(
      'around',
      { target, limit: 100 },
      { ...authorization, ...text }
    )
    t.equal(status, 200, target)
    for (const { name, uuid } of others) {
      t.notMatch(shown, new RegExp(`\\b${name}\\b`), `${target}: ${name}`)
      t.notMatch(shown, new RegExp(uuid))
    }
  }
})

t.test('100 VMs: nothing read twice, and a short answer', async (t) => lookAround(t, 100))

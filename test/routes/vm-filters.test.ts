import t from 'tap'
import { connectMcp } from '../helper/mcp-client.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { askVmQuestions, vmsOf } from './vm-questions.ts'

t.test('100 VMs, over REST and MCP: one call answers a question', async (t) =>
  askVmQuestions(t, 100)
)

t.test('what is not understood is refused over REST and MCP, in its first words', async (t) => {
  const bridge = await startTestBridge(t)
  const mcp = await connectMcp(t, bridge)
  for (const filter of [
    'memory>8',
    'stat:RUNNING',
    'snapshotAge>often',
    '(state:RUNNING',
    'foo>1'
  ]) {
    const { status, body } = await bridge.call('vm_read', { filter })
    t.equal(status, 400, filter)
    t.match(body.error, { code: 'INVALID_ARGUMENT', message: /^filter not understood: / }, filter)
    const result = await mcp.callTool({ name: 'vm_read', arguments: { filter } })
    t.equal(result.isError, true, filter)
    t.notMatch(JSON.stringify(result.content), /total 0/, filter)
  }
  for (const [tool, word] of [
    ['vm_read', 'CRASHING'],
    ['taskTagStatus_read', 'FLYING']
  ] as const) {
    const { status, body } = await bridge.call(tool, { filter: `state:${word}` })
    t.equal(status, 400, tool)
    t.match(
      body.error.message,
      new RegExp(
        `^filter not understood: "state:${word}": "${word}" is not a valid state.* There is .*RUNNING`
      )
    )
  }
  const none = await bridge.call('vm_read', { filter: 'state:BLOCKED' })
  t.match(none.body, { total: 0, hint: /^no state has "BLOCKED"/ })
  const tags = await bridge.call('vm_read', { filter: 'tags:nobody' })
  t.match(tags.body, { total: 0, hint: /^no tags has "nobody"; there is "prod", "web", / })
  const list = await bridge.call('vm_read', { filter: ['state:RUNNING', 'tags:prod'] })
  t.match(list.body, { total: Number, notes: [/filter: read as "state:RUNNING and tags:prod"/] })
})

t.test('other lists take the same filters', async (t) => {
  const bridge = await startTestBridge(t)
  const { snapshots, drives } = bridge.simulator.world.state
  const count = async (tool: string, filter: string): Promise<number> => {
    const { status, body } = await bridge.call(tool, { filter })
    t.equal(status, 200, `${tool} ${filter}: ${JSON.stringify(body).slice(0, 200)}`)
    return body.total
  }
  const all = [...snapshots.values()]
  const from = new Date((all[0]?.timestamp ?? 0) * 1000).toISOString()
  t.equal(
    await count('vmSnapshots_read', `takenAt>=${from}`),
    all.filter(({ timestamp }) => timestamp >= (all[0]?.timestamp ?? 0)).length
  )
  t.equal(
    (await count('vmSnapshots_read', 'older:3d')) +
      (await count('vmSnapshots_read', 'not older:3d')),
    all.length
  )
  const [node] = bridge.simulator.world.state.nodes.values()
  const there = await count('drive_read', `node:${node?.lanIP}`)
  t.ok(there > 0)
  t.equal(await count('drive_read', `node:"node ${node?.peerID}"`), there)
  t.equal(await count('node_read', `node:${node?.peerID}`), 1)
  t.equal(await count('node_read', `node ${node?.peerID}`), 1, 'a name alone')
  t.equal(await count('drive_read', 'usedPercent>=0'), drives.size)
  await count('taskTagStatus_read', 'created:2026-11-28')
  await count('taskTagStatus_read', 'newer:1d state:COMPLETE')
  await count('condition_read', 'severity in (WARNING, CRITICAL)')
  await count('recentActivity', 'when>yesterday')
  await count('iso_read', 'size>1GB')
})

t.test('fetch_vm finds by address', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = vmsOf(bridge).find(({ netDevs }) => (netDevs[0]?.ipv4Addresses.length ?? 0) > 0)
  const [device] = vm?.netDevs ?? []
  const [ip = ''] = device?.ipv4Addresses ?? []
  const mac = device?.macAddress ?? ''
  const digits = mac.replaceAll(':', '')
  const found = async (name: string): Promise<string[]> => {
    const { body } = await bridge.call('fetch_vm', { name })
    return body.items.map(({ uuid }: { uuid: string }) => uuid)
  }
  for (const text of [
    ip,
    `${ip}/24`,
    ` ${ip} `,
    `${ip}:22`,
    mac,
    mac.toLowerCase(),
    mac.replaceAll(':', '-'),
    digits,
    digits.toLowerCase().replaceAll(/(.{4})(?=.)/g, '$1.')
  ])
    t.same(await found(text), [vm?.uuid], text)
  t.same(await found(ip.slice(0, -1)), [], 'a part of an address is of many')
  const { body } = await bridge.call('fetch_vm', { name: '192.0.2.77' })
  t.match(body, { total: 0, hint: /^no VM has the address 192\.0\.2\.77: / })
  const filtered = await bridge.call('vm_read', {
    filter: `mac:${digits}`,
    fields: ['name', 'mac', 'ip']
  })
  t.match(filtered.body.items, [{ name: vm?.name, mac: [mac], ip: [ip] }])
})

t.test('a snapshot that cannot be seen does not count as missing', async (t) => {
  const bridge = await startTestBridge(t)
  const { snapshots } = bridge.simulator.world.state
  const had = vmsOf(bridge).filter(({ snapUUIDs }) => snapUUIDs.length > 0)
  // As for a cluster user whose rights end here: the VMs still name them.
  snapshots.clear()
  const old = await bridge.call('vm_read', { filter: 'snapshotAge>7d', fields: ['snapshotAge'] })
  t.equal(old.body.total, vmsOf(bridge).length - had.length)
  t.match(old.body.hint, `of ${had.length} the snapshotAge is unknown, so they are not among them`)
  const unknown = await bridge.call('vm_read', { filter: 'snapshotAge:unknown' })
  t.equal(unknown.body.total, had.length)
})

t.test('the last export, and how far back it is known', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('exportVM', { vmUUID: 'web-01', wait: 60 })
  const { body } = await bridge.call('vm_read', {
    filter: 'lastExport newer 1h',
    fields: ['name', 'lastExport']
  })
  t.match(body, { total: 1, items: [{ name: 'web-01', lastExport: /^20\d\d-.*Z$/ }] })
  t.match(body.notes, [
    /^lastExport is of this bridge's record and the tasks the cluster still knows/
  ])
  const never = await bridge.call('vm_read', { filter: 'lastExport:never' })
  t.equal(never.body.total, vmsOf(bridge).length - 1)
})

t.test("the cluster's time and zone", async (t) => {
  const bridge = await startTestBridge(t)
  for (const tool of ['ping_read', 'cluster_read']) {
    const { body } = await bridge.call(tool)
    t.match(
      body.time,
      /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+0[12]:00$/,
      tool
    )
    t.equal(body.timeZone, 'Europe/Berlin')
    const text = await bridge.call(tool, {}, { accept: 'text/plain' })
    t.match(text.text, /\ntime: .*UTC\+0[12]:00\ntimeZone: Europe\/Berlin/)
  }
  bridge.simulator.world.clock.offSeconds = 3 * 3600
  t.match((await bridge.call('ping_read')).body.time, /, (?:2|3) h ahead of the bridge$/)
  bridge.simulator.world.clock.offSeconds = 0
  bridge.simulator.faults.add({ kind: 'error-500', path: '/TimeZone' })
  const unknown = await bridge.call('ping_read')
  bridge.simulator.faults.clear()
  t.match(unknown.body, {
    status: String,
    time: /UTC, the bridge's clock$/,
    timeZone: 'unknown, so UTC'
  })
  const { body } = await bridge.call('run_api', {
    method: 'GET',
    query: '/VirDomainSnapshotSchedule'
  })
  t.match(body.notes, [
    /^dtstart is the cluster's local time, Europe\/Berlin \(now UTC\+0[12]:00\)$/
  ])
})

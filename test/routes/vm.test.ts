import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

const plain = { accept: 'text/plain' }

const summaryFields = [
  'uuid',
  'name',
  'state',
  'node',
  'numVCPU',
  'mem',
  'memory',
  'disk',
  'tags',
  'age'
]
import { startDirectory } from '../helper/directory-server.ts'

t.test('vm_read', async (t) => {
  const bridge = await startTestBridge(t)
  const all = [...bridge.simulator.world.state.virDomains.values()]

  const { body } = await bridge.call('vm_read')
  t.equal(body.total, all.length)
  t.equal(body.returned, all.length)
  t.equal(body.next_offset, undefined)
  for (const item of body.items) {
    const vm = all.find(({ uuid }) => uuid === item.uuid)
    t.match(item, { name: vm?.name, state: vm?.state, numVCPU: vm?.numVCPU, mem: vm?.mem })
    t.equal(item.node === '', vm?.nodeUUID === '', 'a running VM has a node by name')
  }
  t.same(Object.keys(body.items[0]), summaryFields)

  const running = await bridge.call('vm_read', { filter: 'state:RUNNING' })
  t.equal(running.body.total, all.filter(({ state }) => state === 'RUNNING').length)

  const page = await bridge.call('vm_read', { limit: 5, offset: 5 })
  t.equal(page.body.returned, 5)
  t.equal(page.body.next_offset, 10)
  t.same(page.body.items, body.items.slice(5, 10))

  const full = await bridge.call('vm_read', { detail: 'full', limit: 1 })
  t.ok(full.body.items[0].affinityStrategy, 'the whole record')

  const none = await bridge.call('vm_read', { filter: 'no-such-vm' })
  t.equal(none.status, 200)
  t.equal(none.body.total, 0)
  t.match(none.body.hint, /no-such-vm/)

  const past = await bridge.call('vm_read', { offset: 5000 })
  t.equal(past.status, 400)
  t.match(past.body.error.message, /offset is 5000, but there are only/)

  const text = await bridge.call('vm_read', { limit: 2 }, plain)
  t.match(text.headers['content-type'], /^text\/plain/)
  const [head, columns, first] = text.text.split('\n')
  t.equal(head, `total ${all.length}, shown 1-2; next: offset 2, or narrow with filter`)
  t.equal(columns, 'uuid\tname\tstate\tnode\tnumVCPU\tmemory')
  t.match(first, body.items[0].uuid)
})

t.test('vm_read with chosen fields', async (t) => {
  const bridge = await startTestBridge(t)
  const [vm] = bridge.simulator.world.state.virDomains.values()
  const chosen = await bridge.call('vm_read', {
    filter: `uuid:${vm?.uuid}`,
    fields: ['name', 'DISK', 'tags', 'uiState', 'affinityStrategy']
  })
  t.same(Object.keys(chosen.body.items[0]), ['name', 'disk', 'tags', 'uiState', 'affinityStrategy'])
  t.match(chosen.body.items[0], {
    name: vm?.name,
    disk: /GiB$/,
    tags: vm?.tags,
    uiState: vm?.uiState
  })

  const fields = ['name', 'disk', 'tags', 'age']
  const { text } = await bridge.call('vm_read', { fields, limit: 1 }, plain)
  t.match(text.split('\n')[1], 'name\tdisk\ttags\tage')
  t.match(text.split('\n')[2], new RegExp(`^${vm?.name}\\t\\d+ GiB\\t${vm?.tags}\\t\\d+ d$`))

  const unknown = await bridge.call('vm_read', { fields: ['name', 'taggs'] })
  t.equal(unknown.status, 400)
  t.match(
    unknown.body.error.message,
    /^fields: unknown field "taggs"; did you mean tags\? Fields: uuid, name, /
  )
  t.match(unknown.body.error.message, /affinityStrategy/)

  const hidden = await bridge.call('vm_read', { filter: 'machineTypeKeyword:uefi' })
  const uefi = [...bridge.simulator.world.state.virDomains.values()].filter(
    ({ machineTypeKeyword }) => machineTypeKeyword === 'uefi'
  )
  t.equal(hidden.body.total, uefi.length, 'a filter by a field that only the full record has')
})

t.test('fetch_vm by name', async (t) => {
  const bridge = await startTestBridge(t)
  const [vm] = bridge.simulator.world.state.virDomains.values()
  const name = String(vm?.name)
  const { body } = await bridge.call('fetch_vm', { name: name.toUpperCase() })
  t.equal(body.items[0].uuid, vm?.uuid, 'the very name comes first')
  const [short] = (await bridge.call('fetch_vm', { name, fields: ['age'], limit: 1 })).body.items
  t.same(Object.keys(short), ['age'], 'it takes what every list takes')

  const none = await bridge.call('fetch_vm', { name: 'zzz-nothing' })
  t.equal(none.status, 200)
  t.match(none.body, { total: 0, hint: /vm_read lists all/ })

  for (const wrong of [{}, { name, user: 'ann' }]) {
    const { status, body } = await bridge.call('fetch_vm', wrong)
    t.equal(status, 400)
    t.match(body.error.message, /exactly one of name or user/)
  }
})

t.test('fetch_vm by user', async (t) => {
  const unset = await startTestBridge(t)
  const refused = await unset.call('fetch_vm', { user: 'ann' })
  t.equal(refused.status, 400)
  t.match(refused.body.error, { code: 'NOT_CONFIGURED', message: /SCALE_DIRECTORY_URL/ })

  const [first, second] = unset.simulator.world.state.virDomains.values()
  const { url } = await startDirectory(t, (user, response) => {
    const vms: Record<string, unknown> = {
      ann: [first?.name.toUpperCase(), second?.uuid],
      old: ['pc-long-gone']
    }
    response.end(JSON.stringify(vms[user ?? ''] ?? []))
  })
  const bridge = await startTestBridge(t, { config: { directoryUrl: url } })
  const found = await bridge.call('fetch_vm', { user: 'ann' })
  t.same(
    found.body.items.map(({ uuid }: { uuid: string }) => uuid).toSorted(),
    [String(first?.uuid), String(second?.uuid)].toSorted()
  )
  t.match((await bridge.call('fetch_vm', { user: 'bob' })).body, {
    total: 0,
    hint: /knows no VM of "bob"/
  })
  t.match((await bridge.call('fetch_vm', { user: 'old' })).body, { total: 0, hint: /pc-long-gone/ })
})

t.test('one VM', async (t) => {
  const bridge = await startTestBridge(t)
  const vms = [...bridge.simulator.world.state.virDomains.values()]
  const running = vms.find(({ state }) => state === 'RUNNING')
  const { body } = await bridge.call('getVM_details', { vmUUID: running?.uuid.toUpperCase() })
  t.match(body, { uuid: running?.uuid, name: running?.name, mem: running?.mem })
  t.match(body.memory, /^\d+(\.\d+)? [MG]iB$/)
  t.match(body.node, /^10\.20\.0\.1\d$/)
  t.equal(body.blockDevs.length, running?.blockDevs.length)

  for (const tool of ['getVM_details', 'getVM_sysStats']) {
    const unknown = await bridge.call(tool, { vmUUID: '00000000-0000-4000-8000-000000000000' })
    t.equal(unknown.status, 404)
    t.match(unknown.body.error, { code: 'NOT_FOUND', message: /fetch_vm finds it by name/ })
  }
})

t.test('network devices', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ netDevs }) => netDevs.length > 0
  )
  const all = await bridge.call('vmNetDevices_read')
  const one = await bridge.call('vmNetDevices_read', { vmUUID: vm?.uuid })
  t.equal(one.body.total, vm?.netDevs.length)
  t.ok(all.body.total > one.body.total)
  t.match(one.body.items[0], { virDomainUUID: vm?.uuid, macAddress: vm?.netDevs[0]?.macAddress })
})

import t from 'tap'
import { StoreError } from '../../src/store/store.ts'
import { startTestBridge } from '../helper/bridge.ts'

t.test('a name that another VM has is said wherever a VM gets it', async (t) => {
  const bridge = await startTestBridge(t)
  const web = bridge.vm('web-02')
  const said = new RegExp(`^another VM is called "web-02": ${web}, RUNNING; tools`)
  const exported = await bridge.call('exportVM', { vmUUID: web, wait: 60 })
  const { pathURI, definitionFileName } = exported.body
  const calls: [string, object][] = [
    ['createVM', { name: 'web-02' }],
    ['createVM', { name: 'WEB-02 ' }],
    ['cloneVM', { vmUUID: 'dc-01', name: 'web-02' }],
    ['updateVM', { vmUUID: 'test-web-01', name: 'web-02' }],
    ['importVM', { pathURI, definitionFileName, name: 'web-02', wait: 60 }],
    ['importVM', { pathURI, definitionFileName, wait: 60 }]
  ]
  for (const [tool, args] of calls) {
    const { status, body } = await bridge.call(tool, args)
    t.match({ status, ...body }, { status: 200, state: 'COMPLETE' }, `${tool} is not refused`)
    t.ok(
      body.notes?.some((note: string) => said.test(note)),
      `${tool}: ${JSON.stringify(body.notes)}`
    )
    // The next one shall meet the first alone.
    const made = body.createdUUID || bridge.vm('web-02')
    const vm = bridge.simulator.world.state.virDomains.get(
      tool === 'updateVM' ? (body.objectUUID ?? '') : made
    )
    if (tool !== 'updateVM' && vm !== undefined) vm.name = `other-${made}`
    else
      for (const each of bridge.simulator.world.state.virDomains.values())
        if (each.name === 'web-02' && each.uuid !== web) each.name = 'renamed'
  }
  const own = await bridge.call('updateVM', { vmUUID: web, name: 'web-02' })
  t.notOk(own.body.notes, 'its own name is no other')
  const alike = await bridge.call('createVM', { name: 'w\u0435b-02' })
  t.match(alike.body.notes, [
    `"w\u0435b-02" (mixes Latin and Cyrillic letters) looks like "web-02", another VM: ${web}, RUNNING`
  ])
  const used = await bridge.call('snapshotVM', { vmUUID: 'w\u0435b-02', label: 'x' })
  t.match(used.body.notes, [/is /, /looks like "web-02", which is another: /])
})

t.test('candidates are distinguished by what differs', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains } = bridge.simulator.world.state
  const first = (await bridge.call('createVM', { name: 'tmp-x', tags: 'old' })).body.createdUUID
  const second = (
    await bridge.call('createVM', {
      name: 'tmp-x',
      mem: '8 GiB',
      disks: [{ capacity: '10 GB' }],
      nics: [{ macAddress: '7c-4c-58-00-00-01' }]
    })
  ).body.createdUUID
  const [one, other] = [virDomains.get(first), virDomains.get(second)]
  if (one) one.created -= 3600
  const { status, body } = await bridge.call('deleteVM', { vmUUID: 'tmp-x' })
  t.equal(status, 409)
  t.match(body.error.message, `${first} ("tmp-x", SHUTOFF, created `)
  t.match(body.error.message, 'memory 4 GiB, disk 0 B, tags "old"')
  t.match(body.error.message, 'memory 8 GiB, disk 10 GiB, address 7C:4C:58:00:00:01')
  t.match(body.error.candidates, [
    { uuid: first, tags: 'old', memory: '4 GiB' },
    {
      uuid: second,
      created: new Date((other?.created ?? 0) * 1000).toISOString().replace('.000', '')
    }
  ])
})

t.test('a destructive call takes no name that was another VM\u2019s a moment ago', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains } = bridge.simulator.world.state
  const create = async (name: string): Promise<string> =>
    (await bridge.call('createVM', { name, again: true })).body.createdUUID
  const [first, second] = [await create('tmp-x'), await create('tmp-x')]

  t.equal((await bridge.call('deleteVM', { vmUUID: first })).status, 200)
  for (const [tool, args] of [
    ['deleteVM', {}],
    ['changeVM_state', { actionType: 'START' }]
  ] as const) {
    const { status, body } = await bridge.call(tool, { vmUUID: 'tmp-x', ...args })
    t.equal(status, 409, tool)
    t.match(body.error, {
      code: 'AMBIGUOUS_NAME',
      message: new RegExp(
        `vmUUID is "tmp-x", and a VM of this name was deleted \\d+ s ago: this tool then accepts only a uuid\\. The VM with that name is now ${second} \\("tmp-x", SHUTOFF`
      ),
      candidates: [{ uuid: second }]
    })
  }
  t.ok(virDomains.has(second))
  t.equal(
    (await bridge.call('snapshotVM', { vmUUID: 'tmp-x', label: 'x' })).status,
    200,
    'others go on'
  )
  t.equal((await bridge.call('deleteVM', { vmUUID: second })).status, 200)
  t.match((await bridge.call('deleteVM', { vmUUID: 'tmp-x' })).body.error, {
    code: 'NOT_FOUND',
    message: /A VM of this name was deleted \d+ s ago$/
  })

  const [third, fourth] = [await create('tmp-y'), await create('tmp-y')]
  t.equal((await bridge.call('getVM_details', { vmUUID: 'tmp-y' })).status, 409)
  const renamed = virDomains.get(third)
  if (renamed) renamed.name = 'tmp-z'
  const late = await bridge.call('deleteVM', { vmUUID: 'tmp-y' })
  t.match(late.body.error?.message, /and 2 VMs had this name \d+ s ago/)
  t.ok(virDomains.has(fourth))

  const single = await create('tmp-one')
  const [one, again] = await Promise.all(
    [0, 1].map(() => bridge.call('deleteVM', { vmUUID: 'tmp-one' }))
  )
  t.match([one?.status, again?.status], [200, 200], 'a call that is made again is the same call')
  t.notOk(virDomains.has(single))
})

t.test('a deletion by name waits until it can be known whose name it was', async (t) => {
  const bridge = await startTestBridge(t)
  const { store } = bridge.app.ledger
  const get = store.get.bind(store)
  store.get = async (table, key) => {
    if (table === 'names') throw new StoreError('the disk fails')
    return get(table, key)
  }
  const { status, body } = await bridge.call('deleteVM', { vmUUID: 'test-web-01' })
  t.equal(status, 503)
  t.match(body, { error: { code: 'LEDGER_UNAVAILABLE' } })
  t.notOk(bridge.simulator.requests.some(({ method }) => method === 'DELETE'))
  t.equal(
    (await bridge.call('getVM_details', { vmUUID: 'test-web-01' })).status,
    200,
    'reads go on'
  )
  store.get = get
  t.equal((await bridge.call('deleteVM', { vmUUID: 'test-web-01' })).status, 200)
})

t.test('what goes with a VM is named when it is deleted', async (t) => {
  const bridge = await startTestBridge(t)
  const { body } = await bridge.call('createVM', {
    name: 'tmp-d',
    disks: [{ capacity: '40 GB' }, { capacity: '100 GB' }]
  })
  for (const label of ['one', 'two', 'three'])
    await bridge.call('snapshotVM', { vmUUID: body.createdUUID, label })
  const vm = bridge.simulator.world.state.virDomains.get(body.createdUUID)
  vm?.replicationUUIDs.push('00000000-0000-4000-8000-000000000001')
  t.equal(
    (await bridge.call('deleteVM', { vmUUID: 'tmp-d' })).body.message,
    'Deleted VM "tmp-d" with 2 disks (140 GiB) and 3 snapshots, and its 1 replication to another cluster'
  )
})

t.test('MAC addresses are checked, brought into form and looked up', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains } = bridge.simulator.world.state
  const web = virDomains.get(bridge.vm('web-01'))
  const mac = web?.netDevs[0]?.macAddress ?? ''
  const create = (...macs: string[]) =>
    bridge.call('createVM', {
      name: `n-${macs.join()}`,
      nics: macs.map((macAddress) => ({ macAddress }))
    })
  const taken = await create(mac.toLowerCase().replaceAll(':', '-'))
  t.match(taken.body.notes, [
    /read as/,
    `VM "web-01" (${web?.uuid}, RUNNING) has the MAC address ${mac}`
  ])
  t.equal(virDomains.get(taken.body.createdUUID)?.netDevs[0]?.macAddress, mac)
  for (const wrong of [
    'not-a-mac',
    'FF:FF:FF:FF:FF:FF',
    '01:00:5e:00:00:01',
    '00:00:00:00:00:00',
    '7C:4C:58:12:34'
  ]) {
    const { status, body } = await create(wrong)
    t.equal(status, 400, wrong)
    t.match(
      body.error.message,
      /macAddress must be a MAC address of one device such as 7C:4C:58:12:34:56, no group/
    )
  }
  t.match(
    (await create('7C:4C:58:AA:00:01', '7c4c58aa0001')).body.error.message,
    /is given for two network devices/
  )
})

t.test('a clone says what of its source it does not have', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains } = bridge.simulator.world.state
  const vm = [...virDomains.values()].find(
    (each) => each.snapshotScheduleUUID !== '' && each.netDevs.length > 0
  )
  const { body } = await bridge.call('cloneVM', { vmUUID: vm?.uuid, name: 'copy-1' })
  t.match(body.notes, [
    /^not copied of ".*": the snapshot schedule "/,
    'the copy has new MAC addresses'
  ])
})

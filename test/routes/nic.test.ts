import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { recordOf, takeWrites } from '../helper/hardware.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const running = 'web-01'
const off = 'test-web-01'

t.test('a NIC moves, and the way back is said', async (t) => {
  const bridge = await startTestBridge(t)
  const [nic] = recordOf(bridge, running).netDevs
  const { macAddress } = nic ?? {}
  const change = async (args: object) =>
    (await bridge.call('changeNIC', { vmUUID: running, ...args })).body
  t.match(await change({ vlan: 20 }), {
    state: 'COMPLETE',
    message: `Changed NIC 1 (${macAddress}) of VM "web-01": vlan 10 → 20. Undo: changeNIC with vlan 10`
  })
  t.equal(nic?.vlan, 20)
  t.match(await change({ nic: macAddress?.toLowerCase().replaceAll(':', '-'), connected: false }), {
    message: /connected true → false\. Undo: changeNIC with connected true$/
  })
  t.equal(nic?.connected, false)
  t.match(await change({ nic: 'vlan 20', vlan_id: '30', connected: true }), {
    message: /vlan 20 → 30, connected false → true\. Undo: changeNIC with vlan 20, connected false$/
  })
  takeWrites(bridge)
  t.match(await change({ vlan: 30, connected: true }), {
    taskTag: '',
    message: `Nothing to change of NIC 1 (${macAddress}) of VM "web-01": it has vlan 30, connected true already`
  })
  t.match(await change({ mac: macAddress, vlan: 10 }), { message: /vlan 30 → 10/ })
  t.equal(takeWrites(bridge).length, 1)
})

t.test('a VM that is off gets NICs, changes their MAC address and loses them', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = recordOf(bridge, off)
  const taken = recordOf(bridge, running).netDevs[0]?.macAddress ?? ''
  const start = 'It is off: changeVM_state with START starts it'
  const added = await bridge.call('addNIC', { vmUUID: off, vlan: 20 })
  t.match(added.body, {
    createdUUID: String,
    message: `Added a NIC (VIRTIO) in VLAN 20 to VM "test-web-01": 1 → 2 NICs: uuid ${added.body.createdUUID}. Undo: removeNIC with nic 2. ${start}`
  })
  t.match(vm.netDevs[1], { uuid: added.body.createdUUID, vlan: 20, connected: true })
  const third = await bridge.call('addNIC', {
    vmUUID: off,
    vlan: 0,
    connected: 'false',
    mac: '7c4c.58aa.bbcc'
  })
  t.match(third.body.message, /in VLAN 0, disconnected, to VM/)
  t.match(vm.netDevs[2], { macAddress: '7C:4C:58:AA:BB:CC', connected: false, vlan: 0 })

  const changed = await bridge.call('changeNIC', { vmUUID: off, nic: 3, mac: taken })
  t.match(
    changed.body.message,
    `mac 7C:4C:58:AA:BB:CC → ${taken}. Undo: changeNIC with mac 7C:4C:58:AA:BB:CC. ${start}`
  )
  t.match(
    changed.body.notes.join('\n'),
    `VM "web-01" (${bridge.vm(running)}, RUNNING) has the MAC address ${taken}`
  )

  const removed = await bridge.call('removeNIC', { vmUUID: off, nic: 'eth2' })
  t.match(
    removed.body.message,
    `Removed NIC 3 (${taken}) of VM "test-web-01", which was in VLAN 0: 3 → 2 NICs. Undo: addNIC with vlan 0 and mac ${taken}. ${start}`
  )
  await bridge.call('removeNIC', { vmUUID: off, nic: added.body.createdUUID })
  t.match((await bridge.call('removeNIC', { vmUUID: off })).body.message, /1 → 0 NICs/)
  t.same(vm.netDevs, [])
})

t.test('the same over MCP', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  const call = async (name: string, args: Record<string, unknown>) =>
    JSON.stringify((await client.callTool({ name, arguments: args })).content)
  t.match(await call('changeNIC', { vmUUID: running, vlan: 20 }), /vlan 10 → 20/)
  t.match(await call('addNIC', { vmUUID: off, vlan: 20 }), /1 → 2 NICs/)
  t.match(await call('removeNIC', { vmUUID: off, nic: '2' }), /2 → 1 NICs/)
  t.match(await call('addNIC', { vmUUID: running, vlan: 20 }), /SHUTDOWN first, then addNIC again/)
})

t.test('an interruption is judged as one', async (t) => {
  const bridge = await startTestBridge(t)
  const effect = async (tool: string, args: object) =>
    (await bridge.call(tool, { dry_run: true, ...args })).body.dry_run?.effect
  t.equal(await effect('changeNIC', { vmUUID: running, vlan: 20 }), 'interrupt')
  t.equal(await effect('changeNIC', { vmUUID: running, connected: false }), 'interrupt')
  t.equal(await effect('changeNIC', { vmUUID: off, mac: '7C:4C:58:AA:BB:CC' }), 'interrupt')
  t.equal(await effect('addNIC', { vmUUID: off, vlan: 20 }), 'change')
  t.equal(await effect('removeNIC', { vmUUID: off }), 'interrupt')
})

t.test('what cannot be done to a NIC says what can', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('addNIC', { vmUUID: off, vlan: 110, mac: '7C:4C:58:AA:BB:CC' })
  const web = recordOf(bridge, running).netDevs[0]
  const paused = 'build-01'
  recordOf(bridge, 'dc-01').netDevs = []
  const rows: [tool: string, args: object, status: number, said: RegExp][] = [
    [
      'changeNIC',
      { vmUUID: running },
      400,
      /Nothing to change of NIC 1 .*: pass vlan, connected or mac/
    ],
    [
      'changeNIC',
      { vmUUID: running, vlan: 4095 },
      400,
      /vlan must be <= 4094; got 4095 \(.*0 is untagged\)/
    ],
    ['changeNIC', { vmUUID: running, vlan: -1 }, 400, /vlan must be >= 0/],
    [
      'changeNIC',
      { vmUUID: running, vlan: 'office' },
      400,
      /vlan must be an integer; got string "office"/
    ],
    ['changeNIC', { vmUUID: running, connected: 'off' }, 400, /connected must be true or false/],
    [
      'changeNIC',
      { vmUUID: running, mac: 'FF:FF:FF:FF:FF:FF' },
      400,
      /mac must be a MAC address of one device/
    ],
    ['changeNIC', { vmUUID: running, mac: '01:00:5e:00:00:01' }, 400, /no group or broadcast/],
    ['changeNIC', { vmUUID: running, mac: 'abc' }, 400, /mac must be a MAC address/],
    [
      'changeNIC',
      { vmUUID: running, mac: '7C:4C:58:AA:BB:CD' },
      409,
      /VM "web-01" is RUNNING, and a MAC address is changed only while it is off: call changeVM_state with SHUTDOWN first, then changeNIC again/
    ],
    [
      'changeNIC',
      { vmUUID: running, nic: 2, vlan: 20 },
      404,
      /No NIC of VM "web-01" is "2"\. It has only NIC 1 \(VLAN 10, 7C:.*: addNIC adds a new one; or leave nic out if that is meant$/
    ],
    [
      'changeNIC',
      { vmUUID: running, nic: 'eth9', vlan: 20 },
      404,
      /No NIC of VM "web-01" is "eth9"/
    ],
    [
      'changeNIC',
      { vmUUID: off, nic: 'eth9', vlan: 20 },
      404,
      /nic takes its number from 1, MAC address.*: addNIC adds a new one; or call again with one of these$/
    ],
    [
      'changeNIC',
      { vmUUID: 'file-01', nic: web?.uuid, vlan: 1 },
      400,
      /is of VM "web-01" .*, not of VM "file-01"/
    ],
    ['changeNIC', { vmUUID: off, vlan: 20 }, 409, /VM "test-web-01" has 2 NICs: pass nic as/],
    [
      'changeNIC',
      { vmUUID: off, nic: 'vlan 110', vlan: 20 },
      409,
      /2 NICs of VM "test-web-01" are "vlan 110"/
    ],
    [
      'changeNIC',
      { vmUUID: off, nic: 1, mac: '7C:4C:58:AA:BB:CC' },
      400,
      /NIC 2 .* has this MAC address: each NIC needs its own/
    ],
    ['changeNIC', { vmUUID: 'dc-01', vlan: 1 }, 409, /VM "dc-01" has no NIC: addNIC adds one/],
    ['addNIC', { vmUUID: off }, 400, /vlan is required \(.*0 is untagged/],
    [
      'addNIC',
      { vmUUID: running, vlan: 20 },
      409,
      /a NIC is added only while it is off: call changeVM_state with SHUTDOWN first, then addNIC again/
    ],
    [
      'addNIC',
      { vmUUID: paused, vlan: 20 },
      409,
      /is PAUSED.*call changeVM_state with START, which resumes it/
    ],
    [
      'addNIC',
      { vmUUID: off, vlan: 1, mac: '7C:4C:58:AA:BB:CC' },
      400,
      /each NIC needs its own; leave mac out/
    ],
    ['removeNIC', { vmUUID: running }, 409, /a NIC is removed only while it is off/],
    [
      'removeNIC',
      { vmUUID: off, nic: '9' },
      404,
      /Nothing was sent: call again with one of these$/
    ],
    ['removeNIC', { vmUUID: off }, 409, /has 2 NICs/]
  ]
  takeWrites(bridge)
  for (const [tool, args, status, said] of rows) {
    const { status: got, body } = await bridge.call(tool, args)
    t.equal(got, status, `${tool} ${JSON.stringify(args)}: ${JSON.stringify(body)}`)
    t.match(body.error?.message, said, `${tool} ${JSON.stringify(args)}`)
  }
  t.same(takeWrites(bridge), [], 'nothing was sent')
})

import t from 'tap'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { drivesIn, recordOf, takeWrites } from '../helper/hardware.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const withoutDrive = (vm: VirDomain): void => {
  vm.blockDevs = vm.blockDevs.filter(({ type }) => type !== 'IDE_CDROM')
}

const off = 'tmpl-ubuntu-2404-01'
const windows = 'windows-server-2022.iso'

t.test('an ISO goes in by its name, and comes out', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = recordOf(bridge, 'web-01')
  const insert = async (args: object) =>
    (await bridge.call('insertISO', { vmUUID: 'web-01', ...args })).body
  t.match(await insert({ iso: 'Windows-Server-2022' }), {
    state: 'COMPLETE',
    message: `CD-ROM drive of VM "web-01": empty → "${windows}". bootOrder with order ["cd"] lets it boot from it. Undo: ejectISO`
  })
  t.equal(drivesIn(vm)[0]?.name, windows)
  t.match(await insert({ iso_name: windows }), { state: 'COMPLETE' })
  t.match(await insert({ iso: windows, again: true }), {
    taskTag: '',
    message: /^ISO "windows-server-2022.iso" is in the drive of VM "web-01" already/
  })
  t.match(await insert({ iso: 'debian-12.7-netinst' }), {
    message: /"windows-server-2022.iso" → "debian-12.7-netinst.iso"/
  })
  t.match((await bridge.call('ejectISO', { vmUUID: 'web-01' })).body, {
    state: 'COMPLETE',
    message:
      'CD-ROM drive of VM "web-01": "debian-12.7-netinst.iso" → empty. Undo: insertISO with iso "debian-12.7-netinst.iso"'
  })
  t.equal(drivesIn(vm)[0]?.path, '')
  t.match((await bridge.call('ejectISO', { vmUUID: 'web-01', again: true })).body, {
    taskTag: '',
    message: 'Nothing to eject from VM "web-01": its CD-ROM drives: empty'
  })
})

t.test('a VM without a drive gets one while it is off', async (t) => {
  const bridge = await startTestBridge(t)
  for (const name of [off, 'web-01']) withoutDrive(recordOf(bridge, name))
  const added = await bridge.call('insertISO', { vmUUID: off, iso: windows })
  t.match(
    added.body.message,
    `Added a CD-ROM drive with ISO "${windows}" to VM "${off}": 0 → 1 drives: uuid ${added.body.createdUUID}`
  )
  t.match(drivesIn(recordOf(bridge, off)), [{ uuid: added.body.createdUUID, name: windows }])
  const refused = await bridge.call('insertISO', { vmUUID: 'web-01', iso: windows })
  t.equal(refused.status, 409)
  t.match(
    refused.body.error.message,
    /VM "web-01" is RUNNING, and a CD-ROM drive, of which it has none, is added only while it is off: call changeVM_state with SHUTDOWN first, then insertISO again/
  )
  t.match((await bridge.call('ejectISO', { vmUUID: 'web-01' })).body.message, /it has none/)
})

t.test('several drives, and what a guest was configured with', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('createVM', {
    name: 'two',
    isoUUID: 'memtest86-10',
    cloudInitUserData: '#cloud-config'
  })
  const vm = recordOf(bridge, 'two')
  t.equal(drivesIn(vm).length, 2)
  const inserted = await bridge.call('insertISO', { vmUUID: 'two', iso: windows })
  t.match(inserted.body.message, `"memtest86-10.iso" → "${windows}"`, 'its configuration stays')
  await bridge.call('ejectISO', { vmUUID: 'two' })
  t.match(
    drivesIn(vm)
      .map(({ name }) => name)
      .toSorted(),
    ['', /^cloud-init-/]
  )
  const cloudInit = drivesIn(vm).find(({ name }) => name !== '')
  const none = await bridge.call('ejectISO', { vmUUID: 'two', again: true })
  t.match(none.body.message, /Nothing to eject .*cloud-init-/)
  await bridge.call('ejectISO', { vmUUID: 'two', iso: cloudInit?.name })
  t.same(
    drivesIn(vm).map(({ path }) => path),
    ['', '']
  )
  for (const iso of [windows, 'memtest86-10'])
    await bridge.call('insertISO', { vmUUID: 'two', iso, again: true })
  t.same(
    drivesIn(vm)
      .map(({ name }) => name)
      .toSorted(),
    ['memtest86-10.iso', windows]
  )
  const full = await bridge.call('insertISO', { vmUUID: 'two', iso: 'debian-12.7-netinst' })
  t.equal(full.status, 409)
  t.match(
    full.body.error.message,
    /Every drive of VM "two" holds an ISO: .*ejectISO with iso empties one/
  )
  const which = await bridge.call('ejectISO', { vmUUID: 'two', again: true })
  t.equal(which.status, 409)
  t.match(
    which.body.error.message,
    /VM "two" has 2 drives with an ISO: pass iso as the name of one/
  )
  const named = await bridge.call('ejectISO', { vmUUID: 'two', iso: 'memtest86-10' })
  t.match(named.body.message, /"memtest86-10.iso" → empty/)
  const absent = { vmUUID: 'two', iso: 'debian-12.7-netinst' }
  t.match((await bridge.call('ejectISO', absent)).body.message, /Nothing to eject/)
  const uuid = '00000000-0000-4000-8000-000000000000'
  const unknown = await bridge.call('ejectISO', { vmUUID: 'two', iso: uuid })
  t.equal(unknown.status, 404)
  t.match(unknown.body.error.message, `No ISO image has the uuid ${uuid}: iso_read lists them`)
})

t.test('what a VM boots from first', async (t) => {
  const bridge = await startTestBridge(t)
  const sql = recordOf(bridge, 'sql-prod-02')
  t.equal(sql.state, 'SHUTOFF')
  const [c, d] = sql.blockDevs
  const [cd] = drivesIn(sql)
  const [nic] = sql.netDevs
  const order = async (...words: string[]) =>
    (await bridge.call('bootOrder', { vmUUID: 'sql-prod-02', order: words, again: true })).body
  t.same(sql.bootDevices, [c?.uuid])
  t.match(await order('cd'), {
    state: 'COMPLETE',
    message: 'Boot order of VM "sql-prod-02": C: (slot 0) → cd (empty), C: (slot 0)'
  })
  t.same(sql.bootDevices, [cd?.uuid, c?.uuid])
  t.match(await order('CD-ROM'), { taskTag: '', message: /is cd \(empty\), C: \(slot 0\) already/ })
  await order('net', 'D:')
  t.same(sql.bootDevices, [nic?.uuid, d?.uuid, cd?.uuid, c?.uuid], 'what is not named stays')
  await order('slot 0', 'dvd', 'nic 1', 'D')
  t.same(sql.bootDevices, [c?.uuid, cd?.uuid, nic?.uuid, d?.uuid])
  await order(nic?.macAddress.toLowerCase() ?? '', d?.uuid ?? '')
  t.same(sql.bootDevices.slice(0, 2), [nic?.uuid, d?.uuid])
  const text = await bridge.call('bootOrder', { vmUUID: 'sql-prod-02', boot_order: 'C:, cd' })
  t.match(text.body, { state: 'COMPLETE' }, 'as text')
  t.same(sql.bootDevices.slice(0, 2), [c?.uuid, cd?.uuid])

  const web = recordOf(bridge, 'web-01')
  web.bootDevices = []
  const running = await bridge.call('bootOrder', { vmUUID: 'web-01', order: ['cd'] })
  t.match(
    running.body.message,
    /: none → cd \(empty\), "\/" \(slot 0\)\. The boot order waits for its next start, as it is RUNNING: SHUTDOWN, then START/
  )
  t.equal(web.bootDevices.length, 2, 'its disk is not left out')
})

t.test('an ISO that is booted from first takes one call, and one to undo it', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = recordOf(bridge, off)
  const before = [...vm.bootDevices]
  const [cd] = drivesIn(vm)
  const args = { vmUUID: off, iso: windows, bootFirst: true }
  const { body } = await bridge.call('insertISO', args)
  t.match(body, {
    state: 'COMPLETE',
    message:
      /^CD-ROM drive of VM .*: empty → "windows-server-2022.iso"\. Boot order: .* → the CD-ROM drive first\. It is off: changeVM_state with START starts it\. undo with sequence s-/,
    sequence: /^s-/,
    steps: [
      `insert ISO "${windows}" into VM "${off}": done`,
      `put the CD-ROM drive first in the boot order of VM "${off}": done`
    ]
  })
  t.equal(drivesIn(vm)[0]?.name, windows)
  t.same(vm.bootDevices, [cd?.uuid, ...before])
  takeWrites(bridge)
  const again = await bridge.call('insertISO', { ...args, again: true })
  t.match(again.body.message, /already, and it boots from it first$/)
  t.same(takeWrites(bridge), [])
  const back = await bridge.call('undo', { sequence: body.sequence })
  t.match(back.body, { state: 'COMPLETE' })
  t.equal(drivesIn(vm)[0]?.path, '')
  t.same(vm.bootDevices, before)
})

t.test(
  'a drive that is added is booted from first, and a failure says what was done',
  async (t) => {
    const bridge = await startTestBridge(t)
    const vm = recordOf(bridge, off)
    withoutDrive(vm)
    const args = { vmUUID: off, iso: windows, bootFirst: true }
    const shown = await bridge.call('insertISO', { ...args, dry_run: true })
    t.match(shown.body.dry_run.requests, [{ method: 'POST' }, { method: 'PATCH' }])
    t.match((await bridge.call('insertISO', args)).body, { state: 'COMPLETE' })
    t.equal(vm.bootDevices[0], drivesIn(vm)[0]?.uuid)

    const running = recordOf(bridge, 'web-01')
    const order = [...running.bootDevices]
    bridge.simulator.faults.add({
      kind: 'error-500',
      method: 'PATCH',
      path: `/VirDomain/${running.uuid}`
    })
    const failed = await bridge.call('insertISO', { ...args, vmUUID: 'web-01' })
    bridge.simulator.faults.clear()
    t.match(failed.body, {
      state: 'ERROR',
      message:
        /^Stopped at step 2 of 2, put the CD-ROM drive first .*Done before it: insert ISO .*undo with sequence s-/
    })
    t.same(running.bootDevices, order)
    const finished = await bridge.call('insertISO', { ...args, vmUUID: 'web-01', again: true })
    t.match(
      finished.body.message,
      /was in the drive .* already\. Boot order: .*The boot order waits for its next start/
    )
    t.equal(running.bootDevices[0], drivesIn(running)[0]?.uuid)
  }
)

t.test('the same over MCP', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  const call = async (name: string, args: Record<string, unknown>) =>
    JSON.stringify((await client.callTool({ name, arguments: args })).content)
  t.match(await call('insertISO', { vmUUID: off, iso: windows }), /empty → .*windows-server/)
  t.match(await call('bootOrder', { vmUUID: off, order: ['cd', 'disk'] }), /cd \(.*windows-server/)
  t.match(await call('ejectISO', { vmUUID: off }), /→ empty/)
  t.match(
    await call('insertISO', { vmUUID: 'dc-01', iso: windows, bootFirst: true }),
    /the CD-ROM drive first/
  )
})

t.test('what cannot be inserted or booted from says what can', async (t) => {
  const bridge = await startTestBridge(t)
  const { isos } = bridge.simulator.world.state
  const empty = [...isos.values()].find(({ name }) => name.startsWith('memtest'))
  if (empty !== undefined) empty.size = 0
  withoutDrive(recordOf(bridge, off))
  recordOf(bridge, 'dc-01').netDevs = []
  const foreign = recordOf(bridge, 'file-01').netDevs[0]?.uuid
  const sql = 'sql-prod-01'
  const rows: [tool: string, args: object, status: number, said: RegExp][] = [
    ['insertISO', { vmUUID: sql }, 400, /iso is required/],
    [
      'insertISO',
      { vmUUID: sql, iso: 'windws-server-2022.iso' },
      404,
      /No ISO image is called "windws-server-2022.iso"; did you mean "windows-server-2022.iso"\? iso takes the whole name, or the uuid\. iso_read lists them/
    ],
    [
      'insertISO',
      { vmUUID: sql, iso: '00000000-0000-4000-8000-000000000000' },
      404,
      /No ISO image has the uuid/
    ],
    [
      'insertISO',
      { vmUUID: sql, iso: 'rocky-9.4-minimal' },
      409,
      /"rocky-9.4-minimal.iso" is not ready to be inserted: its upload is not finished/
    ],
    ['insertISO', { vmUUID: sql, iso: 'memtest86-10' }, 409, /is not ready to be inserted/],
    ['insertISO', { vmUUID: sql, iso: 7 }, 404, /No ISO image is called "7"/],
    ['bootOrder', { vmUUID: sql }, 400, /order is required/],
    ['bootOrder', { vmUUID: sql, order: [] }, 400, /order must have at least 1 entry/],
    [
      'bootOrder',
      { vmUUID: sql, order: ['floppy'] },
      404,
      /No disk of VM "sql-prod-01" is "floppy": order takes disks by letter/
    ],
    [
      'bootOrder',
      { vmUUID: sql, order: ['disk'] },
      409,
      /VM "sql-prod-01" has 3 disks: pass order as/
    ],
    ['bootOrder', { vmUUID: sql, order: ['F:'] }, 404, /No disk of VM/],
    [
      'bootOrder',
      { vmUUID: sql, order: ['nic 4'] },
      404,
      /No NIC of VM "sql-prod-01" is "nic 4": order takes/
    ],
    ['bootOrder', { vmUUID: sql, order: [foreign] }, 400, /is of VM "file-01"/],
    ['bootOrder', { vmUUID: off, order: ['cd'] }, 404, /has no CD-ROM drive: insertISO adds one/],
    ['bootOrder', { vmUUID: 'dc-01', order: ['net'] }, 409, /has no NIC: addNIC adds one/],
    ['bootOrder', { vmUUID: sql, order: [' '] }, 400, /order\[0\] must not be (blank|empty)/],
    ['createVM', { name: 'x', isoUUID: 'rocky-9.4-minimal' }, 409, /is not ready to be inserted/]
  ]
  takeWrites(bridge)
  for (const [tool, args, status, said] of rows) {
    const { status: got, body } = await bridge.call(tool, args)
    t.equal(got, status, `${tool} ${JSON.stringify(args)}: ${JSON.stringify(body)}`)
    t.match(body.error?.message, said, `${tool} ${JSON.stringify(args)}`)
  }
  t.same(takeWrites(bridge), [], 'nothing was sent')
})

import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { disksIn, recordOf, takeWrites } from '../helper/hardware.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const GiB = 1024 ** 3

t.test('a disk grows by the words of a person', async (t) => {
  const bridge = await startTestBridge(t)
  const sql = recordOf(bridge, 'sql-prod-01')
  const size = (slot: number): number =>
    (disksIn(sql).find((disk) => disk.slot === slot)?.capacity ?? 0) / GiB
  const rows: [args: object, slot: number, before: number, after: number, said: RegExp][] = [
    [
      { disk: 'D:', addGiB: 100 },
      1,
      400,
      500,
      /^Disk D: \(slot 1\) of VM "sql-prod-01": 400 GiB → 500 GiB\. Then extend its partition in the guest: Extend Volume/
    ],
    [{ disk: 'e', toGiB: '300 GB' }, 2, 200, 300, /^Disk E: \(slot 2\).*200 GiB → 300 GiB/],
    [{ disk: 'c:\\', addGiB: '512 MB' }, 0, 100, 100.5, /100 GiB → 100\.5 GiB/],
    [{ disk: 'slot 1', toGiB: 600 }, 1, 500, 600, /500 GiB → 600 GiB/],
    [{ drive: 2, size: '1 TB' }, 2, 300, 1024, /300 GiB → 1 TiB/],
    [{ disk: disksIn(sql)[1]?.uuid, grow_by: 1 }, 1, 600, 601, /600 GiB → 601 GiB/]
  ]
  for (const [args, slot, before, after, said] of rows) {
    t.equal(size(slot), before)
    const { status, body } = await bridge.call('resizeDisk', { vmUUID: 'sql-prod-01', ...args })
    t.equal(status, 200, JSON.stringify(body))
    t.match(body, { state: 'COMPLETE', message: said, vmName: 'sql-prod-01' })
    t.equal(size(slot), after)
  }
  const again = await bridge.call('resizeDisk', { vm: 'sql-prod-01', disk: 'D:', toGiB: 601 })
  t.match(again.body, {
    taskTag: '',
    message: 'Disk D: (slot 1) of VM "sql-prod-01" has 601 GiB already'
  })
})

t.test(
  'the only disk needs no name, and unaligned sizes are rounded up to whole MiB',
  async (t) => {
    const bridge = await startTestBridge(t)
    const vm = recordOf(bridge, 'web-01')
    const [disk] = disksIn(vm)
    await bridge.call('resizeDisk', { vmUUID: 'web-01', addGiB: 0.0001 })
    t.equal(disk?.capacity, 40 * GiB + 1024 ** 2)
    const { body } = await bridge.call('resizeDisk', { vmUUID: 'web-01', disk: '/', addGiB: 10 })
    t.match(body.message, /^Disk "\/" \(slot 0\).*growpart, then resize2fs/)
  }
)

t.test('the same over MCP', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  const call = async (name: string, args: Record<string, unknown>) =>
    JSON.stringify((await client.callTool({ name, arguments: args })).content)
  t.match(
    await call('resizeDisk', { vmUUID: 'sql-prod-01', disk: 'D:', addGiB: 100 }),
    /400 GiB → 500 GiB/
  )
  t.match(
    await call('addDisk', { vmUUID: 'web-01', sizeGiB: 20 }),
    /Added a disk of 20 GiB \(VIRTIO_DISK\) to VM .{1,2}web-01.{1,2}: 1 → 2 disks: uuid/
  )
  t.match(await call('removeDisk', { vmUUID: 'web-01', disk: '1' }), /Deleted disk slot 1, 20 GiB,/)
  t.match(await call('resizeDisk', { vmUUID: 'web-01', toGiB: 4000 }), /would grow 100 times/)
})

t.test('what cannot be done to a disk says what can', async (t) => {
  const bridge = await startTestBridge(t)
  const sql = recordOf(bridge, 'sql-prod-01')
  const foreign = disksIn(recordOf(bridge, 'file-01'))[0]?.uuid
  const nvram = sql.blockDevs.find(({ type }) => type === 'NVRAM')?.uuid
  const cd = sql.blockDevs.find(({ type }) => type === 'IDE_CDROM')?.uuid
  recordOf(bridge, 'dc-01').blockDevs = []
  const rows: [tool: string, args: object, status: number, said: RegExp][] = [
    [
      'resizeDisk',
      { disk: 'D:' },
      400,
      /Give one of addGiB, which is added, and toGiB.*D: \(slot 1\) has 400 GiB/
    ],
    [
      'resizeDisk',
      { disk: 'D:', addGiB: 1, toGiB: 500 },
      400,
      /^addGiB 1 and toGiB 500 contradict each other: disk D: \(slot 1\) has 400 GiB\. Say so to the user, and ask which size is meant, 401 GiB or 500 GiB, and of which disk: slot 0 .*, slot 1 .*, slot 2 .*\. Nothing was sent$/
    ],
    [
      'resizeDisk',
      { disk: 'D:', addGiB: 20, toGiB: 20 },
      400,
      /has 400 GiB\. Leave toGiB out to have 420 GiB\. Nothing was sent$/
    ],
    [
      'resizeDisk',
      { disk: 'D:', toGiB: 100 },
      400,
      /has 400 GiB, and disks never shrink: toGiB 100 GiB is the whole new size; addGiB adds/
    ],
    [
      'resizeDisk',
      { disk: 'D:', addGiB: 5000 },
      400,
      /would grow 13 times, from 400 GiB to 5400 GiB.*sure true/
    ],
    ['resizeDisk', { disk: 'D:', addGiB: 0 }, 400, /addGiB must be > 0/],
    ['resizeDisk', { disk: 'D:', addGiB: -5 }, 400, /addGiB must be > 0/],
    [
      'resizeDisk',
      { disk: 'D:', addGiB: 107374182400 },
      400,
      /addGiB must be <= 1048576.*in GiB, not bytes/
    ],
    ['resizeDisk', { disk: 'D:', capacity: 500 }, 400, /did you mean (addGiB|toGiB)/],
    [
      'resizeDisk',
      { disk: 'D:', addGiB: 'a lot' },
      400,
      /addGiB must be a number; got string "a lot"/
    ],
    [
      'resizeDisk',
      { disk: 'D:', addGiB: 900_000, sure: true },
      400,
      /larger than all drives of the cluster/
    ],
    [
      'resizeDisk',
      { disk: 'F:', addGiB: 1 },
      404,
      /No disk of VM "sql-prod-01" is "F:".*slot 1 \(D:, 400 GiB VIRTIO_DISK\)/
    ],
    ['resizeDisk', { disk: 'slot 7', addGiB: 1 }, 404, /No disk of VM "sql-prod-01" is "slot 7"/],
    ['resizeDisk', { addGiB: 1 }, 409, /VM "sql-prod-01" has 3 disks: pass disk as its slot/],
    [
      'resizeDisk',
      { disk: foreign, addGiB: 1 },
      400,
      /is of VM "file-01" \([0-9a-f-]{36}\), not of VM "sql-prod-01"/
    ],
    ['resizeDisk', { disk: nvram, addGiB: 1 }, 404, /is NVRAM, not a disk/],
    ['resizeDisk', { disk: cd, addGiB: 1 }, 404, /is IDE_CDROM, not a disk/],
    [
      'resizeDisk',
      { disk: '00000000-0000-4000-8000-000000000000', addGiB: 1 },
      404,
      /has the uuid 0{8}/
    ],
    ['resizeDisk', { vmUUID: 'dc-01', addGiB: 1 }, 409, /VM "dc-01" has no disk: addDisk adds one/],
    ['addDisk', {}, 400, /sizeGiB is required \(.*in GiB/],
    ['addDisk', { sizeGiB: 0 }, 400, /sizeGiB must be > 0/],
    [
      'addDisk',
      { vmUUID: 'legacy-erp-01', sizeGiB: 1 },
      409,
      /is RUNNING, and an IDE disk.*changeVM_state with SHUTDOWN first, then addDisk again/
    ],
    ['removeDisk', {}, 400, /disk is required/],
    [
      'removeDisk',
      { disk: 'C:' },
      409,
      /boots from disk C: \(slot 0\), 100 GiB, which would be deleted.*sure true/
    ],
    ['removeDisk', { disk: 'X:' }, 404, /No disk of VM/],
    ['removeDisk', { disk: foreign, sure: true }, 400, /is of VM "file-01"/],
    [
      'removeDisk',
      { vmUUID: 'legacy-erp-01', disk: 'C:', sure: true },
      409,
      /"C:" is likely .* but no guest agent.*only to what is certain/
    ],
    [
      'removeDisk',
      { vmUUID: 'legacy-erp-01', disk: '0', sure: true },
      409,
      /is RUNNING, and an IDE disk is removed only while it is off/
    ]
  ]
  takeWrites(bridge)
  for (const [tool, args, status, said] of rows) {
    const { status: got, body } = await bridge.call(tool, { vmUUID: 'sql-prod-01', ...args })
    t.equal(got, status, `${tool} ${JSON.stringify(args)}: ${JSON.stringify(body)}`)
    t.match(body.error?.message, said, `${tool} ${JSON.stringify(args)}`)
  }
  t.same(takeWrites(bridge), [], 'nothing was sent')
})

t.test('a growth of ten times is done for a caller that insists', async (t) => {
  const bridge = await startTestBridge(t)
  const args = { vmUUID: 'web-01', addGiB: 500, sure: true }
  t.match((await bridge.call('resizeDisk', args)).body.message, /40 GiB → 540 GiB/)
})

t.test('adding twice is reported, growing to the same size twice is not', async (t) => {
  const bridge = await startTestBridge(t)
  const [disk] = disksIn(recordOf(bridge, 'web-01'))
  const args = { vmUUID: 'web-01', addGiB: 10 }
  await bridge.call('resizeDisk', args)
  const { body } = await bridge.call('resizeDisk', args)
  t.match(body.message, /^The same call was sent .* ago and is not repeated.*40 GiB → 50 GiB/)
  t.equal(disk?.capacity, 50 * GiB)
  await bridge.call('resizeDisk', { ...args, again: true })
  t.equal(disk?.capacity, 60 * GiB)
})

t.test('disks come and go, and what goes with them is said', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { virtioUnplug: 'always' } })
  const vm = recordOf(bridge, 'test-web-01')
  t.equal(vm.state, 'SHUTOFF')
  const [first] = disksIn(vm)
  vm.bootDevices = []
  const added = (await bridge.call('addDisk', { vmUUID: vm.name, size: '100 GB' })).body
  t.match(added, {
    state: 'COMPLETE',
    createdUUID: String,
    message:
      /Added a disk of 100 GiB .* 1 → 2 disks: uuid .*It is empty, in the guest.*Undo: removeDisk with its uuid/
  })
  t.match(added.notes.join('\n'), /boot order is empty.*bootOrder with order \["slot 0"\]/)
  t.equal(disksIn(vm)[1]?.capacity, 100 * GiB)

  for (const snapUUID of structuredClone(vm.snapUUIDs))
    await bridge.call('delete_snapshotVM', { snapUUID })
  const lost = await bridge.call('removeDisk', { vmUUID: vm.name, disk: added.createdUUID })
  t.match(
    lost.body.message,
    /^Deleted disk slot 1, 100 GiB, of VM "test-web-01" with its data\. No snapshot holds it/
  )
  t.equal(disksIn(vm).length, 1)

  await bridge.call('snapshotVM', { vmUUID: vm.name, label: 'before' })
  await bridge.call('addDisk', { vmUUID: vm.name, sizeGiB: 5 })
  const newer = await bridge.call('removeDisk', { vmUUID: vm.name, disk: 'slot 1' })
  t.match(newer.body.message, /The newest snapshot does not hold it/)
  const refused = await bridge.call('removeDisk', { vmUUID: vm.name, disk: '0' })
  t.match(refused.body.error.message, /Snapshot "before" holds it.*sure true/)
  const boot = await bridge.call('removeDisk', { vmUUID: vm.name, disk: '0', sure: true })
  t.match(
    boot.body.message,
    new RegExp(
      `Snapshot "before" holds it: run_api POST /VirDomainBlockDevice/${first?.uuid}/clone with snapUUID ${vm.snapUUIDs[0]}`
    )
  )
  t.same(disksIn(vm), [])
  // What the message says is so.
  const back = await bridge.call('run_api', {
    method: 'POST',
    query: `/VirDomainBlockDevice/${first?.uuid}/clone`,
    payload: {
      options: { regenerateDiskID: false, readOnly: false },
      snapUUID: vm.snapUUIDs[0],
      template: { virDomainUUID: vm.uuid, type: 'VIRTIO_DISK', capacity: first?.capacity }
    }
  })
  t.equal(back.status, 200, back.text)
  t.equal(disksIn(vm).length, 1)
})

t.test('a disk that a running guest holds says what to do', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { virtioUnplug: 'never', speed: 500 } })
  const { status, body } = await bridge.call('removeDisk', { vmUUID: 'sql-prod-01', disk: 'E:' })
  t.equal(status, 200)
  t.match(body, {
    state: 'ERROR',
    message:
      /Still in use.*A running guest may hold its disk: changeVM_state with SHUTDOWN, then removeDisk again/
  })
})

t.test('dry_run shows what a disk costs', async (t) => {
  const bridge = await startTestBridge(t)
  takeWrites(bridge)
  const removed = await bridge.call('removeDisk', {
    vmUUID: 'sql-prod-01',
    disk: 'E:',
    dry_run: true
  })
  t.match(removed.body, { sent: false, dry_run: { effect: 'lose', after: null } })
  const grown = await bridge.call('resizeDisk', {
    vmUUID: 'sql-prod-01',
    disk: 'E:',
    addGiB: 1,
    dry_run: true
  })
  t.match(grown.body.dry_run, {
    effect: 'change',
    before: { capacity: 200 * GiB },
    after: { capacity: 201 * GiB }
  })
  t.same(takeWrites(bridge), [])
})

t.test('among a thousand VMs', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 1000 } })
  const { body, text } = await bridge.call('resizeDisk', {
    vmUUID: 'sql-prod-40',
    disk: 'D:',
    addGiB: 100
  })
  t.match(body.message, /400 GiB → 500 GiB/)
  t.ok(text.length < 1000, text)
})

t.test('two sizes of one disk are taken where they come to the same', async (t) => {
  const bridge = await startTestBridge(t)
  const grow = (addGiB: number, toGiB: number) =>
    bridge.call('resizeDisk', { vmUUID: 'web-01', addGiB, toGiB })
  t.match((await grow(20, 60)).body.message, /40 GiB → 60 GiB/)
  // Its only disk is meant, of whatever size.
  t.match(
    (await grow(20, 300)).body.error.message,
    /has 60 GiB\. Say so to the user, and ask which size is meant, 80 GiB or 300 GiB\. Nothing was sent$/
  )
  for (const toGiB of [20, 60])
    t.match((await grow(20, toGiB)).body.error.message, /Leave toGiB out to have 80 GiB\. Nothing/)
})

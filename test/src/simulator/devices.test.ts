import t from 'tap'
import type {
  ISO,
  VirDomain,
  VirDomainBlockDevice,
  VirDomainNetDevice,
  VirDomainSnapshot
} from '../../../src/hypercore/records/records.ts'
import { vmCluster, type VmCluster } from '../../helper/vms.ts'

const GiB = 1024 ** 3
const internal = { status: 500, error: 'An internal error occurred' }

const diskOf = async (
  { vm }: VmCluster,
  name: string,
  type: string
): Promise<VirDomainBlockDevice> => {
  const found = (await vm(name)).blockDevs.find((device) => device.type === type)
  if (found === undefined) throw new Error(`${name} has no ${type}`)
  return found
}

const nic = (virDomainUUID: string, more = {}): object => ({
  virDomainUUID,
  type: 'VIRTIO',
  ...more
})

void t.test('disks are added to a running VM, in the next free slot of their bus', async (t) => {
  const { client, vm, failed, refused } = await vmCluster(t)
  const { uuid } = await vm('web-01')
  const add = (body: object): ReturnType<typeof client.post> =>
    client.post('/VirDomainBlockDevice', { virDomainUUID: uuid, capacity: GiB, ...body })
  const slotOf = async (device: string): Promise<number> =>
    (await client.one<VirDomainBlockDevice>(`/VirDomainBlockDevice/${device}`)).slot
  t.equal(await slotOf(await client.done(add({ type: 'VIRTIO_DISK' }))), 1)
  t.equal(await slotOf(await client.done(add({ type: 'VIRTIO_DISK', slot: 4 }))), 4)
  t.equal(await slotOf(await client.done(add({ type: 'VIRTIO_DISK', slot: -1 }))), 2)
  t.equal(await slotOf(await client.done(add({ type: 'SCSI_DISK' }))), 0)
  t.equal(await slotOf(await client.done(add({ type: 'IDE_DISK' }))), 1, 'beside the CD-ROM')
  t.equal(await slotOf(await client.done(add({ type: 'VTPM' }))), -1)
  t.match(await failed(add({ type: 'VIRTIO_DISK', slot: 4 })), {
    formattedMessage: /slot %@ is in use/,
    messageParameters: ['web-01', '4'],
    objectUUID: uuid
  })
  t.strictSame(
    await refused('POST', '/VirDomainBlockDevice', { type: 'VIRTIO_DISK', capacity: 1 }),
    internal
  )
  t.match(await refused('POST', '/VirDomainBlockDevice', { type: 'VIRTIO_DISK' }), { status: 400 })
  const all = await client.get<VirDomainBlockDevice>('/VirDomainBlockDevice')
  const own = all.filter((device) => device.virDomainUUID === uuid).map((device) => device.uuid)
  t.strictSame(
    own,
    (await vm('web-01')).blockDevs.map((device) => device.uuid)
  )
})

void t.test('disks grow and change while the VM runs, but not all of it', async (t) => {
  const cluster = await vmCluster(t)
  const { client, failed } = cluster
  const disk = await diskOf(cluster, 'web-01', 'VIRTIO_DISK')
  const path = `/VirDomainBlockDevice/${disk.uuid}`
  const change = {
    capacity: disk.capacity + GiB,
    tieringPriorityFactor: 12,
    cacheMode: 'WRITEBACK'
  }
  await client.done(client.patch(path, change))
  t.match(await client.one(path), { ...change, physical: change.capacity })
  // POST requires type and capacity (FACTS 3.3), PATCH nothing.
  const again = { type: 'VIRTIO_DISK', capacity: change.capacity, disableSnapshotting: true }
  await client.done(client.post(path, again))
  t.match(await client.one(path), { disableSnapshotting: true })

  t.match(await failed(client.patch(path, { capacity: GiB })), {
    formattedMessage: /cannot shrink/,
    messageParameters: [disk.uuid.slice(0, 8), 'web-01']
  })
  await failed(client.patch(path, { type: 'IDE_DISK' }))
  await failed(client.patch(path, { path: '' }))
  await failed(client.patch(path, { name: 'system' }))
  t.match(await client.one(path), { capacity: change.capacity, type: 'VIRTIO_DISK', name: '' })

  const off = await diskOf(cluster, 'test-web-01', 'VIRTIO_DISK')
  await client.done(client.patch(`/VirDomainBlockDevice/${off.uuid}`, { type: 'IDE_DISK' }))
  t.match(await client.one(`/VirDomainBlockDevice/${off.uuid}`), { type: 'IDE_DISK', slot: 1 })
})

void t.test('9.6 ignores the name of a disk', async (t) => {
  const cluster = await vmCluster(t, { version: '9.6.19.223352' })
  const disk = await diskOf(cluster, 'web-01', 'VIRTIO_DISK')
  const path = `/VirDomainBlockDevice/${disk.uuid}`
  await cluster.client.done(cluster.client.patch(path, { name: 'system' }))
  t.match(await cluster.client.one(path), { name: '' })
})

void t.test('disks are removed, also from the boot order; some only while it is off', async (t) => {
  const cluster = await vmCluster(t)
  const { client, vm, failed, act } = cluster
  const disk = await diskOf(cluster, 'web-01', 'VIRTIO_DISK')
  t.strictSame((await vm('web-01')).bootDevices, [disk.uuid])
  await client.done(client.delete(`/VirDomainBlockDevice/${disk.uuid}`))
  t.strictSame(await client.get(`/VirDomainBlockDevice/${disk.uuid}`), [])
  t.strictSame((await vm('web-01')).bootDevices, [])

  const drive = await diskOf(cluster, 'web-01', 'IDE_CDROM')
  const task = await failed(client.delete(`/VirDomainBlockDevice/${drive.uuid}`))
  t.match(task, {
    formattedDescription: 'Delete block device %@ for Virtual Machine %@',
    formattedMessage: /cannot be hot unplugged/
  })
  await client.task((await act('web-01', 'STOP')).taskTag)
  await client.done(client.delete(`/VirDomainBlockDevice/${drive.uuid}`))
  t.strictSame((await vm('web-01')).blockDevs, [])
})

void t.test('CD-ROM: inserted by path and name, ejected by two empty strings', async (t) => {
  const cluster = await vmCluster(t)
  const { client, failed } = cluster
  const drive = await diskOf(cluster, 'web-01', 'IDE_CDROM')
  const path = `/VirDomainBlockDevice/${drive.uuid}`
  const isos = await client.get<ISO>('/ISO')
  const iso = isos.find((one) => one.name === 'debian-12.7-netinst.iso')
  const unready = isos.find((one) => !one.readyForInsert)
  if (iso === undefined || unready === undefined) throw new Error('No ISO')

  await client.done(client.patch(path, { path: iso.path, name: iso.name }))
  t.match(await client.one(path), { path: iso.path, name: iso.name, capacity: iso.size })
  const mounts = async (): Promise<string[]> =>
    (await client.one<ISO>(`/ISO/${iso.uuid}`)).mounts.map((mount) => mount.vmName)
  t.strictSame(await mounts(), ['web-01'])

  t.match(await failed(client.patch(path, { path: iso.path })), { formattedMessage: /name/ })
  await failed(client.patch(path, { path: iso.path, name: 'no-ending' }))
  await failed(client.patch(path, { path: unready.path, name: unready.name }))
  await failed(client.patch(path, { path: 'scribe/nope', name: 'a.iso' }))
  t.match(await client.one(path), { path: iso.path, name: iso.name })

  await client.done(client.patch(path, { path: '', name: '' }))
  t.match(await client.one(path), { path: '', name: '', capacity: 0 })
  t.strictSame(await mounts(), [])

  const { uuid } = await cluster.vm('web-01')
  const body = { virDomainUUID: uuid, type: 'IDE_CDROM', capacity: 0, path: iso.path }
  const created = await client.done(client.post('/VirDomainBlockDevice', body))
  t.match(await client.one(`/VirDomainBlockDevice/${created}`), { name: iso.name, slot: 1 })
})

void t.test('a disk is cloned out of a snapshot, even after its own end', async (t) => {
  const cluster = await vmCluster(t)
  const { client, vm, refused } = cluster
  const source = await vm('web-01')
  const disk = await diskOf(cluster, 'web-01', 'VIRTIO_DISK')
  await client.done(client.delete(`/VirDomainBlockDevice/${disk.uuid}`))
  const { uuid } = await vm('test-web-01')
  const body = {
    options: { regenerateDiskID: false, readOnly: true },
    snapUUID: source.snapUUIDs[0],
    template: { virDomainUUID: uuid, type: 'VIRTIO_DISK', capacity: 1, slot: -1, name: 'lost' }
  }
  const path = `/VirDomainBlockDevice/${disk.uuid}/clone`
  const made = await client.done(client.post(path, body))
  t.match(await client.one(`/VirDomainBlockDevice/${made}`), {
    virDomainUUID: uuid,
    capacity: disk.capacity,
    readOnly: true,
    slot: 1,
    name: ''
  })
  t.strictSame(await refused('POST', path, { ...body, snapUUID: 'nope' }), internal)
})

void t.test('snapDiff tells what changed between two snapshots, from 9.6 on', async (t) => {
  const { client, vm, refused } = await vmCluster(t, { version: '9.6.19.223352' })
  const [, second = ''] = (await vm('sql-prod-01')).snapUUIDs
  const snapshot = await client.one<VirDomainSnapshot>(`/VirDomainSnapshot/${second}`)
  const [device] = snapshot.deviceSnapshots
  const path = `/VirDomainBlockDevice/${device?.uuid}/snapDiff`
  const ask = async (from: number, to: number): Promise<{ lower: number; upper: number }[]> => {
    const body = { snapshotSerialFrom: from, snapshotSerialTo: to }
    return JSON.parse((await client.raw('POST', path, { body })).text) as never
  }
  const changed = await ask(1, 2)
  const bytes = changed.reduce((sum, { lower, upper }) => sum + upper - lower, 0)
  t.equal(bytes, (device?.blockCountDiff ?? 0) * 1048576)
  t.ok(changed.every(({ upper }, i) => upper <= (changed[i + 1]?.lower ?? Infinity)))
  t.strictSame(await ask(2, 2), [])
  t.strictSame(await ask(1, 0), changed, '0 is the live disk')
  t.strictSame(
    await refused('POST', path, { snapshotSerialFrom: 1, snapshotSerialTo: 99 }),
    internal
  )

  const old = await vmCluster(t)
  t.match(await old.refused('POST', path, { snapshotSerialFrom: 1, snapshotSerialTo: 2 }), {
    status: 404
  })
})

void t.test('network devices come and go while the VM is off', async (t) => {
  const { client, vm, failed, refused } = await vmCluster(t)
  const running = await vm('web-01')
  const stopped = await vm('test-web-01')
  const post = (body: object): ReturnType<typeof client.post> =>
    client.post('/VirDomainNetDevice', body)
  t.match(await failed(post(nic(running.uuid))), { formattedMessage: /it is running/ })
  const uuid = await client.done(post(nic(stopped.uuid, { vlan: 4094 })))
  const path = `/VirDomainNetDevice/${uuid}`
  const device = await client.one<VirDomainNetDevice>(path)
  t.match(device, { vlan: 4094, connected: true, ipv4Addresses: [], virDomainUUID: stopped.uuid })
  t.match(device.macAddress, /^7C:4C:58:/)
  await client.done(client.patch(path, { type: 'RTL8139', macAddress: 'aa:bb:cc:00:11:22' }))
  t.match(await client.one(path), { type: 'RTL8139', macAddress: 'aa:bb:cc:00:11:22' })

  const own = running.netDevs[0]?.uuid
  await client.done(client.patch(`/VirDomainNetDevice/${own}`, { vlan: 30 }))
  t.match((await vm('web-01')).netDevs[0], { vlan: 30, ipv4Addresses: [/^10\.\d+\.30\./] })
  await client.done(client.patch(`/VirDomainNetDevice/${own}`, { connected: false }))
  t.strictSame((await vm('web-01')).netDevs[0]?.ipv4Addresses, [])
  await failed(client.patch(`/VirDomainNetDevice/${own}`, { macAddress: 'aa:bb:cc:00:11:23' }))
  await failed(client.delete(`/VirDomainNetDevice/${own}`))

  const { uuid: domain } = stopped
  await client.done(client.patch(`/VirDomain/${domain}`, { bootDevices: [uuid] }))
  await client.done(client.delete(path))
  t.strictSame(await client.get(path), [])
  t.strictSame((await client.one<VirDomain>(`/VirDomain/${domain}`)).bootDevices, [])
  t.match(await refused('POST', '/VirDomainNetDevice', nic(domain, { vlan: 4095 })), {
    status: 400
  })
  t.strictSame(await refused('DELETE', path), internal)
})

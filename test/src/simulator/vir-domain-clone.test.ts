import t from 'tap'
import type { VirDomain, VirDomainSnapshot } from '../../../src/hypercore/records/records.ts'
import { vmCluster } from '../../helper/vms.ts'

const target = 'smb://DOMAIN;backup:p@ss:w0rd@Archive.example/share/web-01'

void t.test('clone: new uuids and MACs, thin disks, a snapshot of the source', async (t) => {
  const { client, vm, simulator } = await vmCluster(t)
  const source = await vm('web-01')
  const write = await client.post(`/VirDomain/${source.uuid}/clone`, {
    template: { name: 'web-99' }
  })
  t.match(await client.task(write.taskTag), {
    state: 'COMPLETE',
    formattedDescription: 'Clone Virtual Machine %@ to %@',
    descriptionParameters: ['web-01', 'web-99']
  })
  const clone = await client.one<VirDomain>(`/VirDomain/${write.createdUUID}`)
  t.match(clone, {
    name: 'web-99',
    description: source.description,
    state: 'SHUTOFF',
    uiState: 'SHUTOFF',
    nodeUUID: '',
    mem: source.mem,
    numVCPU: source.numVCPU,
    tags: '',
    snapshotScheduleUUID: '',
    latestTaskTag: { taskTag: write.taskTag, state: 'COMPLETE' }
  })
  t.strictSame(clone.snapUUIDs, [])
  const [disk, original] = [clone.blockDevs[0], source.blockDevs[0]]
  if (disk === undefined || original === undefined) throw new Error('No disk')
  t.equal(disk.capacity, original.capacity)
  t.ok(disk.allocation < original.allocation / 10, 'thin')
  t.equal(disk.virDomainUUID, clone.uuid)
  t.equal(disk.path, `scribe/${disk.uuid}`)
  t.strictSame(clone.bootDevices, [disk.uuid])
  t.not(clone.netDevs[0]?.macAddress, source.netDevs[0]?.macAddress)
  t.equal(clone.netDevs[0]?.vlan, source.netDevs[0]?.vlan)
  const uuids = [...source.blockDevs, ...source.netDevs].map((device) => device.uuid)
  for (const device of [...clone.blockDevs, ...clone.netDevs]) t.notOk(uuids.includes(device.uuid))

  const { snapUUIDs } = await vm('web-01')
  t.equal(snapUUIDs.length, source.snapUUIDs.length + 1)
  t.equal(clone.initialCloneSnapshotUUID, snapUUIDs.at(-1))
  t.ok(simulator.world.state.guests.has(clone.uuid))
})

void t.test('clone: from a snapshot, with overrides', async (t) => {
  const { client, vm } = await vmCluster(t)
  const source = await vm('web-01')
  const [snapUUID = ''] = source.snapUUIDs
  const template = {
    name: 'other',
    tags: 'a,b',
    mem: 1073741824,
    numVCPU: 1,
    netDevs: [{ type: 'VIRTIO', macAddress: '7C:4C:58:AA:BB:CC', vlan: 7 }],
    cloudInitData: { userData: 'eA==', metaData: 'eQ==' }
  }
  const body = { snapUUID, template }
  const uuid = await client.done(client.post(`/VirDomain/${source.uuid}/clone`, body))
  t.match(await client.one(`/VirDomain/${uuid}`), {
    name: 'other',
    tags: 'a,b',
    mem: 1073741824,
    numVCPU: 1,
    netDevs: [{ macAddress: '7C:4C:58:AA:BB:CC', vlan: 7 }],
    initialCloneSnapshotUUID: snapUUID,
    cloudInitData: { userData: 'eA==' }
  })
  const media = (await vm('other')).blockDevs.map((device) => device.name)
  t.match(media.at(-1), /^cloud-init-[0-9a-f]{8}\.iso$/)
  t.equal((await vm('web-01')).snapUUIDs.length, source.snapUUIDs.length, 'no snapshot was taken')

  const again = await client.done(
    client.post(`/VirDomain/${uuid}/clone`, { template: { name: 'third' } })
  )
  const third = await client.one<VirDomain>(`/VirDomain/${again}`)
  const discs = third.blockDevs.filter((device) => device.name.startsWith('cloud-init-'))
  t.strictSame(
    discs.map((device) => device.name),
    [`cloud-init-${again.slice(0, 8)}.iso`],
    'with a cloud-init disc of its own'
  )
})

void t.test('clone: tags by switch, refusals', async (t) => {
  const { client, vm, refused, failed, simulator } = await vmCluster(t, { cloneKeepsTags: true })
  const { uuid, tags } = await vm('web-01')
  const kept = await client.done(client.post(`/VirDomain/${uuid}/clone`, {}))
  t.match(await client.one(`/VirDomain/${kept}`), { tags, name: 'web-01-clone' })

  const replica = await vm('branch-pos-01')
  const path = `/VirDomain/${replica.uuid}/clone`
  t.match(await refused('POST', path, { template: {} }), { status: 400, error: /snapUUID/ })
  const snapUUID = replica.snapUUIDs.at(-1) ?? ''
  const copy = await client.done(client.post(path, { snapUUID, template: { name: 'restored' } }))
  t.match(await client.one(`/VirDomain/${copy}`), { sourceVirDomainUUID: '' })

  const snapshot = simulator.world.state.snapshots.get(snapUUID)
  if (snapshot !== undefined) snapshot.unavailable = true
  t.match(await failed(client.post(path, { snapUUID })), { formattedMessage: /unavailable/ })
  const foreign = { snapUUID }
  t.match(await refused('POST', `/VirDomain/${uuid}/clone`, foreign), { status: 500 })
  t.match(await refused('POST', '/VirDomain/nope/clone', {}), { status: 500 })
})

void t.test('export: over SMB only, from a snapshot of its own while it runs', async (t) => {
  const { client, vm, refused, simulator } = await vmCluster(t)
  const { uuid, snapUUIDs } = await vm('web-01')
  const path = `/VirDomain/${uuid}/export`
  for (const pathURI of [
    'http://server/share',
    'smb://',
    'smb://u:secret@server',
    'server/share'
  ]) {
    const answer = await refused('POST', path, { target: { pathURI } })
    t.equal(answer.status, 400, pathURI)
    t.notMatch(answer.error, /secret/)
  }
  const { taskTag, createdUUID } = await client.post(path, { target: { pathURI: target } })
  t.equal(createdUUID, '')
  await client.until(async () => (await vm('web-01')).snapUUIDs.length > snapUUIDs.length)
  const task = await client.task(taskTag)
  t.equal(task.state, 'COMPLETE')
  t.notMatch(JSON.stringify(task), /w0rd/, 'no password in the task')
  t.strictSame((await vm('web-01')).snapUUIDs, snapUUIDs, 'the snapshot is gone again')
  t.strictSame([...simulator.world.state.exports.keys()], ['archive.example/share/web-01'])
})

void t.test('import: the VM that was exported to that place, or an error', async (t) => {
  const { client, vm, failed, refused, simulator } = await vmCluster(t)
  const source = await vm('web-01')
  const definitionFileName = 'web-01.xml'
  const named = { pathURI: target, definitionFileName }
  await client.done(client.post(`/VirDomain/${source.uuid}/export`, { target: named }))

  const importVM = (
    pathURI: string,
    template?: object,
    file?: string
  ): ReturnType<typeof client.post> =>
    client.post('/VirDomain/import', { source: { pathURI, definitionFileName: file }, template })
  const template = { name: 'web-01-restored' }
  const uuid = await client.done(importVM(target, template, definitionFileName))
  const restored = await client.one<VirDomain>(`/VirDomain/${uuid}`)
  t.match(restored, {
    name: 'web-01-restored',
    mem: source.mem,
    tags: source.tags,
    state: 'SHUTOFF',
    bootDevices: []
  })
  t.equal(restored.blockDevs[0]?.allocation, source.blockDevs[0]?.allocation, 'with its own data')
  t.not(restored.netDevs[0]?.macAddress, source.netDevs[0]?.macAddress)
  t.ok(simulator.world.state.guests.get(uuid)?.hasAgent)

  const other = 'https://archive.example/share/web-01/'
  const again = await client.done(importVM(other))
  t.match(await client.one(`/VirDomain/${again}`), { name: 'web-01' })

  const count = (await client.get('/VirDomain')).length
  const task = await failed(importVM('smb://u:secret@archive.example/share/nothing'))
  t.match(task, {
    formattedMessage: 'Unable to import Virtual Machine: no definition %@ in %@',
    messageParameters: ['nothing', 'archive.example/share/nothing']
  })
  await failed(importVM(target, {}, 'other.xml'))
  t.match(await refused('POST', '/VirDomain/import', { source: { pathURI: 'ftp://a/b' } }), {
    status: 400
  })
  t.equal((await client.get('/VirDomain')).length, count)
})

void t.test('export of a snapshot is the VM as it was', async (t) => {
  const { client, vm } = await vmCluster(t)
  const { uuid } = await vm('test-web-01')
  const snapUUID = await client.done(
    client.post('/VirDomainSnapshot', { domainUUID: uuid, label: 'before' })
  )
  await client.done(client.patch(`/VirDomain/${uuid}`, { description: 'after', mem: 1048576 }))
  const place = { pathURI: 'smb://u:p@nas/share/old' }
  await client.done(client.post(`/VirDomain/${uuid}/export`, { target: place, snapUUID }))
  const old = await client.done(client.post('/VirDomain/import', { source: place }))
  const snapshot = await client.one<VirDomainSnapshot>(`/VirDomainSnapshot/${snapUUID}`)
  const { mem, description } = snapshot.domain
  t.match(await client.one(`/VirDomain/${old}`), { mem, description })
  t.not(description, 'after')
})

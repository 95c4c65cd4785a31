import t from 'tap'
import type { Node, VirDomain } from '../../../../src/hypercore/records/records.ts'
import { clientOf, PlainClient, simulatorFor, until } from '../../../helper/simulator.ts'
import { runningVmCluster } from '../../../helper/vms.ts'
import { action, finished, vmAt, wentOff } from './waiting.ts'

const octets = { 'Content-Type': 'application/octet-stream' }

/** An image that a VM boots from: its boot record is where a real one has it. */
const bootableImage = (): Buffer => {
  const image = Buffer.alloc(20 * 2048)
  image.write('\0CD001\x01EL TORITO SPECIFICATION', 17 * 2048)
  return image
}

t.test('an ISO is uploaded without waiting for its task', async (t) => {
  // No time passes but while a task is waited for.
  const client = clientOf(await simulatorFor(t, { speed: 0 }))
  for (const name of ['one.iso', 'two.iso', 'three.iso']) {
    const body = { name, size: 5, readyForInsert: false }
    const { createdUUID } = await client.post('/ISO', body)
    t.match(await client.one(`/ISO/${createdUUID}`), body)
    const path = `/ISO/${createdUUID}`
    const put = await client.raw('PUT', `${path}/data`, { text: '12345', headers: octets })
    t.equal(put.status, 200, name)
    await finished(client, client.patch(path, { readyForInsert: true }))
    t.match(await client.one(path), { name, size: 5, readyForInsert: true })
  }
})

t.test('an ISO whose task fails no longer exists', async (t) => {
  const { client, simulator, failed } = await runningVmCluster(t)
  simulator.faults.add({ kind: 'fail-task', path: '/ISO' })
  const write = client.post('/ISO', { name: 'x.iso', readyForInsert: false })
  await failed(write)
  t.strictSame(await client.get(`/ISO/${(await write).createdUUID}`), [])
})

t.test('the balancer continues with the addresses that the nodes report', async (t) => {
  const { urls, faults } = await simulatorFor(t)
  const { port } = new URL(urls[0] ?? '')
  const nodes = await new PlainClient(urls[0] ?? '').get<Node>('/Node')
  t.equal(nodes.length, 3)
  faults.add({ kind: 'node-down', node: 0 })
  for (const { lanIP, networkStatus, virtualizationOnline, allowRunningVMs } of nodes) {
    t.ok(networkStatus === 'ONLINE' && virtualizationOnline && allowRunningVMs)
    const call = new PlainClient(`https://${lanIP}:${port}`).raw('GET', '/Node')
    const status = await call.then(
      (answer) => answer.status,
      (error: NodeJS.ErrnoException) => error.code
    )
    t.equal(status, lanIP === '127.0.0.1' ? 'ECONNREFUSED' : 200, lanIP)
  }
})

t.test('an empty vmdk is as large as the disk in it', async (t) => {
  const { client } = await runningVmCluster(t)
  const upload = async (name: string, text: Buffer): Promise<unknown> => {
    const path = `/VirtualDisk/upload?filename=${name}&filesize=${text.length}`
    const put = await client.raw('PUT', path, { text, headers: octets })
    const { createdUUID } = JSON.parse(put.text) as { createdUUID: string }
    await until(async () => (await client.one(`/VirtualDisk/${createdUUID}`)).name === name)
    return (await client.one(`/VirtualDisk/${createdUUID}`)).capacityBytes
  }
  const vmdk = Buffer.alloc(65536)
  vmdk.write('KDMV')
  vmdk.writeBigUInt64LE(10_485_760n / 512n, 12)
  t.equal(await upload('empty.vmdk', vmdk), 10_485_760)
  const vhd = Buffer.alloc(2048)
  vhd.write('conectix')
  vhd.writeBigUInt64BE(10_485_760n, 48)
  t.equal(await upload('empty.vhd', vhd), 10_485_760)
  t.equal(await upload('raw.img', Buffer.alloc(4096)), 4096)
})

t.test('a VM listens to ACPI once it boots from something', async (t) => {
  const { client } = await runningVmCluster(t)
  const iso = async (name: string, data: Buffer): Promise<{ path: string; name: string }> => {
    const uuid = await finished(client, client.post('/ISO', { name, readyForInsert: false }))
    await client.raw('PUT', `/ISO/${uuid}/data`, { text: data, headers: octets })
    await finished(client, client.patch(`/ISO/${uuid}`, { readyForInsert: true }))
    return { path: `scribe/${uuid}`, name }
  }
  const make = (name: string, ...blockDevs: object[]): Promise<string> =>
    finished(
      client,
      client.post('/VirDomain', { dom: { name, mem: 2 ** 28, numVCPU: 1, blockDevs }, options: {} })
    )
  const goesOff = async (uuid: string, ms = 60_000): Promise<boolean> => {
    await action(client, uuid, 'START')
    const off = await wentOff(client, uuid, ms)
    if (!off) await action(client, uuid, 'STOP')
    return off
  }
  const staysOn = async (uuid: string): Promise<boolean> => !(await goesOff(uuid, 150))
  const disk = { type: 'VIRTIO_DISK', capacity: 2 ** 30 }
  const drive = async (name: string, data: Buffer): Promise<object> => ({
    type: 'IDE_CDROM',
    capacity: 0,
    path: (await iso(name, data)).path
  })
  t.ok(await staysOn(await make('bare')))
  t.ok(await staysOn(await make('empty-disk', disk)))
  t.ok(await staysOn(await make('text', disk, await drive('text.iso', Buffer.alloc(40960)))))
  t.ok(await goesOff(await make('installer', disk, await drive('boot.iso', bootableImage()))))

  // A disk with something on it boots by itself, beside a second one only if the order says so.
  const uuid = await make('attached')
  const [image] = await client.get<{ uuid: string }>('/VirtualDisk')
  const template = { ...disk, virDomainUUID: uuid }
  const attach = { options: { regenerateDiskID: false }, template }
  const system = await finished(client, client.post(`/VirtualDisk/${image?.uuid}/attach`, attach))
  t.ok(await goesOff(uuid), 'one disk')
  await finished(client, client.post('/VirDomainBlockDevice', template))
  t.strictSame((await vmAt(client, uuid)).bootDevices, [])
  t.ok(await staysOn(uuid), 'two disks and no order')
  await finished(client, client.patch(`/VirDomain/${uuid}`, { bootDevices: [system] }))
  t.ok(await goesOff(uuid), 'the order names it')

  const [web] = (await client.get<VirDomain>('/VirDomain')).filter(({ name }) => name === 'web-01')
  const copy = await finished(client, client.post(`/VirDomain/${web?.uuid}/clone`, {}))
  t.ok(await goesOff(copy), 'a clone of an installed disk')
})

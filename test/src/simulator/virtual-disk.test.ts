import t from 'tap'
import type { VirtualDisk, WriteResult } from '../../../src/hypercore/records/records.ts'
import type { PlainAnswer } from '../../helper/simulator.ts'
import { vmCluster, type VmCluster } from '../../helper/vms.ts'

const octets = { 'Content-Type': 'application/octet-stream' }
const MiB = 1048576

function upload(
  { client }: VmCluster,
  name: string,
  data: Buffer,
  size = data.length
): Promise<PlainAnswer> {
  const query = new URLSearchParams({ filename: name, filesize: String(size) }).toString()
  return client.raw('PUT', `/VirtualDisk/upload?${query}`, { text: data, headers: octets })
}

/** The head of a qcow2 image that holds a disk of this size. */
function qcow2(capacity: number): Buffer {
  const data = Buffer.alloc(4096)
  data.write('QFI\u00fb', 'latin1')
  data.writeUInt32BE(3, 4)
  data.writeBigUInt64BE(BigInt(capacity), 24)
  return data
}

void t.test('upload: the name tells how far it is, the tag does not cover it', async (t) => {
  const cluster = await vmCluster(t)
  const { client } = cluster
  const answer = await upload(cluster, 'img.qcow2', qcow2(3 * 1024 * MiB))
  t.equal(answer.status, 200)
  const { taskTag, createdUUID } = JSON.parse(answer.text) as WriteResult
  const path = `/VirtualDisk/${createdUUID}`
  t.match(await client.one(path), { name: 'uploading-img.qcow2' })
  t.match(await client.task(taskTag), { state: 'COMPLETE' })
  t.match(await client.one(path), { name: 'converting-img.qcow2' })
  await client.until(async () => (await client.one<VirtualDisk>(path)).name === 'img.qcow2')
  t.strictSame(await client.one(path), {
    uuid: createdUUID,
    name: 'img.qcow2',
    capacityBytes: 3 * 1024 * MiB,
    totalAllocationBytes: MiB,
    blockSize: MiB,
    replicationFactor: 2
  })
})

void t.test('what is not an image is refused', async (t) => {
  const cluster = await vmCluster(t)
  const before = (await cluster.client.get('/VirtualDisk')).length
  const iso = await upload(cluster, 'a.iso', Buffer.alloc(10))
  t.strictSame([iso.status, iso.text], [400, '{"error":"File type is invalid"}'])
  t.equal((await upload(cluster, 'a.img', Buffer.alloc(10), 11)).status, 400)
  const chunked = await cluster.client.raw('PUT', '/VirtualDisk/upload?filename=a.img&filesize=1', {
    headers: { ...octets, 'Transfer-Encoding': 'chunked' }
  })
  t.match(chunked, { status: 400, text: /\n {2}In header\n {6}.*: content-length$/i })
  t.equal((await cluster.client.get('/VirtualDisk')).length, before)
})

void t.test('attach clones the image into a disk at least as large', async (t) => {
  const { client, vm, failed, simulator } = await vmCluster(t)
  const disk = (await client.get<VirtualDisk>('/VirtualDisk')).find((one) =>
    one.name.endsWith('img')
  )
  const path = `/VirtualDisk/${disk?.uuid}`
  const { uuid } = await vm('web-01')
  const attach = (capacity: number): Promise<string> => {
    const template = { virDomainUUID: uuid, type: 'VIRTIO_DISK', capacity, slot: -1 }
    return client.done(client.post(`${path}/attach`, { options: { readOnly: true }, template }))
  }
  const size = disk?.capacityBytes ?? 0
  t.match(await client.one(`/VirDomainBlockDevice/${await attach(1)}`), {
    capacity: size,
    allocation: disk?.totalAllocationBytes,
    readOnly: true,
    slot: 1
  })
  t.match(await client.one(`/VirDomainBlockDevice/${await attach(2 * size)}`), {
    capacity: 2 * size,
    slot: 2
  })
  t.equal((await client.get(path)).length, 1, 'the image stays')

  const record = simulator.world.state.virtualDisks.get(disk?.uuid ?? '')
  if (record === undefined) throw new Error('No image')
  record.name = `converting-${record.name}`
  const template = { virDomainUUID: uuid, type: 'VIRTIO_DISK', capacity: 1 }
  t.match(await failed(client.post(`${path}/attach`, { options: {}, template })), {
    formattedMessage: /not ready/
  })
})

void t.test('delete: no task, removed about a second later', async (t) => {
  const { client, refused } = await vmCluster(t)
  const [disk] = await client.get<VirtualDisk>('/VirtualDisk')
  const path = `/VirtualDisk/${disk?.uuid}`
  t.strictSame(await client.delete(path), { taskTag: '', createdUUID: '' })
  t.equal((await client.get(path)).length, 1)
  await client.until(async () => (await client.get(path)).length === 0)
  t.match(await refused('DELETE', path), { status: 500 })
})

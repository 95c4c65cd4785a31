import t from 'tap'
import { Agent, request } from 'node:https'
import type { ISO } from '../../../src/hypercore/records/records.ts'
import { vmCluster, type VmCluster } from '../../helper/vms.ts'

const octets = { 'Content-Type': 'application/octet-stream' }

const put = ({ client }: VmCluster, path: string, data: Buffer, headers = {}) =>
  client.raw('PUT', path, { text: data, headers: { ...octets, ...headers } })

void t.test('three steps: record, data, ready for insert', async (t) => {
  const cluster = await vmCluster(t)
  const { client, refused } = cluster
  const body = { name: 'tools.iso', size: 1000, readyForInsert: false }
  const uuid = await client.done(client.post('/ISO', body))
  t.strictSame(await client.one(`/ISO/${uuid}`), {
    ...body,
    uuid,
    mounts: [],
    path: `scribe/${uuid}`
  })
  const data = `/ISO/${uuid}/data`
  t.equal((await put(cluster, data, Buffer.alloc(999))).status, 400, 'another size')
  const sent = await put(cluster, `${data}/`, Buffer.alloc(1000))
  t.strictSame([sent.status, sent.text], [200, ''])
  await client.done(client.patch(`/ISO/${uuid}`, { readyForInsert: true }))
  t.match(await client.one(`/ISO/${uuid}`), { readyForInsert: true, size: 1000 })
  t.equal((await put(cluster, data, Buffer.alloc(1000))).status, 500, 'its data is there')
  t.match(await refused('GET', data), { status: 405 })
  t.equal((await put(cluster, '/ISO/nope/data', Buffer.alloc(1))).status, 500)
})

void t.test('the size may come with the data; chunked is refused; names end in .iso', async (t) => {
  const cluster = await vmCluster(t)
  const { client, refused } = cluster
  const uuid = await client.done(client.post('/ISO', { name: 'a.iso', readyForInsert: false }))
  const path = `/ISO/${uuid}/data`
  const chunked = await client.raw('PUT', path, {
    headers: { ...octets, 'Transfer-Encoding': 'chunked' }
  })
  t.match(chunked, { status: 400, text: /\n {2}In header\n {6}.*: content-length$/i })
  t.equal((await put(cluster, path, Buffer.alloc(70_000))).status, 200)
  t.match(await client.one(`/ISO/${uuid}`), { size: 70_000 })
  const names = [{ name: 'a.img', readyForInsert: false }, { readyForInsert: false }]
  for (const body of names) t.match(await refused('POST', '/ISO', body), { status: 400 })
  t.match(await refused('PATCH', `/ISO/${uuid}`, { name: 'b.img' }), { status: 400 })
  await client.done(client.post(`/ISO/${uuid}`, { name: 'b.iso', readyForInsert: true }))
  t.match(await client.one(`/ISO/${uuid}`), { name: 'b.iso', readyForInsert: true })
})

void t.test('a client that goes away half-way changes nothing', async (t) => {
  const { client, simulator } = await vmCluster(t)
  const body = { name: 'cut.iso', size: 5000, readyForInsert: false }
  const uuid = await client.done(client.post('/ISO', body))
  await new Promise<void>((resolve) => {
    const upload = request(`${client.url}/rest/v1/ISO/${uuid}/data`, {
      method: 'PUT',
      agent: new Agent({ rejectUnauthorized: false }),
      auth: 'admin:admin',
      headers: { ...octets, 'Content-Length': 5000 }
    })
    upload.on('error', () => resolve())
    upload.write(Buffer.alloc(100), () => upload.destroy())
  })
  t.match(await client.one(`/ISO/${uuid}`), { size: 5000, readyForInsert: false })
  t.ok(simulator.world.state.isos.has(uuid))
})

void t.test('an ISO in a drive is not deleted', async (t) => {
  const { client, failed } = await vmCluster(t)
  const isos = await client.get<ISO>('/ISO')
  const mounted = isos.find((iso) => iso.mounts.length > 0)
  const free = isos.find((iso) => iso.mounts.length === 0)
  t.match(await failed(client.delete(`/ISO/${mounted?.uuid}`)), {
    formattedMessage: "Unable to delete ISO '%@': it is inserted in VM '%@'",
    messageParameters: [mounted?.name, mounted?.mounts[0]?.vmName]
  })
  t.equal((await client.get(`/ISO/${mounted?.uuid}`)).length, 1)
  await client.done(client.delete(`/ISO/${free?.uuid}`))
  t.strictSame(await client.get(`/ISO/${free?.uuid}`), [])
})

import t from 'tap'
import type { TaskTagStatus, VirDomain } from '../../../src/hypercore/records/records.ts'
import { simulatedVersion } from '../../../src/simulator/options.ts'
import { vmCluster } from '../../helper/vms.ts'

const version = simulatedVersion('9.8')

t.test('a version may be named by its line', (t) => {
  t.equal(simulatedVersion('9.4'), '9.4.30.217736')
  t.equal(simulatedVersion('9.6.19.223352'), '9.6.19.223352')
  t.equal(version, '9.8.4.227597')
  for (const unknown of ['9', '9.7', '9.8.3', '9.4.3', 'x'])
    t.equal(simulatedVersion(unknown), unknown === '9' ? '9.4.30.217736' : undefined, unknown)
  t.end()
})

t.test('9.8: says so everywhere, and offers an update', async (t) => {
  const { client } = await vmCluster(t, { version })
  t.match(await client.one('/Cluster'), { icosVersion: '9.8.4.227597' })
  const [update] = await client.get<{ uuid: string; buildID: number }>('/Update')
  t.match(update?.uuid, /^9\.8\./)
  t.ok((update?.buildID ?? 0) > 227597)
  const document = JSON.parse((await client.raw('GET', '/openapi.json')).text)
  t.equal(document.info.version, '1.3.2')
  t.ok('/VirDomainBlockDevice/{uuid}/snapDiff' in document.paths)
  t.notOk(Object.keys(document.paths).some((path) => path.startsWith('/rest/v2')))
})

t.test('9.8: VMs and disks have labels and VMs a runnable, replaced whole', async (t) => {
  const { client, vm } = await vmCluster(t, { version })
  const { uuid, blockDevs } = await vm('web-01')
  const path = `/VirDomain/${uuid}`
  t.match(await client.one(path), { labels: {}, runnable: true, blockDevs: [{ labels: {} }] })
  const labels = { 'cost-center_1': { value: 'NDI=' } }
  await client.done(client.patch(path, { labels, runnable: false }))
  t.match(await client.one(path), { labels, runnable: false })
  await client.done(client.patch(path, { labels: { other: { value: '' } } }))
  t.strictSame((await client.one(path)).labels, { other: { value: '' } })
  const disk = `/VirDomainBlockDevice/${blockDevs[0]?.uuid}`
  await client.done(client.patch(disk, { labels, name: 'system' }))
  t.match(await client.one(disk), { labels, name: 'system' })

  const copy = await client.done(client.post(`${path}/clone`, { template: { name: 'copy' } }))
  t.match(await client.one(`/VirDomain/${copy}`), { labels: {}, runnable: true })
  const snapshot = { domainUUID: uuid, label: 'x', attemptQuiesce: true }
  const taken = await client.done(client.post('/VirDomainSnapshot', snapshot))
  t.match(await client.one(`/VirDomainSnapshot/${taken}`), { labels: {} })

  for (const wrong of [{ 'a b': { value: '' } }, { a: { value: '*' } }, { a: {} }, { a: 'NDI=' }])
    t.equal((await client.raw('PATCH', path, { body: { labels: wrong } })).status, 400)
})

t.test('9.4 knows none of it', async (t) => {
  const { client, vm, refused } = await vmCluster(t)
  const { uuid } = await vm('web-01')
  t.notOk('labels' in (await client.one<VirDomain>(`/VirDomain/${uuid}`)))
  for (const body of [{ labels: {} }, { runnable: true }])
    t.match(await refused('PATCH', `/VirDomain/${uuid}`, body), { status: 400 })
  t.equal((await client.raw('GET', '//rest/v2/TaskTag')).status, 404)
})

t.test('9.8: a tiny vmdk takes the API down for its call', async (t) => {
  const { client } = await vmCluster(t, { version })
  const put = (name: string, bytes: number): ReturnType<typeof client.raw> =>
    client.raw('PUT', `/VirtualDisk/upload?filename=${name}&filesize=${bytes}`, {
      text: Buffer.alloc(bytes),
      headers: { 'Content-Type': 'application/octet-stream' }
    })
  const before = (await client.get('/VirtualDisk')).length
  t.match(await put('tiny.vmdk', 65536), { status: 502, text: /<html>/ })
  t.equal((await client.get('/VirtualDisk')).length, before)
  t.equal((await put('larger.vmdk', 65537)).status, 200)
  t.equal((await put('tiny.img', 512)).status, 200)
})

t.test('9.8: migrate is offered and always fails', async (t) => {
  const { client } = await vmCluster(t, { version })
  t.equal((await client.raw('POST', '/VirDomain/migrate', { body: {} })).status, 500)
})

t.test('9.8: the second API connects clusters, its tasks are followed there', async (t) => {
  const { client, simulator } = await vmCluster(t, { version })
  const v2 = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { status, text } = await client.raw(method, `//rest/v2${path}`, { body })
    t.equal(status, 200, `${method} ${path}`)
    return JSON.parse(text) as unknown
  }
  t.equal((await client.as({}).raw('GET', '//rest/v2/TaskTag')).status, 401)
  t.match(await client.raw('GET', '//rest/v2/Nothing'), { status: 404, text: /^{"error"/ })
  const document = (await v2('GET', '/openAPI.json')) as { paths: object }
  t.ok('/RemoteClusterConnection' in document.paths)

  const hostKeys = await v2('GET', '/AuthenticationServerHostKey')
  await v2('POST', '/AuthenticationHostKey/Accept', { keys: hostKeys })
  await v2('POST', '/AuthenticationKey')
  await v2('POST', '/AuthenticationKey/Accept', { keys: await v2('GET', '/AuthenticationKey') })
  const authInfo = { ipAddress: '10.40.0.11', connectionTimeoutSeconds: 30 }
  const made = (await v2('POST', '/RemoteClusterConnection', { authInfo })) as {
    taskTag: string
    createdUUID: string
  }
  const ended = (taskTag: string): Promise<void> =>
    client.until(async () => {
      const [task] = (await v2('GET', `/TaskTag?taskTag=${taskTag}&limitSize=1`)) as TaskTagStatus[]
      return task?.state === 'COMPLETE'
    })
  await ended(made.taskTag)
  t.match(await client.one(`/RemoteClusterConnection/${made.createdUUID}`), {
    connectionStatus: 'ESTABLISHED',
    remoteNodeIPs: ['10.40.0.11']
  })
  const path = `/RemoteClusterConnection/${made.createdUUID}`
  await ended(((await v2('DELETE', path)) as { taskTag: string }).taskTag)
  t.same(await client.get(path), [])

  const [used] = simulator.world.state.remoteClusterConnections.keys()
  const refused = (await v2('DELETE', `/RemoteClusterConnection/${used}`)) as { taskTag: string }
  t.match(await client.task(refused.taskTag), { state: 'ERROR' })
  t.same(await v2('GET', '/SNMPConfig'), [])
})

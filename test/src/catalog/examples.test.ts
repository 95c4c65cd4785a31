import t, { type Test } from 'tap'
import { loadCatalog, type Operation } from '../../../src/catalog/load.ts'
import type { VirDomain, WriteResult } from '../../../src/hypercore/records/records.ts'
import { createCertificate } from '../../../src/simulator/certificate.ts'
import { clientOf, type PlainAnswer } from '../../helper/simulator.ts'
import { vmCluster, type VmCluster } from '../../helper/vms.ts'

const catalog = loadCatalog()

/** All operations of /rest/v1 that take a body; those of /rest/v2 are later than its version. */
const withExample = catalog.operations.filter(
  ({ base, body }) => base === '/rest/v1' && body !== undefined
)
const sent = new Set<Operation>()

type Values = Record<string, unknown>

/** The example with these values in place of those of the same name, on every level. */
function filled(example: unknown, values: Values): unknown {
  if (Array.isArray(example)) return example.map((item) => filled(item, values))
  if (typeof example !== 'object' || example === null) return example
  return Object.fromEntries(
    Object.entries(example).map(([name, value]) => [name, values[name] ?? filled(value, values)])
  )
}

/** Sends the example of an operation, with real uuids in place of its own. */
function send(
  { client }: VmCluster,
  method: Operation['method'],
  path: string,
  values: Values = {},
  query = ''
): Promise<PlainAnswer> {
  const operation = catalog.find(method, path)
  if (operation?.body === undefined) throw new Error(`${method} ${path} takes no body`)
  sent.add(operation)
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])) + query
  return operation.body.contentType === 'application/json'
    ? client.raw(method, place, { body: filled(operation.example, values) })
    : client.raw(method, place, {
        text: String(operation.example),
        headers: { 'Content-Type': operation.body.contentType }
      })
}

/** As `send`; the call must be accepted and its task, if there is one, complete. Answers the uuid. */
async function accepted(
  t: Test,
  cluster: VmCluster,
  ...call: [method: Operation['method'], path: string, values?: Values, query?: string]
): Promise<string> {
  const { client } = cluster
  const answer = await send(cluster, ...call)
  const name = `${call[0]} ${call[1]}`
  t.equal(answer.status, 200, `${name} ${answer.text}`)
  if (answer.status !== 200) return ''
  const { taskTag, createdUUID } = JSON.parse(answer.text) as WriteResult
  if (taskTag !== '') {
    // At another node: after a write of the OIDC settings the one that took it is away for a moment.
    const { state, formattedMessage } = await clientOf(cluster.simulator, 1).task(taskTag)
    t.equal(state, 'COMPLETE', `${name} ${formattedMessage}`)
    await client.until(async () => (await client.raw('GET', '/ping')).status === 200)
  }
  return createdUUID
}

void t.test('examples of a VM and its devices, in the order of its life', async (t) => {
  const cluster = await vmCluster(t)
  const { client } = cluster
  const virDomainUUID = await accepted(t, cluster, 'POST', '/VirDomain')
  const read = (): Promise<VirDomain> => client.one<VirDomain>(`/VirDomain/${virDomainUUID}`)
  await accepted(t, cluster, 'PATCH', '/VirDomain/{virDomainUUID}', { virDomainUUID })
  await accepted(t, cluster, 'POST', '/VirDomain/{virDomainUUID}', { virDomainUUID })

  const disk = await accepted(t, cluster, 'POST', '/VirDomainBlockDevice', { virDomainUUID })
  await accepted(t, cluster, 'PATCH', '/VirDomainBlockDevice/{uuid}', { uuid: disk })
  await accepted(t, cluster, 'POST', '/VirDomainBlockDevice/{uuid}', { uuid: disk })
  const nic = await accepted(t, cluster, 'POST', '/VirDomainNetDevice', { virDomainUUID })
  await accepted(t, cluster, 'PATCH', '/VirDomainNetDevice/{uuid}', { uuid: nic })
  await accepted(t, cluster, 'POST', '/VirDomainNetDevice/{uuid}', { uuid: nic })
  const vm = await read()
  t.match(vm, { name: 'web-02', description: 'shop front end' })
  t.equal(vm.blockDevs.find(({ uuid }) => uuid === disk)?.capacity, 107374182400)
  t.equal(vm.netDevs.find(({ uuid }) => uuid === nic)?.vlan, 20)

  const domainUUID = virDomainUUID
  const snapUUID = await accepted(t, cluster, 'POST', '/VirDomainSnapshot', { domainUUID })
  await accepted(t, cluster, 'POST', '/VirDomainBlockDevice/{uuid}/clone', {
    uuid: disk,
    virDomainUUID,
    snapUUID
  })
  const copy = await accepted(t, cluster, 'POST', '/VirDomain/{virDomainUUID}/clone', {
    virDomainUUID
  })
  t.match(await client.one(`/VirDomain/${copy}`), { name: 'web-01-copy' })
  await accepted(t, cluster, 'POST', '/VirDomain/{virDomainUUID}/export', { virDomainUUID })
  const restored = await accepted(t, cluster, 'POST', '/VirDomain/import')
  t.match(await client.one(`/VirDomain/${restored}`), { name: 'web-01-restored' })

  const { uuid: connectionUUID } = await client.one('/RemoteClusterConnection')
  const replication = await accepted(t, cluster, 'POST', '/VirDomainReplication', {
    sourceDomainUUID: virDomainUUID,
    connectionUUID
  })
  const values = { uuid: replication, connectionUUID }
  await accepted(t, cluster, 'PATCH', '/VirDomainReplication/{uuid}', values)
  await accepted(t, cluster, 'POST', '/VirDomainReplication/{uuid}', values)
  await accepted(t, cluster, 'POST', '/VirDomain/action', { virDomainUUID })
  t.match(await read(), { state: 'RUNNING' })
})

void t.test('examples of schedules, images and uploads', async (t) => {
  const cluster = await vmCluster(t)
  const { client } = cluster
  const uuid = await accepted(t, cluster, 'POST', '/VirDomainSnapshotSchedule')
  await accepted(t, cluster, 'PATCH', '/VirDomainSnapshotSchedule/{uuid}', { uuid })
  await accepted(t, cluster, 'POST', '/VirDomainSnapshotSchedule/{uuid}', { uuid })

  const size = Buffer.byteLength(String(catalog.find('PUT', '/ISO/{uuid}/data')?.example))
  const iso = { uuid: await accepted(t, cluster, 'POST', '/ISO', { size }) }
  t.equal((await send(cluster, 'PUT', '/ISO/{uuid}/data', iso)).status, 200)
  await accepted(t, cluster, 'PATCH', '/ISO/{uuid}', iso)
  t.match(await client.one(`/ISO/${iso.uuid}`), { size, readyForInsert: true })
  await accepted(t, cluster, 'POST', '/ISO/{uuid}', iso)

  const image = await accepted(
    t,
    cluster,
    'PUT',
    '/VirtualDisk/upload',
    {},
    `?filename=image.raw&filesize=${size}`
  )
  await client.until(async () => (await client.one(`/VirtualDisk/${image}`)).name === 'image.raw')
  const [vm] = await client.get<VirDomain>('/VirDomain')
  await accepted(t, cluster, 'POST', '/VirtualDisk/{uuid}/attach', {
    uuid: image,
    virDomainUUID: vm?.uuid
  })
})

void t.test('examples of accounts and settings', async (t) => {
  const cluster = await vmCluster(t)
  const { client } = cluster
  const role = (await client.get('/Role'))[0]?.uuid
  const roleUUIDs = [role]
  const user = { uuid: await accepted(t, cluster, 'POST', '/User', { roleUUIDs }), roleUUIDs }
  await accepted(t, cluster, 'PATCH', '/User/{uuid}', user)
  await accepted(t, cluster, 'POST', '/User/{uuid}', user)
  const login = { username: 'ada', password: 'a new long password' }
  t.equal((await send(cluster, 'POST', '/login', login)).status, 200)

  const settings = [
    'DNSConfig',
    'TimeSource',
    'TimeZone',
    'AlertSMTPConfig',
    'AlertEmailTarget',
    'AlertSyslogTarget',
    'OIDCConfig',
    'Registration',
    'MonitoringConfig',
    'NucleusKey'
  ]
  for (const name of settings) {
    // Where there is one record at most, the one that is there makes place.
    const records = await client.get<string | { uuid: string }>(`/${name}`)
    for (const record of records)
      if (typeof record !== 'string') await client.done(client.delete(`/${name}/${record.uuid}`))
    const uuid = await accepted(t, cluster, 'POST', `/${name}`)
    await accepted(t, cluster, 'PATCH', `/${name}/{uuid}`, { uuid })
    await accepted(t, cluster, 'POST', `/${name}/{uuid}`, { uuid })
  }
  const { uuid } = await client.one('/Cluster')
  await accepted(t, cluster, 'PATCH', '/Cluster/{uuid}', { uuid })
  await accepted(t, cluster, 'POST', '/Cluster/{uuid}', { uuid })
  t.match(await client.one('/Cluster'), { clusterName: 'plant-3' })
})

void t.test('examples of calls that take a node or the cluster away', async (t) => {
  const cluster = await vmCluster(t)
  const { certificate, privateKey } = await createCertificate('plant-3', ['127.0.0.1'])
  const pem = { certificate, privateKey }
  t.equal((await send(cluster, 'POST', '/Certificate', pem)).status, 200)
  const other = await vmCluster(t)
  t.equal((await send(other, 'POST', '/Cluster/shutdown')).status, 200)
})

void t.test('example of the comparison of snapshots that 9.6 has', async (t) => {
  const cluster = await vmCluster(t, { version: '9.6.19.223352' })
  const { client, vm } = cluster
  const { uuid: domainUUID, blockDevs } = await vm('web-01')
  for (const label of ['one', 'two'])
    await client.done(client.post('/VirDomainSnapshot', { domainUUID, label }))
  const uuid = blockDevs.find(({ type }) => type === 'VIRTIO_DISK')?.uuid
  const answer = await send(cluster, 'POST', '/VirDomainBlockDevice/{uuid}/snapDiff', { uuid })
  t.equal(answer.status, 200, answer.text)
})

void t.test('no example was left out', async (t) => {
  t.strictSame(
    withExample
      .filter((operation) => !sent.has(operation))
      .map(({ method, path }) => [method, path]),
    []
  )
})

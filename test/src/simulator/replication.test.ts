import t from 'tap'
import type { VirDomainReplication } from '../../../src/hypercore/records/records.ts'
import { vmCluster } from '../../helper/vms.ts'

void t.test('a VM is replicated once, and the progress of it moves', async (t) => {
  const { client, vm, refused } = await vmCluster(t)
  const connection = await client.one('/RemoteClusterConnection')
  t.match(connection, {
    connectionStatus: 'ESTABLISHED',
    remoteClusterInfo: { clusterName: 'leipzig' }
  })
  const { uuid } = await vm('web-01')
  const body = {
    sourceDomainUUID: uuid,
    connectionUUID: connection.uuid,
    enable: true,
    label: 'dr'
  }
  const made = await client.done(client.post('/VirDomainReplication', body))
  const path = `/VirDomainReplication/${made}`
  const read = (): Promise<VirDomainReplication> => client.one<VirDomainReplication>(path)
  const first = await read()
  t.match(first, { sourceDomainUUID: uuid, enable: true, label: 'dr', progress: { valid: 1 } })
  t.ok(first.targetDomainUUID !== '' && first.progress.percentComplete < 100)
  t.strictSame((await vm('web-01')).replicationUUIDs, [made])
  const { snapshotTo } = first.progress
  t.equal(snapshotTo.domainUUID, uuid)

  await client.until(async () => (await read()).progress.percentComplete === 100)
  const { progress } = await read()
  t.equal(progress.blockCountSent, progress.blockCountDiff)
  t.match(await refused('POST', '/VirDomainReplication', body), {
    status: 400,
    error: /Failed to create replication/
  })

  await client.done(client.post('/VirDomainSnapshot', { domainUUID: uuid }))
  const next = (await read()).progress
  t.equal(next.snapshotFrom.uuid, snapshotTo.uuid, 'from the last one')
  t.ok(next.percentComplete < 100)

  await client.done(client.patch(path, { enable: false, label: 'off' }))
  const off = await read()
  t.match(off, { enable: false, label: 'off' })
  await client.done(client.post('/VirDomainSnapshot', { domainUUID: uuid }))
  t.equal((await read()).progress.snapshotTo.uuid, off.progress.snapshotTo.uuid, 'nothing is sent')
  await client.done(client.patch(path, { enable: true }))
  await client.until(async () => (await read()).progress.percentComplete === 100)
})

void t.test('what cannot be replicated', async (t) => {
  const { client, vm, refused } = await vmCluster(t)
  const { uuid: connectionUUID } = await client.one<{ uuid: string }>('/RemoteClusterConnection')
  const attempts = [
    { connectionUUID, sourceDomainUUID: 'nope' },
    { connectionUUID, sourceDomainUUID: (await vm('sql-prod-01')).uuid },
    { connectionUUID, sourceDomainUUID: (await vm('branch-pos-01')).uuid },
    { connectionUUID: 'nope', sourceDomainUUID: (await vm('web-01')).uuid }
  ]
  for (const attempt of attempts)
    t.match(await refused('POST', '/VirDomainReplication', { ...attempt, enable: true }), {
      status: 400,
      error: /^Failed to create replication/
    })
  t.match(await refused('DELETE', '/VirDomainReplication/nope'), { status: 405 })
  t.match(await refused('PATCH', '/VirDomainReplication/nope', {}), { status: 500 })
})

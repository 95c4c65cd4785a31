import t from 'tap'
import type { ISO, VirDomain, WriteResult } from '../../../src/hypercore/records/records.ts'
import type { ClusterState } from '../../../src/simulator/state.ts'
import { TaskFailure } from '../../../src/simulator/tasks.ts'
import { vmCluster } from '../../helper/vms.ts'

/** What may differ after a task that failed: its own record, and serial numbers, which only grow. */
const passing = new Set(['latestTaskTag', 'snapshotSerialNumber', 'snapshotListSerialNumber'])

const picture = (state: ClusterState): string =>
  JSON.stringify(
    [
      [...state.virDomains.values()],
      [...state.guests],
      [...state.snapshots],
      [...state.isos],
      [...state.replications],
      [...state.exports]
    ],
    (name, value: unknown) => (passing.has(name) ? undefined : value)
  )

const device = ({ blockDevs }: VirDomain, type: string): string =>
  `/VirDomainBlockDevice/${blockDevs.find((one) => one.type === type)?.uuid}`

void t.test('a task that fails leaves everything as it was', async (t) => {
  const { client, vm, act, failed, simulator } = await vmCluster(t)
  const { state, tasks } = simulator.world
  const [running, stopped, source] = await Promise.all([
    vm('web-01'),
    vm('test-web-01'),
    vm('sql-prod-01')
  ])
  const node = [...state.nodes.keys()].find((uuid) => uuid !== running.nodeUUID)
  const [iso] = (await client.get<ISO>('/ISO')).filter((one) => one.mounts.length === 0)
  const connection = [...state.remoteClusterConnections.keys()][0]
  const image = [...state.virtualDisks.keys()][0]
  const disk = { virDomainUUID: stopped.uuid, type: 'VIRTIO_DISK', capacity: 1 }
  const place = { pathURI: 'smb://nas/share' }
  await client.done(client.post(`/VirDomain/${stopped.uuid}/export`, { target: place }))

  const writes: Record<string, () => Promise<WriteResult>> = {
    start: () => act('test-web-01', 'START'),
    stop: () => act('web-01', 'STOP'),
    pause: () => act('web-01', 'PAUSE'),
    resume: () => act('build-01', 'START'),
    reset: () => act('web-01', 'RESET'),
    reboot: () => act('web-01', 'REBOOT', node),
    migrate: () => act('web-01', 'LIVEMIGRATE', node),
    create: () => client.post('/VirDomain', { dom: { blockDevs: [disk] }, options: {} }),
    update: () => client.patch(`/VirDomain/${stopped.uuid}`, { name: 'x', mem: 1 }),
    delete: () => client.delete(`/VirDomain/${stopped.uuid}`),
    clone: () => client.post(`/VirDomain/${running.uuid}/clone`, {}),
    export: () => client.post(`/VirDomain/${running.uuid}/export`, { target: place }),
    import: () => client.post('/VirDomain/import', { source: place }),
    'disk create': () => client.post('/VirDomainBlockDevice', disk),
    'disk update': () => client.patch(device(stopped, 'VIRTIO_DISK'), { type: 'IDE_DISK' }),
    'disk delete': () => client.delete(device(running, 'VIRTIO_DISK')),
    'disk clone': () =>
      client.post(`${device(source, 'VIRTIO_DISK')}/clone`, {
        options: {},
        snapUUID: source.snapUUIDs[0],
        template: disk
      }),
    insert: () => client.patch(device(running, 'IDE_CDROM'), { path: iso?.path, name: iso?.name }),
    'net create': () => client.post('/VirDomainNetDevice', { virDomainUUID: stopped.uuid }),
    'net update': () =>
      client.patch(`/VirDomainNetDevice/${running.netDevs[0]?.uuid}`, { vlan: 99 }),
    'net delete': () => client.delete(`/VirDomainNetDevice/${stopped.netDevs[0]?.uuid}`),
    snapshot: () => client.post('/VirDomainSnapshot', { domainUUID: running.uuid }),
    'snapshot delete': () => client.delete(`/VirDomainSnapshot/${running.snapUUIDs[0]}`),
    replicate: () =>
      client.post('/VirDomainReplication', {
        sourceDomainUUID: running.uuid,
        connectionUUID: connection,
        enable: true
      }),
    'replication update': () =>
      client.patch(`/VirDomainReplication/${source.replicationUUIDs[0]}`, { enable: false }),
    'iso create': () => client.post('/ISO', { name: 'x.iso', readyForInsert: false }),
    'iso update': () => client.patch(`/ISO/${iso?.uuid}`, { name: 'x.iso' }),
    'iso delete': () => client.delete(`/ISO/${iso?.uuid}`),
    attach: () => client.post(`/VirtualDisk/${image}/attach`, { options: {}, template: disk })
  }
  tasks.fateOf = () => new TaskFailure('Out of luck with %@', ['this'])
  for (const [name, write] of Object.entries(writes)) {
    const before = picture(state)
    t.match(await failed(write()), { formattedMessage: 'Out of luck with %@' }, name)
    t.equal(picture(state), before, `${name} changed nothing`)
  }
})

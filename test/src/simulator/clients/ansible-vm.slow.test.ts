import t from 'tap'
import type { VirDomain } from '../../../../src/hypercore/records/records.ts'
import type { SimulatorOptions } from '../../../../src/simulator/options.ts'
import { runningVmCluster } from '../../../helper/vms.ts'
import { action, failure, finished, vmAt, wentOff } from './waiting.ts'

const GiB = 1024 ** 3

/** A VM as the module posts it: its disk always has a uuid, and may be a record that was read. */
const newVM = (name: string, disk: object = {}, nic: object = {}): object => ({
  dom: {
    name,
    description: 'made by a playbook',
    mem: GiB,
    numVCPU: 2,
    tags: 'playbook',
    snapshotScheduleUUID: '',
    blockDevs: [{ type: 'VIRTIO_DISK', capacity: 10 * GiB, uuid: 'primaryDrive', ...disk }],
    netDevs: [{ type: 'VIRTIO', vlan: 1, connected: true, ...nic }]
  },
  options: { attachGuestToolsISO: false }
})

t.test('present: a VM with a disk from a record is created', async (t) => {
  const { client, vm, refused } = await runningVmCluster(t)
  const [copied] = (await vm('web-01')).blockDevs
  const { slot: _slot, virDomainUUID: _vm, path: _path, ...disk } = copied ?? {}
  const addresses = { ipv4Addresses: ['10.0.0.9'] }
  const body = newVM('ansible-01', { ...disk, readOnly: true }, addresses)
  const made = await vmAt(client, await finished(client, client.post('/VirDomain', body)))
  t.match(made, { name: 'ansible-01', state: 'SHUTOFF', mem: GiB })
  // Accepted, and ignored.
  t.match(made.blockDevs, [{ readOnly: false, allocation: 0, mountPoints: [] }])
  t.not(made.blockDevs[0]?.uuid, copied?.uuid)
  t.strictSame(made.netDevs[0]?.ipv4Addresses, [])

  const strict = await runningVmCluster(t, { nestedReadOnly: 'refused' })
  t.match(await strict.refused('POST', '/VirDomain', newVM('ansible-02')), {
    status: 400,
    error: /Cannot write to read-only property: uuid/
  })
  t.match(await refused('POST', '/VirDomain', { dom: { snapUUIDs: [] }, options: {} }), {
    status: 400
  })
})

t.test('absent: STOP goes before every delete, whatever the state', async (t) => {
  const { client, vm } = await runningVmCluster(t)
  for (const name of ['web-01', 'test-web-01', 'build-01', 'test-web-02']) {
    const { uuid } = await vm(name)
    await action(client, uuid, 'STOP')
    await finished(client, client.delete(`/VirDomain/${uuid}`))
    t.strictSame(await client.get(`/VirDomain/${uuid}`), [], name)
  }
})

t.test('a new VM starts, ignores ACPI and is stopped by force', async (t) => {
  const { client } = await runningVmCluster(t)
  const uuid = await finished(client, client.post('/VirDomain', newVM('ansible-01')))
  await action(client, uuid, 'STOP')
  await action(client, uuid, 'START')
  t.equal(await wentOff(client, uuid, 300), false, 'a minute of the cluster')
  t.match(await vmAt(client, uuid), { state: 'RUNNING', desiredDisposition: 'SHUTOFF' })
  await action(client, uuid, 'STOP')
  t.equal((await vmAt(client, uuid)).state, 'SHUTOFF')
})

t.test('parameters of a running VM are changed first, then it is restarted', async (t) => {
  const { client, vm } = await runningVmCluster(t)
  const { uuid, netDevs } = await vm('web-01')
  const path = `/VirDomain/${uuid}`
  await finished(client, client.patch(path, { mem: 5 * GiB, numVCPU: 3 }))
  await finished(client, client.patch(path, { machineType: 'scale-8.10' }))
  t.match(await vmAt(client, uuid), { state: 'RUNNING', mem: 5 * GiB, numVCPU: 3 })
  t.ok(await wentOff(client, uuid, 5000))
  // Right away: off is off.
  await finished(client, client.delete(`/VirDomainNetDevice/${netDevs[0]?.uuid}`))
  await finished(client, client.patch(path, { bootDevices: [], machineType: 'scale-7.2' }))
  await action(client, uuid, 'START')
  t.match(await vmAt(client, uuid), { state: 'RUNNING', mem: 5 * GiB, netDevs: [] })
})

t.test('disks leave a running VM by their kind, its guest and the version', async (t) => {
  const stillInUse = /: Unable to delete block device from VM '%@': Still in use/
  const hot = async (options: Partial<SimulatorOptions>, type: string, name?: string) => {
    const { client, vm } = await runningVmCluster(t, { speed: 2000, ...options })
    const uuid = name === undefined ? undefined : (await vm(name)).uuid
    const own = uuid ?? (await finished(client, client.post('/VirDomain', newVM('ansible-01'))))
    if (uuid === undefined) await action(client, own, 'START')
    const disk = { virDomainUUID: own, type, capacity: GiB }
    const added = await finished(client, client.post('/VirDomainBlockDevice', disk))
    const removal = client.delete(`/VirDomainBlockDevice/${added}`)
    return finished(client, removal).then(
      () => 'removed',
      (error: Error) => error.message
    )
  }
  // Nothing is installed in it, so nothing cooperates.
  t.match(await hot({}, 'VIRTIO_DISK'), stillInUse)
  t.equal(await hot({}, 'SCSI_DISK'), 'removed')
  t.match(await hot({}, 'IDE_DISK'), /cannot be hot unplugged/)
  t.equal(await hot({}, 'VIRTIO_DISK', 'web-01'), 'removed', 'a guest that cooperates')
  t.match(await hot({ version: '9.2.14.211102' }, 'VIRTIO_DISK', 'web-01'), stillInUse)
  t.equal(await hot({ version: '9.1.14.208456' }, 'VIRTIO_DISK'), 'removed')
  t.match(await hot({ version: '9.5.5.219383' }, 'VIRTIO_DISK'), stillInUse)
  t.equal(await hot({ version: '9.6.19.223352' }, 'VIRTIO_DISK'), 'removed')
  t.equal(await hot({ virtioUnplug: 'always' }, 'VIRTIO_DISK'), 'removed')
  t.match(await hot({ virtioUnplug: 'never' }, 'VIRTIO_DISK', 'web-01'), stillInUse)
})

t.test('snapshots are distinguished by the serial of the VM in them, from 1', async (t) => {
  const { client } = await runningVmCluster(t)
  const uuid = await finished(client, client.post('/VirDomain', newVM('ansible-01')))
  for (const serial of [1, 2, 3]) {
    const body = { domainUUID: uuid, label: `snap-${serial}`, type: 'USER', replication: true }
    const made = await finished(client, client.post('/VirDomainSnapshot', body))
    t.match(await client.one(`/VirDomainSnapshot/${made}`), {
      domain: { snapshotSerialNumber: serial },
      deviceSnapshots: [{ serialNumber: serial }]
    })
  }
})

t.test('a clone of a running VM does not have its affinity', async (t) => {
  const { client } = await runningVmCluster(t)
  const uuid = await finished(client, client.post('/VirDomain', newVM('ansible-01')))
  const affinity = async (id: string): Promise<string> =>
    (await vmAt(client, id)).affinityStrategy.preferredNodeUUID
  const clone = (name: string): Promise<string> =>
    finished(client, client.post(`/VirDomain/${uuid}/clone`, { template: { name } }))
  t.equal(await affinity(await clone('before')), await affinity(uuid), 'never started')
  await action(client, uuid, 'START')
  t.equal(await affinity(uuid), (await vmAt(client, uuid)).nodeUUID)
  t.not(await affinity(await clone('after')), await affinity(uuid))
})

t.test('a clone may be asked for without a body', async (t) => {
  const { client, vm } = await runningVmCluster(t)
  const path = `/VirDomain/${(await vm('web-01')).uuid}/clone`
  const uuid = await finished(client, client.post(path))
  t.match(await vmAt(client, uuid), { name: 'web-01-clone', state: 'SHUTOFF' })
  t.equal((await client.raw('POST', '/VirDomain/action')).status, 400, 'not what needs one')
  const strict = await runningVmCluster(t, { missingBody: 'refused' })
  t.match(await strict.refused('POST', path), { status: 400, error: /body is missing/ })
})

t.test('an imported VM has a boot order where its source had none', async (t) => {
  const run = async (options: Partial<SimulatorOptions>): Promise<[VirDomain, VirDomain]> => {
    const { client } = await runningVmCluster(t, options)
    const uuid = await finished(client, client.post('/VirDomain', newVM('ansible-01')))
    const target = { pathURI: 'smb://EXAMPLE;user:p@ss@archive.example/share/ansible-01' }
    await finished(client, client.post(`/VirDomain/${uuid}/export`, { target }))
    const body = { source: target, template: { name: 'ansible-02' } }
    const copy = await finished(client, client.post('/VirDomain/import', body))
    return [await vmAt(client, uuid), await vmAt(client, copy)]
  }
  const [source, copy] = await run({})
  t.strictSame(source.bootDevices, [])
  t.strictSame(
    copy.bootDevices,
    [...copy.blockDevs, ...copy.netDevs].map(({ uuid }) => uuid)
  )
  const [, bare] = await run({ importBootOrder: 'empty' })
  t.strictSame(bare.bootDevices, [])
})

t.test('a failed task is a failure to the module', async (t) => {
  const { client, simulator } = await runningVmCluster(t)
  simulator.faults.add({ kind: 'fail-task', message: 'No room' })
  t.match(await failure(client, client.post('/VirDomain', newVM('x'))), /: No room$/)
})

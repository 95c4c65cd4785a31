import t from 'tap'
import type { TaskTagStatus } from '../../../../src/hypercore/records/records.ts'
import { runningVmCluster } from '../../../helper/vms.ts'
import { action, finished, vmAt, wentOff } from './waiting.ts'

const GiB = 1024 ** 3

t.test('a VM is created with a name alone, and filled step by step', async (t) => {
  const { client } = await runningVmCluster(t)
  const dom = { name: 'tf-01', cloudInitData: { userData: 'aGk=', metaData: '' } }
  const { taskTag, createdUUID } = await client.post('/VirDomain', { dom, options: {} })
  await client.task(taskTag)
  // Read once more: the provider gives up unless it still finds it complete.
  t.match(await client.one<TaskTagStatus>(`/TaskTag/${taskTag}`), { state: 'COMPLETE' })
  await finished(
    client,
    client.patch(`/VirDomain/${createdUUID}`, {
      description: '',
      tags: 'xlab',
      mem: 4 * GiB,
      numVCPU: 4
    })
  )
  const own = { virDomainUUID: createdUUID }
  const disk = { ...own, type: 'VIRTIO_DISK', capacity: 20 * GiB, slot: -1 }
  const diskUUID = await finished(client, client.post('/VirDomainBlockDevice', disk))
  const nic = await finished(client, client.post('/VirDomainNetDevice', { ...own, type: 'VIRTIO' }))
  const path = `/VirDomain/${createdUUID}/`
  await finished(client, client.post(path, { bootDevices: [diskUUID, nic] }))
  t.match(await vmAt(client, createdUUID), {
    mem: 4 * GiB,
    numVCPU: 4,
    bootDevices: [diskUUID, nic],
    state: 'SHUTOFF'
  })
})

t.test('a changed VM is shut down after its change and started again', async (t) => {
  const { client, vm } = await runningVmCluster(t)
  const { uuid } = await vm('app-01')
  await finished(client, client.patch(`/VirDomain/${uuid}`, { mem: 9 * GiB, numVCPU: 6 }))
  t.match(await vmAt(client, uuid), { state: 'RUNNING', mem: 9 * GiB, numVCPU: 6 })
  t.ok(await wentOff(client, uuid, 60_000))
  // Taken as off at once after the call, it would be refused here.
  const nic = { virDomainUUID: uuid, type: 'VIRTIO', vlan: 11 }
  await finished(client, client.post('/VirDomainNetDevice', nic))
  await action(client, uuid, 'START')
  t.match(await vmAt(client, uuid), { state: 'RUNNING', mem: 9 * GiB, numVCPU: 6 })
})

import t from 'tap'
import type { ClusterRequest } from '../../../../src/hypercore/cluster-api.ts'
import { VmNames } from '../../../../src/hypercore/records/vm-names.ts'
import { clusterFor } from '../../../helper/cluster-client.ts'

const all: ClusterRequest = { method: 'GET', path: '/VirDomain' }
const web = { uuid: 'a', name: 'web-01', state: 'RUNNING' }
const named = [{ uuid: 'a', names: ['web-01'] }]

function setUp(): { names: VmNames; clock: { now: number } } {
  const clock = { now: 1000 }
  return { names: new VmNames(5000, () => clock.now), clock }
}

t.test('names are known for a few seconds from when their list was asked for', async (t) => {
  const { names, clock } = setUp()
  t.equal(names.called('Web-01'), undefined)
  names.saw(all, [web], 400)
  t.same(names.called('Web-01'), named)
  clock.now = 5399
  t.same(names.called('Web-01'), named)
  clock.now = 5400
  t.equal(names.called('Web-01'), undefined, 'the list is too old')
  names.saw(all, [web], 200)
  t.equal(names.called('Web-01'), undefined, 'nor does an older one that comes in late count')
})

t.test('a list that was asked for before the last change is not kept', async (t) => {
  const { names, clock } = setUp()
  names.saw(all, [web], 900)
  names.end()
  t.equal(names.called('Web-01'), undefined, 'a change ends what is known')
  names.saw(all, [web], 1000)
  t.equal(names.called('Web-01'), undefined, 'and what was under way')
  clock.now = 1500
  names.saw(all, [web], 1001)
  t.same(names.called('Web-01'), named)
})

t.test('only whole lists of VMs count, and only records with a name', async (t) => {
  const { names } = setUp()
  names.saw({ method: 'GET', path: '/VirDomain/a' }, [web], 900)
  names.saw({ method: 'GET', path: '/VirDomainSnapshot' }, [web], 900)
  names.saw({ ...all, query: { name: 'web-01' } }, [web], 900)
  names.saw({ ...all, method: 'OPTIONS' }, [web], 900)
  names.saw(all, { error: 'none' }, 900)
  t.equal(names.called('Web-01'), undefined)
  names.saw(
    { ...all, path: '/VirDomain/', query: { name: undefined } },
    [web, null, { uuid: 'b' }],
    900
  )
  t.same(names.called('Web-01'), named)
})

t.test(
  'the client keeps the names of lists until it writes, or a task that it follows ends',
  async (t) => {
    const { client } = await clusterFor(t, { speed: 50 }, { timeouts: { namesMs: 600_000 } })
    const [vm] = await client.list('/VirDomain')
    t.ok(client.vmNames.called(vm?.name ?? '')?.some(({ uuid }) => uuid === vm?.uuid))
    const { taskTag } = await client.write('POST', '/VirDomainSnapshot', {
      domainUUID: vm?.uuid,
      label: 'of the test'
    })
    t.equal(client.vmNames.called('none'), undefined, 'ended by the write')
    await client.list('/VirDomain')
    t.same(client.vmNames.called('none'), [])
    await client.tasks.follow(taskTag, { waitMs: 60_000 })
    t.equal(client.vmNames.called('none'), undefined, 'ended by the end of its task')
  }
)

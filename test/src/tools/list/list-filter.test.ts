import t from 'tap'
import { listResponse } from '../../../../src/tools/list/list-response.ts'
import { startTestBridge } from '../../../helper/bridge.ts'

const records = [
  {
    name: 'web-01',
    state: 'RUNNING',
    tags: 'prod,web',
    vlan: 1,
    on: true,
    node: '10.20.0.1',
    memory: '4 GiB',
    description: 'host name: web, at 10.20.0.12',
    task: { taskTag: '12', state: 'COMPLETE' }
  },
  {
    name: 'web-012',
    state: 'SHUTOFF',
    tags: 'preprod',
    vlan: 10,
    on: false,
    node: '10.20.0.12',
    memory: '64 GiB',
    description: '',
    task: { taskTag: '129', state: 'ERROR' }
  },
  {
    name: 'web front',
    state: 'RUNNING',
    tags: 'prod, test',
    vlan: 110,
    on: true,
    node: '10.20.0.11',
    memory: '14 GiB',
    description: 'made and kept by "ops"',
    task: { taskTag: '128', state: 'COMPLETE' }
  }
]

const list = (filter: string) => listResponse(records, { filter }, 'json')
const found = (filter: string): string =>
  list(filter)
    .items.map(({ name }) => name)
    .join('|')

t.test('what is equal is found, and not what only holds it', async (t) => {
  for (const [filter, names] of [
    ['vlan:1', 'web-01'],
    ['vlan:10', 'web-012'],
    ['vlan:11', ''],
    ['task:12', 'web-01'],
    ['on:true', 'web-01|web front'],
    ['on:tru', ''],
    ['node:10.20.0.1', 'web-01'],
    ['node:10.20.0', ''],
    ['node:10.20.0.*', 'web-01|web-012|web front'],
    ['memory:4 GiB', 'web-01'],
    ['memory:4', ''],
    ['tags:prod', 'web-01|web front'],
    ['tags:pre', 'web-012'],
    ['name:WEB-01', 'web-01'],
    ['name:web', 'web-01|web-012|web front'],
    ['state:run', 'web-01|web front'],
    ['description:10.20.0.12', 'web-01'],
    ['description:10.20.0.1', ''],
    ['10.20.0.12', 'web-01|web-012'],
    ['10.20.0.1', 'web-01'],
    ['description:', 'web-012'],
    ['description!=', 'web-01|web front']
  ] as const)
    t.equal(found(filter), names, filter)
  t.equal(list('name:web-01').hint, '1 more have web-01 within their name: name:*web-01*')
  t.equal(list('state:run').hint, 'no state is just "run": these have it within')
  t.equal(list('vlan:11').hint, 'no vlan has "11"; there is 1, 10, 110')
})

t.test('several conditions, and other ways to write one', async (t) => {
  for (const [filter, names] of [
    ['state:RUNNING tags:prod', 'web-01|web front'],
    ['state:RUNNING,tags:web', 'web-01'],
    ['state:RUNNING, vlan:110', 'web front'],
    ['state:RUNNING and vlan=110', 'web front'],
    ['state = RUNNING', 'web-01|web front'],
    ['state==running', 'web-01|web front'],
    ['State : "RUNNING"', 'web-01|web front'],
    ['state!=RUNNING', 'web-012'],
    ['-state:RUNNING', 'web-012'],
    ['state:RUNNING name!=web-01', 'web front'],
    ['name:web front', 'web front'],
    ['name:web front state:RUNNING', 'web front'],
    ['web state:SHUTOFF', 'web-012'],
    ['web*', 'web-01|web-012|web front'],
    ['name:web-*', 'web-01|web-012'],
    ['name:*-01', 'web-01'],
    ['name:*0*2', 'web-012'],
    ['description:"host name: web*"', 'web-01'],
    ['description:made and kept', 'web front'],
    ['state:*', 'web-01|web-012|web front']
  ] as const)
    t.equal(found(filter), names, filter)
})

t.test('nothing found is explained', async (t) => {
  for (const [filter, hint] of [
    ['state:SHUTOFF tags:web', 'no record meets all of it: state:SHUTOFF has 1, tags:web has 1'],
    ['state:', 'every record has a state']
  ] as const)
    t.match(list(filter), { total: 0, hint }, filter)
  const all = list('state!=RUNING')
  t.equal(all.total, 3)
  t.equal(all.hint, 'no state is "RUNING", so none is left out; there is RUNNING, SHUTOFF')
})

t.test('many stars and a long text take no time', async (t) => {
  const long = [{ description: 'a'.repeat(200_000) }]
  // Trying each way to match would not come to an end.
  t.equal(listResponse(long, { filter: `description:${'a*'.repeat(90)}b` }, 'json').total, 0)
  t.equal(listResponse(long, { filter: ' -b'.repeat(60) }, 'json').total, 1)
})

t.test(
  'on a cluster: only NICs of that VLAN, VMs of that node, the task of that tag',
  async (t) => {
    const bridge = await startTestBridge(t, { simulator: { vms: 60 } })
    const { virDomains, nodes } = bridge.simulator.world.state
    const [one, ten, more] = [...virDomains.values()].flatMap(({ netDevs }) => netDevs)
    Object.assign(one ?? {}, { vlan: 1 })
    Object.assign(ten ?? {}, { vlan: 10 })
    Object.assign(more ?? {}, { vlan: 110 })
    for (const vlan of [1, 10, 110]) {
      const { body } = await bridge.call('vmNetDevices_read', { filter: `vlan:${vlan}` })
      t.ok(body.total >= 1)
      t.ok((body.items as { vlan: number }[]).every((device) => device.vlan === vlan))
    }
    const [node] = nodes.values()
    const there = [...virDomains.values()].filter(({ nodeUUID }) => nodeUUID === node?.uuid)
    t.equal(
      (await bridge.call('vm_read', { filter: `node:${node?.lanIP}` })).body.total,
      there.length
    )
  }
)

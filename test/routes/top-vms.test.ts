import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'
import { until } from '../helper/simulator.ts'

const text = { accept: 'text/plain' }

interface Item {
  name: string
  node: string
  value: number
  share: number
}

t.test('by each measure: the largest first, shares of a node that add up', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world
  const running = [...state.virDomains.values()].filter((vm) => vm.state === 'RUNNING').length
  for (const by of ['iops', 'throughput', 'cpu', 'latency', 'network']) {
    const { status, body } = await bridge.call('topVMs', { by, limit: 100 })
    t.equal(status, 200, by)
    const items = body.items as Item[]
    t.equal(items.length, running, `${by}: those that run, and no others`)
    t.same(
      items.map(({ value }) => value),
      items.map(({ value }) => value).toSorted((a, b) => b - a),
      by
    )
    for (const node of new Set(items.map((item) => item.node))) {
      t.match(node, /^10\.20\.0\.1\d$/)
      const own = items.filter((item) => item.node === node)
      const sum = own.reduce((total, { share }) => total + share, 0)
      t.ok(Math.abs(sum - 100) <= own.length / 2, `${by} on ${node}: ${sum} %`)
    }
    t.match(body.value, /[a-z]/)
    t.match(body.share, /^percent of .* of all VMs on its node$/)
  }
})

t.test('the busy one leads, by the figures of its own statistics', async (t) => {
  const bridge = await startTestBridge(t)
  const { state } = bridge.simulator.world
  const guest = state.guests.get(bridge.vm('dc-01'))
  if (guest !== undefined) guest.load = 30
  for (const by of ['iops', 'throughput', 'latency', 'network'])
    t.equal((await bridge.call('topVMs', { by })).body.items[0].name, 'dc-01', by)
  // Ten seconds may end between the two, and do so again on a machine that is busy.
  await until(async () => {
    const { body } = await bridge.call('topVMs', { limit: 1 })
    const { body: own } = await bridge.call('getVM_sysStats', { vmUUID: 'dc-01' })
    const iops = own.allDisks.readIOPS + own.allDisks.writeIOPS
    return Math.abs(body.items[0].value - iops) < 0.2
  })
})

t.test('by is optional, and what it cannot be says what it can', async (t) => {
  const bridge = await startTestBridge(t)
  t.equal((await bridge.call('topVMs')).body.by, 'iops')
  t.equal((await bridge.call('topVMs', { sort_by: 'CPU', limit: '3' })).body.returned, 3)
  for (const [by, says] of [
    ['memory', /node_read/],
    ['disk', /iops, throughput or latency/],
    ['bandwidth', /throughput for disks, network/],
    ['cost', /iops/],
    [5, /iops/]
  ] as const) {
    const { status, body } = await bridge.call('topVMs', { by })
    t.equal(status, 400, String(by))
    t.match(body.error, { code: 'INVALID_ARGUMENT', message: says })
  }
  for (const limit of [0, 101, -1])
    t.equal((await bridge.call('topVMs', { limit })).status, 400, String(limit))
})

t.test('no VM does anything: it says so', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 0 } })
  const { text: shown } = await bridge.call('topVMs', {}, text)
  t.match(shown, /^top 0 of 0 VMs now.*\nno VM does any of it$/)
})

t.test('a limited token has shares of what it sees', async (t) => {
  const bridge = await startTestBridge(t)
  acceptTokens(bridge, { lab: principalWith(['read'], ['lab']) })
  const vm = bridge.simulator.world.state.virDomains.get(bridge.vm('app-01'))
  if (vm !== undefined) vm.tags = 'lab'
  const { body } = await bridge.call('topVMs', {}, { authorization: 'Bearer lab' })
  t.match(body, {
    total: 1,
    items: [{ name: 'app-01', share: 100 }],
    share: /of the VMs this token sees on its node/
  })
})

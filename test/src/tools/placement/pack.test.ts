import t from 'tap'
import type { Node, VirDomain } from '../../../../src/hypercore/records/records.ts'
import { pack } from '../../../../src/tools/placement/pack.ts'
import { failureOutlook } from '../../../../src/tools/placement/failover.ts'
import { describeFailover } from '../../../../src/views/plan/headroom.ts'
import { placementRules, roomsOf } from '../../../../src/tools/placement/rules.ts'
import { Random } from '../../../../src/simulator/random.ts'

const GiB = 1024 ** 3

const node = (number: number, memGiB: number, usedGiB = 0): Node =>
  ({
    uuid: `node-${number}`,
    lanIP: `10.20.0.${10 + number}`,
    memSize: memGiB * GiB,
    totalMemUsageBytes: usedGiB * GiB
  }) as Node

interface Given {
  tags?: string
  at?: string
  strict?: boolean
  preferred?: string
  backup?: string
}

const vm = (
  name: string,
  memGiB: number,
  { tags = '', at = '', strict = false, preferred = '', backup = '' }: Given = {}
): VirDomain =>
  ({
    uuid: `vm-${name}`,
    name,
    mem: memGiB * GiB,
    tags,
    nodeUUID: at,
    state: 'RUNNING',
    affinityStrategy: {
      strictAffinity: strict,
      preferredNodeUUID: preferred,
      backupNodeUUID: backup
    }
  }) as VirDomain

/** Where VMs of node-1 go, by their names. */
function placed(nodes: Node[], vms: VirDomain[], wishes?: Map<string, string>) {
  const packing = pack(
    vms.filter(({ nodeUUID }) => nodeUUID === 'node-1'),
    roomsOf(nodes.slice(1), vms),
    placementRules(nodes, vms),
    wishes
  )
  return {
    to: Object.fromEntries(packing.placed.map((each) => [each.vm.name, each.to.uuid])),
    why: Object.fromEntries(packing.unplaced.map((each) => [each.vm.name, each.why]))
  }
}

const at = 'node-1'

t.test('rules', async (t) => {
  const nodes = [node(1, 64), node(2, 64, 30), node(3, 64, 10)]
  const table: [what: string, vms: VirDomain[], to: Record<string, string>, why?: RegExp][] = [
    ['the roomiest', [vm('a', 4, { at })], { a: 'node-3' }],
    ['preferred', [vm('a', 4, { at, preferred: 'node-2' })], { a: 'node-2' }],
    ['backup', [vm('a', 4, { at, preferred: 'node-1', backup: 'node-2' })], { a: 'node-2' }],
    [
      'strict, with a backup',
      [vm('a', 4, { at, strict: true, preferred: 'node-1', backup: 'node-2' })],
      { a: 'node-2' }
    ],
    [
      'strict, without',
      [vm('a', 4, { at, strict: true, preferred: 'node-1' })],
      {},
      /its strict affinity is 10\.20\.0\.11/
    ],
    ['strict to nothing', [vm('a', 4, { at, strict: true })], { a: 'node-3' }],
    ['a node_ tag', [vm('a', 4, { at, tags: 'web, Node_12' })], { a: 'node-2' }],
    ['a node_ tag of here', [vm('a', 4, { at, tags: 'node_11' })], {}, /"node_11" holds it/],
    ['a node_ tag of no node', [vm('a', 4, { at, tags: 'node_99' })], { a: 'node-3' }],
    [
      'anti_ a name',
      [vm('a', 4, { at, tags: 'anti_DC-01' }), vm('dc-01', 4, { at: 'node-3' })],
      { a: 'node-2' }
    ],
    [
      'anti_ the other way round',
      [vm('a', 4, { at }), vm('b', 4, { at: 'node-3', tags: 'anti_a' })],
      { a: 'node-2' }
    ],
    [
      'two that avoid a third may meet',
      [
        vm('a', 4, { at, tags: 'anti_dc-01' }),
        vm('b', 4, { at: 'node-3', tags: 'anti_dc-01' }),
        vm('dc-01', 4, { at: 'node-2' })
      ],
      { a: 'node-3' }
    ],
    [
      'an anti_ group, also among those that move',
      [vm('a', 4, { at, tags: 'anti_db' }), vm('b', 4, { at, tags: 'anti_db' })],
      { a: 'node-3', b: 'node-2' }
    ],
    [
      'apart from all',
      [
        vm('a', 4, { at, tags: 'anti_db' }),
        vm('b', 4, { at: 'node-2', tags: 'anti_db' }),
        vm('c', 4, { at: 'node-3', tags: 'anti_db' })
      ],
      {},
      /keeps it apart from VM "b" on 10\.20\.0\.12; an anti_ tag keeps it apart from VM "c"/
    ],
    ['too large', [vm('a', 60, { at })], {}, /needs 60 GiB, and 10\.20\.0\.13 has 54 GiB left/]
  ]
  for (const [what, vms, to, why] of table) {
    const found = placed(nodes, vms)
    t.same(found.to, to, what)
    if (why !== undefined) t.match(found.why['a'], why, what)
  }
})

t.test('as tight as it has to be', async (t) => {
  const nodes = [node(1, 128), node(2, 40, 0), node(3, 60, 0)]
  const sizes = [40, 30, 30]
  const vms = sizes.map((size, i) => vm(`v${i}`, size, { at }))
  t.same(placed(nodes, vms).to, { v0: 'node-2', v1: 'node-3', v2: 'node-3' })
  const wished = placed(nodes, [vm('a', 4, { at })], new Map([['vm-a', 'node-2']]))
  t.same(wished.to, { a: 'node-2' }, 'an approved plan holds')
})

t.test('what may go to one node only comes first', async (t) => {
  const nodes = [node(1, 128), node(2, 32), node(3, 32)]
  const vms = [vm('large', 30, { at }), vm('held', 20, { at, tags: 'node_12' })]
  t.same(placed(nodes, vms).to, { large: 'node-3', held: 'node-2' })
})

t.test('N-1 in numbers', async (t) => {
  const [a, b] = [node(2, 64, 40), node(3, 64, 20)]
  const vms = [vm('a', 40, { at: a.uuid }), vm('b', 20, { at: b.uuid })]
  const rules = placementRules([a, b], vms)
  t.equal(
    describeFailover(failureOutlook(roomsOf([a, b], vms), rules)),
    'N-1: should 10.20.0.12 fail then, its VMs need 40 GiB and the others have 44 GiB free: they fit'
  )
  b.totalMemUsageBytes += 10 * GiB
  t.match(
    describeFailover(failureOutlook(roomsOf([a, b], vms), rules)),
    /^N-1 AT RISK: .*34 GiB free: 1 of them \(40 GiB\) would find no node$/
  )
  t.match(describeFailover(failureOutlook(roomsOf([a], vms), rules)), /no second node is left/)
})

t.test(
  '500 clusters: no plan breaks a rule or overfills a node, and none is worse than needed',
  async (t) => {
    const random = new Random(7)
    const broken: string[] = []
    for (let round = 0; round < 500; round++) {
      const nodes = Array.from({ length: random.int(2, 5) }, (_, i) =>
        node(i + 1, random.int(32, 128))
      )
      const vms = Array.from({ length: random.int(1, 25) }, (_, i) =>
        vm(`v${i}`, random.int(1, 24), {
          at: nodes[random.int(0, nodes.length - 1)]?.uuid ?? '',
          tags: ['', '', '', 'anti_v0', 'anti_db', 'node_12'][random.int(0, 5)] ?? '',
          strict: random.int(0, 9) === 0,
          preferred: nodes[random.int(0, nodes.length - 1)]?.uuid ?? ''
        })
      )
      for (const each of nodes)
        each.totalMemUsageBytes = vms
          .filter(({ nodeUUID }) => nodeUUID === each.uuid)
          .reduce((sum, { mem }) => sum + mem, 0)
      const rules = placementRules(nodes, vms)
      const before = roomsOf(nodes.slice(1), vms)
      const here = vms.filter(({ nodeUUID }) => nodeUUID === at)
      const packing = pack(here, before, rules)
      if (packing.placed.length + packing.unplaced.length !== here.length) broken.push('lost one')
      for (const room of packing.rooms) {
        const start = before.find((each) => each.node === room.node)
        const came = packing.placed.filter(({ to }) => to === room.node)
        const left = (start?.free ?? 0) - came.reduce((sum, each) => sum + each.vm.mem, 0)
        if (left !== room.free) broken.push('counts wrong')
        if (came.length > 0 && left < 0) broken.push('overfilled')
        for (const { vm: each } of came) {
          const others = { ...room, vms: room.vms.filter((other) => other !== each) }
          if (rules.whyNot(each, others) !== undefined) broken.push('breaks a rule')
        }
      }
      for (const { vm: each } of packing.unplaced)
        for (const room of packing.rooms)
          if (room.free >= each.mem && rules.whyNot(each, room) === undefined)
            broken.push(`${each.name} would have fitted`)
    }
    t.same(broken, [])
  }
)

import t from 'tap'
import type { Node, VirDomain } from '../../../../src/hypercore/records/records.ts'
import { failureOutlook } from '../../../../src/tools/placement/failover.ts'
import { placementRules, roomsOf } from '../../../../src/tools/placement/rules.ts'
import { failover } from '../../../../src/views/cluster/failover.ts'

const GiB = 1024 ** 3

const node = (uuid: string, memGiB: number, vmsGiB: number): Node =>
  ({
    uuid,
    lanIP: uuid,
    networkStatus: 'ONLINE',
    supportsVirtualization: true,
    virtualizationOnline: true,
    allowRunningVMs: true,
    memSize: memGiB * GiB,
    systemMemUsageBytes: 4 * GiB,
    totalMemUsageBytes: (vmsGiB + 4) * GiB
  }) as Node

const vm = (name: string, memGiB: number, nodeUUID: string, tags = ''): VirDomain =>
  ({
    uuid: name,
    name,
    mem: memGiB * GiB,
    nodeUUID,
    tags,
    state: 'RUNNING',
    affinityStrategy: { strictAffinity: false, preferredNodeUUID: '', backupNodeUUID: '' }
  }) as VirDomain

t.test(
  'a cluster is judged by its largest node, a plan by its fullest and its rules',
  async (t) => {
    const nodes = [node('large', 128, 16), node('full', 64, 48), node('third', 64, 32)]
    const vms = [
      vm('a', 16, 'large'),
      vm('b', 24, 'full', 'anti_c'),
      vm('d', 24, 'full', 'anti_a'),
      vm('c', 32, 'third')
    ]
    t.match(failover(nodes, vms), {
      node: { uuid: 'large' },
      needed: 16 * GiB,
      free: (12 + 28) * GiB,
      misfit: undefined
    })
    // b would fit beside c, and d beside a, but for their tags.
    t.same(failureOutlook(roomsOf(nodes, vms), placementRules(nodes, vms)), {
      node: 'full',
      needed: 48 * GiB,
      free: (108 + 28) * GiB,
      unplaced: 0,
      missing: 0
    })
    const apart = [...vms.slice(0, 1), vm('b', 24, 'full', 'anti_a,anti_c'), ...vms.slice(2)]
    t.match(failover(nodes, apart), { misfit: undefined })
    t.match(failureOutlook(roomsOf(nodes, apart), placementRules(nodes, apart)), {
      unplaced: 1,
      missing: 24 * GiB
    })
  }
)

import t, { type Test } from 'tap'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { recordOf } from '../helper/hardware.ts'
import { principalWith } from '../helper/principals.ts'

async function start(t: Test): Promise<TestBridge> {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1, speed: 300 },
    config: { approval: 'write' }
  })
  bridge.app.hasApprover = () => true
  return bridge
}

/** Asks for a plan, and returns its id. */
async function planFor(bridge: TestBridge, tool: string, args: object): Promise<string> {
  const { body } = await bridge.call(tool, { ...args, wait: 0 })
  t.match(body.error, { code: 'APPROVAL_REQUIRED' })
  return String(body.error.plan)
}

t.test('a person sees whose disk, NIC or snapshot a plan is about', async (t) => {
  const bridge = await start(t)
  const vm = recordOf(bridge, 'web-01')
  vm.tags = 'prod,web'
  const [snapUUID = ''] = vm.snapUUIDs
  const calls: [string, object, string, RegExp][] = [
    ['resizeDisk', { vmUUID: vm.uuid, disk: '0', addGiB: 5 }, 'disk', /disk "VIRTIO_DISK 0"/],
    ['changeNIC', { vmUUID: vm.uuid, connected: false }, 'NIC', /NIC "7C:4C:[\dA-F:]+"/],
    ['delete_snapshotVM', { snapUUID }, 'snapshot', /snapshot "before /]
  ]
  for (const [tool, args, kind, words] of calls) {
    const id = await planFor(bridge, tool, args)
    const { body } = await bridge.fetch(`/approvals/${id}`, {
      headers: { authorization: `Bearer ${bridge.token}` }
    })
    t.match(body.summary, words, tool)
    t.match(body.summary, /of VM "web-01" \(RUNNING; tagged "prod", "web"/, tool)
    t.match(body.targets, [
      { kind, vm: { uuid: vm.uuid, name: 'web-01', state: 'RUNNING', tags: ['prod', 'web'] } }
    ])
  }
})

/** What may happen to a target between a decision and its call. */
const changes: Record<string, { stales: boolean; tool: string; change: (b: TestBridge) => void }> =
  {
    'a disk is added to a VM that is to be deleted': {
      stales: true,
      tool: 'deleteVM',
      change: (bridge) => {
        const { blockDevs } = recordOf(bridge, 'test-web-01')
        const [disk] = blockDevs.filter(({ type }) => type !== 'IDE_CDROM')
        if (disk !== undefined)
          blockDevs.push({ ...disk, uuid: '11111111-1111-4111-8111-111111111111', slot: 7 })
      }
    },
    'a disk of a VM that is to be deleted grows': {
      stales: true,
      tool: 'deleteVM',
      change: (bridge) => {
        for (const disk of recordOf(bridge, 'test-web-01').blockDevs) disk.capacity *= 2
      }
    },
    'an ISO is put into the drive of a VM that is to be deleted': {
      stales: false,
      tool: 'deleteVM',
      change: (bridge) => {
        for (const disk of recordOf(bridge, 'test-web-01').blockDevs)
          if (disk.type === 'IDE_CDROM') disk.path = ''
      }
    },
    'the VM of a NIC gets another name': {
      stales: true,
      tool: 'changeNIC',
      change: (bridge) => void (recordOf(bridge, 'test-web-01').name = 'prod-01')
    },
    'the VM of a NIC gets other tags': {
      stales: true,
      tool: 'changeNIC',
      change: (bridge) => void (recordOf(bridge, 'test-web-01').tags = 'prod')
    },
    'the VM of a NIC gets a snapshot': {
      stales: false,
      tool: 'changeNIC',
      change: (bridge) => void recordOf(bridge, 'test-web-01').snapUUIDs.pop()
    }
  }

for (const [what, { stales, tool, change }] of Object.entries(changes))
  t.test(`${stales ? 'nothing is' : 'an approved plan is'} sent where ${what}`, async (t) => {
    const bridge = await start(t)
    const { uuid } = recordOf(bridge, 'test-web-01')
    const args = { vmUUID: uuid, ...(tool === 'changeNIC' && { connected: false }) }
    const plan = await planFor(bridge, tool, args)
    await bridge.app.plans.approve(plan, principalWith(scopes))
    change(bridge)
    const { status, body } = await bridge.call(tool, { ...args, plan, wait: 0 })
    if (stales) t.match({ status, ...body.error }, { status: 409, code: 'PLAN_STALE' })
    else t.equal(status, 200, JSON.stringify(body))
    t.match(await bridge.app.plans.get(plan), { state: stales ? 'STALE' : 'USED' })
  })

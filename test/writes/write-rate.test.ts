import t, { type Test } from 'tap'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { principalWith } from '../helper/principals.ts'
import { offWithSnapshot } from '../tools.ts'

async function start(t: Test, writesPerMinute: number): Promise<TestBridge> {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 3, speed: 300 },
    config: { writesPerMinute, maxTargets: 100 }
  })
  bridge.app.hasApprover = () => true
  return bridge
}

const sent = ({ simulator }: TestBridge): number =>
  simulator.requests.filter(({ method, path }) => method !== 'GET' && !/\/log(in|out)$/.test(path))
    .length

const running = ({ simulator }: TestBridge): string[] =>
  [...simulator.world.state.virDomains.values()]
    .filter(({ state }) => state === 'RUNNING')
    .map(({ uuid }) => uuid)

/** Calls of several writes each. */
const calls: Record<string, (bridge: TestBridge) => object> = {
  changeVMs: () => ({ vms: ['web-01', 'web-02', 'dc-01'], action: 'addTags', tags: 'x' }),
  plan: () => ({
    steps: ['web-01', 'web-02', 'dc-01'].map((vm) => ({
      tool: 'snapshotVM',
      args: { vm, label: 'x' }
    }))
  }),
  evacuateNode: () => ({ nodeUUID: '10.20.0.11' }),
  restoreVM: (bridge) => ({
    vmUUID: offWithSnapshot(bridge),
    snapshot: 'newest',
    startAfter: true
  }),
  run_api: (bridge) => ({
    method: 'POST',
    query: '/VirDomain/action',
    payload: running(bridge)
      .slice(0, 3)
      .map((virDomainUUID) => ({ virDomainUUID, actionType: 'SHUTDOWN' }))
  })
}

for (const [tool, argsOf] of Object.entries(calls))
  t.test(`${tool} waits for a person where its writes are more than are left`, async (t) => {
    const bridge = await start(t, 2)
    const args = { ...argsOf(bridge), wait: 0 }
    const { status, body } = await bridge.call(tool, args)
    t.equal(status, 403)
    t.match(body.error, {
      code: 'APPROVAL_REQUIRED',
      message: /it is \d+ writes, and this token has 2 of its 2 left .*WRITES_PER_MINUTE/
    })
    t.equal(sent(bridge), 0)
    t.match((await bridge.call(tool, { ...args, dry_run: true })).body.dry_run, {
      needsApproval: /WRITES_PER_MINUTE/
    })

    await bridge.app.plans.approve(body.error.plan, principalWith(scopes))
    const done = await bridge.call(tool, { ...args, plan: body.error.plan, wait: 60 })
    t.equal(done.status, 200, done.text)
    t.ok(sent(bridge) > 0)
    const label = { vmUUID: bridge.vm('web-01'), label: 'one more' }
    t.match(
      (await bridge.call('snapshotVM', label)).body.error,
      { code: 'APPROVAL_REQUIRED', message: /has made its 2 writes of this minute/ },
      'what a person has approved counts, too'
    )
  })

t.test('what is left is left to one of two that come at once', async (t) => {
  const bridge = await start(t, 4)
  const tags = (vms: string[], words: string) =>
    bridge.call('changeVMs', { vms, action: 'addTags', tags: words, wait: 0 })
  const both = await Promise.all([
    tags(['web-01', 'web-02', 'dc-01'], 'x'),
    tags(['app-01', 'app-02', 'file-01'], 'y')
  ])
  t.same(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 403]
  )
  const single = await Promise.all(
    ['a', 'b', 'c'].map((label) =>
      bridge.call('snapshotVM', { vmUUID: bridge.vm('web-01'), label, wait: 0 })
    )
  )
  t.same(
    single.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 403, 403]
  )
})

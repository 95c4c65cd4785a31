import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

/** A bridge under a policy; `approver` approves its plans, not the caller. */
async function start(t: Test, config: Partial<BridgeConfig>): Promise<TestBridge> {
  return startTestBridge(t, { simulator: { nodes: 1 }, config })
}

const approver: Principal = { name: 'person', kind: 'token', scopes: new Set(scopes) }

/** A call, and its outcome: an error, or the response. */
async function call(bridge: TestBridge, tool: string, args: object) {
  const { status, body } = await bridge.call(tool, args)
  return { status, ...(body.error ?? body) }
}

/** uuid of a VM that is off. */
const stopped = (bridge: TestBridge, at = 0): string =>
  [...bridge.simulator.world.state.virDomains.values()].filter(({ state }) => state === 'SHUTOFF')[
    at
  ]?.uuid ?? ''

/** The writes that the cluster has seen. */
const sent = ({ simulator }: TestBridge): string[] =>
  simulator.requests
    .filter(({ method, path }) => method !== 'GET' && !/\/log(in|out)$/.test(path))
    .map(({ method, path }) => `${method} ${path.replace('/rest/v1', '')}`)

t.test('nothing is written where READ_ONLY holds', async (t) => {
  const bridge = await start(t, { readOnly: true })
  const vmUUID = bridge.vm('web-01')
  t.match(await call(bridge, 'snapshotVM', { vmUUID, label: 'x' }), {
    status: 403,
    code: 'READ_ONLY',
    message: /READ_ONLY=true.*Nothing was sent/
  })
  const raw = { method: 'PATCH', query: `/VirDomain/${vmUUID}`, payload: { description: 'x' } }
  t.match(await call(bridge, 'run_api', raw), { code: 'READ_ONLY' })
  t.equal((await call(bridge, 'getVM_details', { vmUUID })).status, 200)
  t.same(sent(bridge), [])
})

t.test('a dry run shows all and sends nothing', async (t) => {
  const bridge = await start(t, { approval: 'lose' })
  const [off, on] = [stopped(bridge), bridge.vm('web-01')]
  const deleted = await call(bridge, 'deleteVM', { vmUUID: off, dry_run: true })
  t.match(deleted, {
    status: 200,
    sent: false,
    taskTag: '',
    message: /^Not sent, as dry_run is true\. It would: .*VM "/,
    dry_run: {
      requests: [{ method: 'DELETE', path: `/rest/v1/VirDomain/${off}`, body: null }],
      effect: 'lose',
      needsApproval: /APPROVAL=lose/,
      targets: [{ entity: 'VirDomain', uuid: off, state: 'SHUTOFF' }],
      before: { uuid: off },
      after: null
    }
  })
  const changed = await call(bridge, 'updateVM', {
    vmUUID: on,
    description: 'new',
    dry_run: true
  })
  t.match(changed.dry_run, { effect: 'change', after: { description: 'new' } })
  t.type(changed.dry_run.before.description, 'string')
  const action = { vmUUID: on, actionType: 'STOP', dry_run: true }
  t.match((await call(bridge, 'changeVM_state', action)).dry_run, {
    before: { [on]: { state: 'RUNNING' } },
    after: { [on]: { state: 'SHUTOFF' } }
  })
  t.same(sent(bridge), [])
})

t.test('what needs a person waits for one, and is carried out once', async (t) => {
  const bridge = await start(t, { approval: 'lose' })
  bridge.app.hasApprover = () => true
  const vmUUID = stopped(bridge)
  await call(bridge, 'snapshotVM', { vmUUID, label: 'kept' })
  const before = sent(bridge).length

  const asked = await call(bridge, 'deleteVM', { vmUUID })
  t.match(asked, {
    status: 403,
    code: 'APPROVAL_REQUIRED',
    plan: /^p-[a-z2-9]{8}$/,
    console: /\/console$/
  })
  const { plan } = asked
  t.match(asked.message, `plan "${plan}"`)
  t.match(asked.console, /^http:\/\/[^/]+\/console$/)
  const early = await call(bridge, 'deleteVM', { vmUUID, plan })
  t.match(early, { status: 403, code: 'APPROVAL_REQUIRED', plan, console: asked.console })
  t.match(early.message, asked.console, 'who calls again too early is told where as well')
  t.match(await bridge.app.plans.get(plan), {
    state: 'WAITING',
    requester: 'operator',
    tool: 'deleteVM',
    targets: [{ uuid: vmUUID, loses: [/disk/, /snapshot/] }]
  })
  t.match(await call(bridge, 'deleteVM', { vmUUID, plan }), { code: 'APPROVAL_REQUIRED', plan })
  await bridge.app.plans.approve(plan, approver)
  t.match(await call(bridge, 'deleteVM', { vmUUID: stopped(bridge, 1), plan }), {
    code: 'PLAN_STALE'
  })
  t.equal(sent(bridge).length, before, 'nothing was sent so far')
  t.match(await call(bridge, 'deleteVM', { vmUUID, plan }), { status: 200 })
  t.match(await bridge.app.plans.get(plan), { state: 'USED', outcome: /^accepted/ })
  t.not((await call(bridge, 'deleteVM', { vmUUID, plan, again: true })).status, 200)
  t.same(sent(bridge).slice(before), [`DELETE /VirDomain/${vmUUID}`])
})

t.test('a call that waits continues by itself', async (t) => {
  const bridge = await start(t, { approval: 'write' })
  bridge.app.hasApprover = () => true
  const vmUUID = bridge.vm('web-01')
  const { plans } = bridge.app
  const onWaiting = (decide: (id: string) => unknown) =>
    plans.onChange(({ id, state }) => {
      if (state === 'WAITING') setTimeout(() => decide(id), 50)
    })
  const stop = onWaiting((id) => plans.approve(id, approver))
  const done = await call(bridge, 'snapshotVM', { vmUUID, label: 'x', wait: 20 })
  t.match(done, { status: 200, state: 'COMPLETE' })
  stop()
  onWaiting((id) => plans.deny(id, approver, 'not now'))
  t.match(await call(bridge, 'snapshotVM', { vmUUID, label: 'y', wait: 20 }), {
    status: 403,
    code: 'PLAN_DENIED',
    message: /"not now"/
  })
  t.same(sent(bridge), ['POST /VirDomainSnapshot'])
})

t.test('an export keeps its folder from the plan to the call', async (t) => {
  const bridge = await start(t, { approval: 'write', exportTargets: [] })
  bridge.app.hasApprover = () => true
  const vmUUID = bridge.vm('web-01')
  const { plan } = await call(bridge, 'exportVM', { vmUUID, wait: 0 })
  await bridge.app.plans.approve(plan, approver)
  t.match(await call(bridge, 'exportVM', { vmUUID, wait: 0, plan }), { status: 200 })
})

t.test('a target that changed since is not touched', async (t) => {
  const bridge = await start(t, { approval: 'lose' })
  bridge.app.hasApprover = () => true
  const vmUUID = stopped(bridge)
  const { plan } = await call(bridge, 'deleteVM', { vmUUID })
  await bridge.app.plans.approve(plan, approver)
  await call(bridge, 'snapshotVM', { vmUUID, label: 'just now' })
  t.match(await call(bridge, 'deleteVM', { vmUUID, plan }), { status: 409, code: 'PLAN_STALE' })
  t.notOk(sent(bridge).some((line) => line.startsWith('DELETE')))
})

t.test('where no token can approve, it is refused', async (t) => {
  const bridge = await start(t, { approval: 'lose' })
  t.match(await call(bridge, 'deleteVM', { vmUUID: stopped(bridge) }), {
    status: 403,
    code: 'APPROVAL_REQUIRED',
    message: /no token can approve it.*token new/
  })
  t.same(await bridge.app.plans.list(), [])
})

t.test(
  'more objects, or more writes a minute, than the operator allows need a person',
  async (t) => {
    const bridge = await start(t, { maxTargets: 1, writesPerMinute: 2 })
    bridge.app.hasApprover = () => true
    const vms = ['web-01', 'web-02'].map((name) => bridge.vm(name))
    const payload = vms.map((virDomainUUID) => ({ virDomainUUID, actionType: 'STOP' }))
    const raw = { method: 'POST', query: '/VirDomain/action', payload }
    t.match(await call(bridge, 'run_api', raw), {
      code: 'APPROVAL_REQUIRED',
      message: /2 objects at once, and MAX_TARGETS is 1/
    })
    for (const label of ['a', 'b'])
      t.match(await call(bridge, 'snapshotVM', { vmUUID: vms[0], label }), { status: 200 })
    t.match(await call(bridge, 'snapshotVM', { vmUUID: vms[0], label: 'c' }), {
      code: 'APPROVAL_REQUIRED',
      message: /WRITES_PER_MINUTE/
    })
  }
)

t.test('a protected VM changes only with approval', async (t) => {
  const bridge = await start(t, { protectedTags: ['crown'] })
  bridge.app.hasApprover = () => true
  const vmUUID = bridge.vm('web-01')
  const vm = bridge.simulator.world.state.virDomains.get(vmUUID)
  if (vm === undefined) throw new Error('there is no web-01')
  vm.tags = 'web,Crown'
  t.match(await call(bridge, 'snapshotVM', { vmUUID, label: 'x' }), { status: 200 })
  const query = `/VirDomainBlockDevice/${vm.blockDevs[0]?.uuid ?? ''}`
  const calls = [
    call(bridge, 'updateVM', { vmUUID, description: 'x' }),
    call(bridge, 'changeVM_state', { vmUUID, actionType: 'STOP' }),
    call(bridge, 'cloneVM', { vmUUID, name: 'copy' }),
    call(bridge, 'run_api', { method: 'PATCH', query, payload: { cacheMode: 'NONE' } })
  ]
  for (const refusal of await Promise.all(calls))
    t.match(refusal, { code: 'APPROVAL_REQUIRED', message: /protected by its tags/ })
  const other = { vmUUID: bridge.vm('web-02'), description: 'x' }
  t.match(await call(bridge, 'updateVM', other), { status: 200 })
})

t.test('what raw calls may do is up to the operator', async (t) => {
  for (const [runApi, reads, writes] of [
    ['off', 'READ_ONLY', 'READ_ONLY'],
    ['read', undefined, 'READ_ONLY'],
    ['checked', undefined, undefined]
  ] as const) {
    const bridge = await start(t, { runApi })
    const read = await call(bridge, 'run_api', { method: 'GET', query: '/Node' })
    t.equal(read.code, reads, `${runApi}: a read`)
    const query = `/VirDomain/${bridge.vm('web-01')}`
    const payload = { description: 'x' }
    const write = await call(bridge, 'run_api', { method: 'PATCH', query, payload })
    t.equal(write.code, writes, `${runApi}: a write`)
    if (runApi !== 'checked') continue
    const unchecked = { method: 'POST', query: '/SupportTunnel', payload: {}, validate: false }
    t.not((await call(bridge, 'run_api', unchecked)).status, 200, 'it is checked all the same')
    t.notOk(sent(bridge).includes('POST /SupportTunnel'))
  }
})

t.test(
  'a snapshot of a protected VM is protected, also one that the VM does not name',
  async (t) => {
    const bridge = await start(t, { protectedTags: ['guarded'] })
    bridge.app.hasApprover = () => true
    const { virDomains, snapshots } = bridge.simulator.world.state
    const vmUUID = bridge.vm('web-01')
    await call(bridge, 'snapshotVM', { vmUUID, label: 'kept' })
    const vm = virDomains.get(vmUUID)
    // Whatever its own list says.
    Object.assign(vm ?? {}, { tags: 'guarded', snapUUIDs: [] })
    const snapshot = [...snapshots.values()].find(({ domainUUID }) => domainUUID === vmUUID)
    const before = sent(bridge).length
    t.match(await call(bridge, 'delete_snapshotVM', { snapUUID: snapshot?.uuid }), {
      code: 'APPROVAL_REQUIRED',
      message: /"web-01" is protected by its tags/
    })
    t.equal(sent(bridge).length, before)
  }
)

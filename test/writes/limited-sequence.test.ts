import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import { type Scope, scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

/** A bridge with a token that is limited to VMs tagged `test`. */
async function start(t: Test, granted: readonly Scope[], config: Partial<BridgeConfig> = {}) {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 3, speed: 300 },
    config: { maxTargets: 100, ...config }
  })
  bridge.app.hasApprover = () => true
  acceptTokens(bridge, { limited: principalWith(granted, ['test']) })
  return {
    bridge,
    call: (tool: string, args: object) =>
      bridge.call(tool, args, { authorization: 'Bearer limited' })
  }
}

const sent = ({ simulator }: TestBridge): string[] =>
  simulator.requests
    .filter(({ method, path }) => method !== 'GET' && !/\/log(in|out)$/.test(path))
    .map(({ method, path }) => `${method} ${path}`)

const operator: Scope[] = ['read', 'operate', 'interrupt', 'lose']
const copy = { tool: 'cloneVM', args: { vm: 'test-web-01', name: 'copy' } }

/** What a limited token may not do to what an earlier step has yet to create. */
const beyond = {
  'changes the tags of a copy': [
    copy,
    { tool: 'updateVM', args: { vm: '$1.createdUUID', addTags: 'prod' } }
  ],
  'takes its tag off a copy': [
    copy,
    { tool: 'updateVM', args: { vm: '$1.createdUUID', tags: 'prod' } }
  ]
}

for (const [what, steps] of Object.entries(beyond))
  t.test(`no step of a plan is sent where one ${what}`, async (t) => {
    const { bridge, call } = await start(t, operator)
    const shown = await call('plan', { steps, dry_run: true })
    t.match(shown.body.dry_run, { effect: 'control', refused: /changes tags.*scope control/ })
    const { status, body } = await call('plan', { steps, wait: 0 })
    t.equal(status, 403)
    t.match(body.error, { code: 'SCOPE_REQUIRED', scope: 'control' })
    t.same(sent(bridge), [])
  })

t.test('what a plan does to its own copy goes through', async (t) => {
  const { call } = await start(t, operator)
  const steps = [
    copy,
    { tool: 'updateVM', args: { vm: '$1.createdUUID', mem: '1 GiB' } },
    { tool: 'changeVM_state', args: { vm: 'copy', actionType: 'START' } }
  ]
  t.match((await call('plan', { steps, wait: 60 })).body, { state: 'COMPLETE' })
})

t.test('VMs that a plan creates count, and a copy counts with its source as one', async (t) => {
  const { bridge, call } = await start(t, operator, { maxTargets: 1 })
  const copies = (...names: string[]) =>
    names.map((name) => ({ tool: 'cloneVM', args: { vm: 'test-web-01', name } }))
  const { body } = await call('plan', { steps: copies('a', 'b', 'c'), wait: 0 })
  t.match(body.error, {
    code: 'APPROVAL_REQUIRED',
    message: /it creates 3 VMs at once, and MAX_TARGETS is 1/
  })
  t.same(sent(bridge), [])
  const steps = [
    { tool: 'snapshotVM', args: { vm: 'test-web-01', label: 'before' } },
    ...copies('a'),
    { tool: 'updateVM', args: { vm: 'a', mem: '1 GiB' } }
  ]
  t.match((await call('plan', { steps, wait: 60 })).body, { state: 'COMPLETE' })
})

t.test('new tags wait for a person, as control does', async (t) => {
  const { bridge, call } = await start(t, [...operator, 'control'], { approval: 'lose' })
  const retag = { vmUUID: bridge.vm('test-web-01'), addTags: 'prod', wait: 0 }
  const { body } = await call('updateVM', retag)
  t.match(body.error, { code: 'APPROVAL_REQUIRED', message: /APPROVAL=lose, and this is control/ })
  t.same(sent(bridge), [])
  const { plan } = body.error
  await bridge.app.plans.approve(plan, principalWith(scopes))
  t.match((await call('updateVM', { ...retag, plan, wait: 60 })).body, { state: 'COMPLETE' })
  const written = bridge.app.audit.recent().filter(({ kind }) => kind === 'write')
  t.match(written, [{ effect: 'control', plan }])
})

t.test('a VM may share a node, an ISO and a schedule with VMs of others', async (t) => {
  const { bridge, call } = await start(t, operator, { protectedTags: ['prod'] })
  const { virDomains, snapshotSchedules } = bridge.simulator.world.state
  const other = virDomains.get(bridge.vm('web-02'))
  const [schedule] = snapshotSchedules.values()
  if (other === undefined || schedule === undefined) throw new Error('No such VM or schedule')
  other.snapshotScheduleUUID = schedule.uuid
  const vm = 'test-web-01'
  const calls: [string, object][] = [
    ['ejectISO', {}],
    ['insertISO', { iso: other.blockDevs.find(({ type }) => type === 'IDE_CDROM')?.name }],
    ['snapshotSchedule_assign', { schedule: schedule.name }],
    ['changeVM_state', { actionType: 'START', nodeUUID: other.nodeUUID }],
    ['changeVM_state', { actionType: 'LIVEMIGRATE', nodeUUID: '10.20.0.13' }]
  ]
  for (const [tool, args] of calls) {
    const { status, text } = await call(tool, { vm, ...args, wait: 60 })
    t.equal(status, 200, `${tool}: ${text}`)
  }
  const path = `/VirDomainSnapshotSchedule/${schedule.uuid}`
  t.match(
    (await call('run_api', { method: 'PATCH', query: path, payload: { name: 'x' } })).body.error,
    { code: 'TARGET_REFUSED' },
    'the schedule itself is not shared'
  )
})

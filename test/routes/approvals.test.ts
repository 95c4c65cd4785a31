import { Value } from '@sinclair/typebox/value'
import t, { type Test } from 'tap'
import { PlanList, PlanView } from '../../src/views/plan/plan.ts'
import { addApprovers } from '../helper/approvers.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

async function start(t: Test) {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: { approval: 'write' }
  })
  return { bridge, ...addApprovers(bridge), vmUUID: bridge.vm('web-01') }
}

t.test('plans are listed and shown to who may look', async (t) => {
  const { bridge, alice, viewer, worker, plan, call, vmUUID } = await start(t)
  t.match((await call(alice, '/approvals')).body, { waiting: 0, plans: [] })
  const id = await plan('snapshotVM', { vmUUID, label: 'x' })

  for (const holder of [alice, viewer]) {
    const { status, body } = await call(holder, '/approvals')
    t.equal(status, 200)
    t.ok(Value.Check(PlanList, body), 'as its type says')
    t.match(body, { waiting: 1, plans: [{ id, state: 'WAITING', own: false }] })
  }
  const { body } = await call(viewer, `/approvals/${id}`)
  t.ok(Value.Check(PlanView, body))
  t.match(body, {
    id,
    requester: 'operator',
    tool: 'snapshotVM',
    effect: 'change',
    requests: [{ method: 'POST', path: '/rest/v1/VirDomainSnapshot', body: { label: 'x' } }],
    expiresAt: /^20.*Z$/
  })
  t.ok(body.secondsLeft > 500 && body.secondsLeft <= 600, `${body.secondsLeft} s are left`)
  t.match((await bridge.fetch('/approvals', auth(bridge.token))).body, { plans: [{ own: true }] })

  t.match(await call(undefined, '/approvals'), {
    status: 401,
    body: { error: { code: 'UNAUTHORIZED' } }
  })
  for (const path of ['/approvals', `/approvals/${id}`])
    t.match(await call(worker, path), {
      status: 403,
      body: {
        error: {
          code: 'SCOPE_REQUIRED',
          scope: 'read approve',
          message: /^Looking at plans requires/
        }
      }
    })
  t.match(await call(viewer, '/approvals/p-nobody22'), {
    status: 404,
    body: { error: { code: 'PLAN_NOT_FOUND', message: /"p-nobody22".*GET \/approvals/ } }
  })
})

const auth = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

t.test('a person approves, and the call is carried out', async (t) => {
  const { bridge, alice, plan, call, vmUUID } = await start(t)
  const args = { vmUUID, label: 'x' }
  const id = await plan('snapshotVM', args)
  t.match(await call(alice, `/approvals/${id}/approve`, {}), {
    status: 200,
    body: { id, state: 'APPROVED', decidedBy: 'alice' }
  })
  t.ok(bridge.log.some((line) => /"plan decided"/.test(line) && /"by":"alice"/.test(line)))
  t.equal((await bridge.call('snapshotVM', { ...args, plan: id })).status, 200)
  t.match((await call(alice, `/approvals/${id}`)).body, { state: 'USED', outcome: /accepted/ })
  t.match((await call(alice, '/approvals')).body, { waiting: 0, plans: [{ id }] })
})

t.test('each decision that is refused says why', async (t) => {
  const { bridge, alice, viewer, worker, plan, call, vmUUID } = await start(t)
  const ids: string[] = []
  for (const label of ['own', 'denied', 'used', 'free'])
    ids.push(await plan('snapshotVM', { vmUUID, label }))
  const [own = '', denied = '', used = '', free = ''] = ids
  await bridge.app.plans.deny(denied, alice.principal, 'not today')
  await bridge.app.plans.approve(used, alice.principal)
  await bridge.call('snapshotVM', { vmUUID, label: 'used', plan: used })
  const operator = { token: bridge.token, principal: alice.principal }
  const table: [string, typeof alice, string, object, number, string, RegExp][] = [
    ['one’s own', operator, `${own}/approve`, {}, 403, 'OWN_PLAN', /another person/],
    ['unknown', alice, 'p-nobody22/approve', {}, 404, 'PLAN_NOT_FOUND', /p-nobody22/],
    ['unknown, denied', alice, 'p-nobody22/deny', {}, 404, 'PLAN_NOT_FOUND', /p-nobody22/],
    ['denied before', alice, `${denied}/approve`, {}, 403, 'PLAN_DENIED', /"not today"/],
    ['used', alice, `${used}/approve`, {}, 409, 'PLAN_USED', /carried out/],
    ['used, denied', alice, `${used}/deny`, {}, 409, 'PLAN_USED', /carried out/],
    ['by one who looks', viewer, `${free}/approve`, {}, 403, 'SCOPE_REQUIRED', /scope approve/],
    ['denied by one who looks', viewer, `${free}/deny`, {}, 403, 'SCOPE_REQUIRED', /approve/],
    ['by one who works', worker, `${free}/approve`, {}, 403, 'SCOPE_REQUIRED', /approve/],
    ['with more', alice, `${free}/approve`, { force: 1 }, 400, 'INVALID_ARGUMENT', /force/],
    ['misspelt', alice, `${free}/deny`, { reson: 'x' }, 400, 'INVALID_ARGUMENT', /reason/],
    ['no text', alice, `${free}/deny`, { reason: 1 }, 400, 'INVALID_ARGUMENT', /reason/],
    ['long', alice, `${free}/deny`, { reason: 'x'.repeat(501) }, 400, 'INVALID_ARGUMENT', /500/],
    ['no object', alice, `${free}/deny`, [], 400, 'INVALID_ARGUMENT', /./]
  ]
  for (const [name, holder, path, body, status, code, message] of table)
    t.match(
      await call(holder, `/approvals/${path}`, body),
      { status, body: { error: { code, message } } },
      name
    )
  t.equal((await bridge.app.plans.get(free))?.state, 'WAITING', 'nothing was decided by these')
  t.match((await call(alice, `/approvals/${free}/deny`, { reason: 'no' })).body, {
    state: 'DENIED',
    reason: 'no',
    decidedBy: 'alice'
  })
  t.match(
    (await call(operator, `/approvals/${own}/deny`, {})).body,
    { state: 'DENIED' },
    'withdrawn'
  )
})

t.test('a limited token knows of its own VMs alone', async (t) => {
  const { bridge, lab, plan, call } = await start(t)
  const vms = [...bridge.simulator.world.state.virDomains.values()]
  const [ours, other] = vms.filter(({ state }) => state === 'SHUTOFF')
  if (ours === undefined || other === undefined) throw new Error('two VMs must be off')
  ours.tags = 'Lab,old'
  other.tags = 'prod'
  const seen = await plan('deleteVM', { vmUUID: ours.uuid })
  const hidden = await plan('deleteVM', { vmUUID: other.uuid })
  const { body } = await call(lab, '/approvals')
  t.same(
    body.plans.map((each: { id: string }) => each.id),
    [seen]
  )
  for (const [path, given] of [
    [`/approvals/${hidden}`, undefined],
    [`/approvals/${hidden}/approve`, {}],
    [`/approvals/${hidden}/deny`, {}]
  ] as const)
    t.match(await call(lab, path, given), { status: 404 }, path)
  t.match((await call(lab, `/approvals/${seen}/approve`, {})).body, { state: 'APPROVED' })
})

t.test('and of what belongs to its VMs: disks, NICs, snapshots', async (t) => {
  const { bridge, lab, plan, call } = await start(t)
  const { state } = bridge.simulator.world
  const [ours, other] = [...state.virDomains.values()].filter(
    ({ uuid, netDevs }) =>
      netDevs.length > 0 &&
      [...state.snapshots.values()].some(({ domainUUID }) => domainUUID === uuid)
  )
  if (ours === undefined || other === undefined) throw new Error('two VMs must have snapshots')
  for (const vm of state.virDomains.values()) vm.tags = vm === ours ? 'lab' : 'prod'
  const ofVm = ({ uuid, blockDevs, netDevs }: typeof ours): [string, string, object?][] => [
    ['DELETE', `/VirDomainBlockDevice/${blockDevs[0]?.uuid}`],
    ['PATCH', `/VirDomainNetDevice/${netDevs[0]?.uuid}`, { vlan: 7 }],
    [
      'DELETE',
      `/VirDomainSnapshot/${[...state.snapshots.values()].find(({ domainUUID }) => domainUUID === uuid)?.uuid}`
    ],
    ['POST', '/VirDomainSnapshot', { domainUUID: uuid, label: 'x' }]
  ]
  const ask = (calls: [string, string, object?][]): Promise<string[]> =>
    Promise.all(
      calls.map(([method, query, payload]) => plan('run_api', { method, query, payload }))
    )
  const seen = await ask(ofVm(ours))
  const iso = [...state.isos.values()][0]?.uuid
  const hidden = await ask([
    ...ofVm(other),
    ['DELETE', `/ISO/${iso}`],
    ['POST', '/Cluster/shutdown', { forceShutdown: false }]
  ])
  const { body } = await call(lab, '/approvals')
  t.same(body.plans.map(({ id }: { id: string }) => id).toSorted(), seen.toSorted())
  for (const id of hidden) t.equal((await call(lab, `/approvals/${id}/approve`, {})).status, 404)
  for (const id of seen)
    t.match((await call(lab, `/approvals/${id}/approve`, {})).body, { state: 'APPROVED' })
})

t.test('no model is offered any of it', async (t) => {
  const { bridge } = await start(t)
  const { text } = await bridge.fetch('/openapi.json')
  t.notMatch(text, /\/approvals|\/console"/)
  const client = await connectMcp(t, bridge)
  const { tools } = await client.listTools()
  t.ok(tools.length > 30)
  t.same(
    tools.map(({ name }) => name).filter((name) => /appro|console|deny|plan/i.test(name)),
    ['plan'],
    'which makes one, and decides on none'
  )
  for (const name of ['approvals', 'approve', 'approvals/approve'])
    t.equal(bridge.app.tools.has(name), false)
})

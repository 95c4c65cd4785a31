import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { seenWrites, vmNamed } from '../helper/hardware.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const approver: Principal = { name: 'person', kind: 'token', scopes: new Set(scopes) }

async function start(t: Test, config: Partial<BridgeConfig> = {}): Promise<TestBridge> {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 2, speed: 300 },
    config: { maxTargets: 100, ...config }
  })
  bridge.app.hasApprover = () => true
  return bridge
}

/** A copy that gets a disk, a NIC and more, and is started. */
const copying = [
  { tool: 'snapshotVM', args: { vm: 'web-01', label: 'before the plan' } },
  { tool: 'cloneVM', args: { vm: 'web-01', name: 'web-99' } },
  { tool: 'updateVM', args: { vm: '$2.createdUUID', mem: '2 GiB', tags: 'lab' } },
  { tool: 'resizeDisk', args: { vm: 'web-99', disk: '0', addGiB: 5 } },
  { tool: 'addNIC', args: { vm: '${2}', vlan: 20 } },
  { tool: 'changeVM_state', args: { vm: 'web-99', actionType: 'START' } }
]
const copyingSends = [
  'POST /VirDomainSnapshot',
  'POST /VirDomain/*/clone',
  'PATCH /VirDomain/*',
  'PATCH /VirDomainBlockDevice/*',
  'POST /VirDomainNetDevice',
  'POST /VirDomain/action'
]

t.test('a dry run says what the call would do, and touches nothing', async (t) => {
  const bridge = await start(t, { writesPerMinute: 1 })
  const { status, body } = await bridge.call('plan', { steps: copying, dry_run: true })
  t.equal(status, 200)
  t.match(body, {
    sent: false,
    sequence: '',
    message: /^Not sent, as dry_run is true.*plan of 6 steps.*nothing is lost.*Free memory: 10\.20/,
    steps: [
      '1. snapshotVM: new: snapshot "before the plan" of VM "web-01"',
      /^2\. cloneVM: new: VM "web-99" \(2 vCPU, 4 GiB, SHUTOFF\)/,
      '3. updateVM: VM "web-99": mem 4 GiB → 2 GiB, tags "prod,web" → "lab"',
      /^4\. resizeDisk: VIRTIO_DISK 0 of VM "web-99": capacity .* GiB → .* GiB/,
      '5. addNIC: new: NIC 2 of VM "web-99"',
      /^6\. changeVM_state: VM "web-99": .*state SHUTOFF → RUNNING/
    ],
    lost: [],
    headroom: /N-1/,
    dry_run: { effect: 'change' }
  })
  t.match(body.changes[0], /^new: VM "web-99" \(2 vCPU, 2 GiB, RUNNING\): \d devices, 2 NICs$/)
  t.ok(body.unpredicted.some((line: string) => line.startsWith('the node of a VM')))
  t.match(body.dry_run.requests[2], { path: '/rest/v1/VirDomain/⟨s2-vm⟩' })
  t.match(body.dry_run.requests[3], { path: '/rest/v1/VirDomainBlockDevice/⟨s2-disk⟩' })
  t.same(seenWrites(bridge), [])
  t.equal(vmNamed(bridge, 'web-99'), undefined)
  t.same(await bridge.app.sequences.list(), [])
  t.same(await bridge.app.ledger.writes(), [])
  t.same(
    bridge.app.audit.recent().filter(({ kind }) => kind === 'write'),
    []
  )
  // Trials count against no limit.
  for (let i = 0; i < 3; i += 1) await bridge.call('plan', { steps: copying, dry_run: true })
  const one = await bridge.call('snapshotVM', { vm: 'web-01', label: 'still allowed' })
  t.match(one.body, { state: 'COMPLETE' })
})

t.test('it is approved once, carried out as it was shown, and undone', async (t) => {
  const bridge = await start(t, { approval: 'write' })
  const asked = await bridge.call('plan', { steps: copying, wait: 0 })
  t.match(asked.body.error, { code: 'APPROVAL_REQUIRED', plan: /^p-/ })
  const { plan } = asked.body.error
  const shown = await bridge.app.plans.get(plan)
  t.match(shown, {
    tool: 'plan',
    summary: /^carry out a plan of 6 steps.*1\. snapshotVM: new: snapshot/
  })
  t.equal(shown?.requests.length, 6)
  t.same(seenWrites(bridge), [])
  await bridge.app.plans.approve(plan, approver)
  const { body } = await bridge.call('plan', { steps: copying, plan, wait: 120 })
  t.match(body, {
    state: 'COMPLETE',
    message:
      /^Everything matches the prediction\. Carried out the plan of 6 steps.*What it created stays/,
    sequence: /^s-/
  })
  t.same(seenWrites(bridge), copyingSends)
  t.match(await bridge.app.plans.get(plan), { state: 'USED', outcome: 'carried out' })
  t.match(vmNamed(bridge, 'web-99'), {
    state: 'RUNNING',
    tags: 'lab',
    mem: 2 * 2 ** 30,
    netDevs: [{}, { vlan: 20 }]
  })
  const writes = bridge.app.audit.recent().filter(({ kind }) => kind === 'write')
  t.equal(writes.length, 6)
  for (const entry of writes) t.match(entry, { tool: 'plan', plan, approver: 'person' })

  const back = await bridge.call('undo', { sequence: body.sequence })
  await bridge.app.plans.approve(back.body.error.plan, approver)
  // By the id of the approved plan as well.
  const asPlan = await bridge.call('undo', { sequence: plan, dry_run: true })
  t.same(asPlan.body.dry_run.requests.length, 2)
  t.match(
    asPlan.body.message,
    /undo sequence s-.*What it created stays: snapshot "before the plan" of VM "web-01": delete_snapshotVM with snapUUID \S+ deletes it; VM "web-99": deleteVM with vmUUID \S+ deletes it\. Cannot be undone: 4\. resizeDisk/
  )
  const undone = await bridge.call('undo', {
    sequence: body.sequence,
    plan: back.body.error.plan,
    wait: 120
  })
  const copy = vmNamed(bridge, 'web-99')?.uuid ?? ''
  t.match(undone.body, { state: 'COMPLETE' })
  t.ok(undone.body.message.includes(`VM "web-99": deleteVM with vmUUID ${copy} deletes it`))
  t.match(vmNamed(bridge, 'web-99'), { state: 'SHUTOFF', tags: 'prod,web' })
})

t.test('what was approved is not sent where the cluster has changed', async (t) => {
  const bridge = await start(t, { approval: 'write' })
  const steps = [
    { tool: 'updateVM', args: { vm: 'web-01', description: 'new' } },
    { tool: 'snapshotVM', args: { vm: 'web-02', label: 'x' } }
  ]
  const asked = await bridge.call('plan', { steps, wait: 0 })
  const { plan } = asked.body.error
  await bridge.app.plans.approve(plan, approver)
  Object.assign(vmNamed(bridge, 'web-02') ?? {}, { tags: 'others' })
  const { body } = await bridge.call('plan', { steps, plan })
  t.match(body.error, { code: 'PLAN_STALE' })
  t.same(seenWrites(bridge), [])
})

t.test('over MCP', async (t) => {
  const bridge = await start(t)
  const client = await connectMcp(t, bridge)
  const dry = await client.callTool({
    name: 'plan',
    arguments: { steps: JSON.stringify(copying), dry_run: true }
  })
  const [part] = dry.content
  const text = part?.type === 'text' ? part.text : ''
  t.match(text, /^sent: false\nmessage: Not sent/)
  t.match(text, /\nchanges:\n- new: VM "web-99"/)
  t.match(text, /\nheadroom: Free memory/)
  t.match(text, /\nnot predicted: times/)
  t.same(seenWrites(bridge), [])
  const done = await client.callTool({ name: 'plan', arguments: { steps: copying, wait: 120 } })
  t.match(done.structuredContent, {
    state: 'COMPLETE',
    message: /^Everything matches the prediction/
  })
  t.same(seenWrites(bridge), copyingSends)
  const { sequence } = done.structuredContent as { sequence: string }
  const undone = await client.callTool({ name: 'undo', arguments: { sequence, wait: 120 } })
  t.match(undone.structuredContent, { state: 'COMPLETE' })
})

t.test('it stops where something is not as the trial found it', async (t) => {
  const bridge = await start(t)
  const steps = [
    { tool: 'updateVM', args: { vm: 'web-01', description: 'first' } },
    { tool: 'updateVM', args: { vm: 'web-02', description: 'second' } },
    { tool: 'snapshotVM', args: { vm: 'web-02', label: 'third' } }
  ]
  const [vm, other] = [vmNamed(bridge, 'web-01'), vmNamed(bridge, 'web-02')]
  const before = vm?.description
  // Another client renames the second VM while the first is changed.
  bridge.simulator.witnesses.add(({ method }) => {
    if (method === 'PATCH') Object.assign(other ?? {}, { name: 'web-02-renamed' })
  })
  const { body } = await bridge.call('plan', { steps, wait: 60 })
  t.match(body, {
    state: 'ERROR',
    message:
      /^Stopped at step 2 of 3, .*VM "web-02" is not as the trial found it: name is "web-02-renamed" and was to be "web-02".*Done before it: 1\..*Not done: 3\..*undo with sequence s-/
  })
  t.same(seenWrites(bridge), ['PATCH /VirDomain/*'])
  bridge.simulator.witnesses.clear()
  const undone = await bridge.call('undo', { sequence: body.sequence, wait: 60 })
  t.match(undone.body, { state: 'COMPLETE' })
  t.equal(vm?.description, before)
})

t.test('it stops where the cluster fails a step, and says what was done', async (t) => {
  const bridge = await start(t)
  bridge.simulator.faults.add({
    kind: 'fail-task',
    path: '/VirDomainSnapshot',
    times: 1,
    message: 'no space left'
  })
  const steps = [
    { tool: 'updateVM', args: { vm: 'web-01', addTags: 'a' } },
    { tool: 'snapshotVM', args: { vm: 'web-01', label: 'b' } },
    { tool: 'updateVM', args: { vm: 'web-01', description: 'c' } }
  ]
  const { body } = await bridge.call('plan', { steps, wait: 60 })
  t.match(body, {
    state: 'ERROR',
    message: /^Stopped at step 2 of 3.*no space left.*Done before it: 1\. updateVM.*Not done: 3\./
  })
  t.same(seenWrites(bridge), ['PATCH /VirDomain/*', 'POST /VirDomainSnapshot'])
})

t.test('what cannot work is said before anything is sent', async (t) => {
  const bridge = await start(t)
  const web = { vm: 'web-01' }
  const label = { ...web, label: 'x' }
  const rows: [why: string, steps: unknown, code: string, message: RegExp][] = [
    ['no steps', [], 'INVALID_ARGUMENT', /steps/],
    [
      'too many',
      Array.from({ length: 21 }, () => ({ tool: 'snapshotVM', args: label })),
      'INVALID_ARGUMENT',
      /20/
    ],
    ['no list', 'snapshot web-01', 'INVALID_ARGUMENT', /steps must be/],
    [
      'no object',
      [['snapshotVM']],
      'INVALID_ARGUMENT',
      /steps\[0\] must be|Step 1 is not an object/
    ],
    ['no tool', [{ args: label }], 'INVALID_ARGUMENT', /^Step 1 names no tool\. A step is \{"tool/],
    [
      'a misspelt tool',
      [{ tool: 'snapshotVMs', args: label }],
      'INVALID_ARGUMENT',
      /Step 1 calls snapshotVMs, which is not a tool; did you mean snapshotVM/
    ],
    [
      'a plan in a plan',
      [{ tool: 'plan', args: { steps: [] } }],
      'INVALID_ARGUMENT',
      /Step 1: plan cannot be a step of a plan, as it is a plan itself/
    ],
    [
      'an import',
      [{ tool: 'importVM', args: { pathURI: 'smb://a/b' } }],
      'INVALID_ARGUMENT',
      /what lies in an archive cannot be seen before/
    ],
    [
      'dry_run in a step',
      [{ tool: 'snapshotVM', args: { ...label, dry_run: true } }],
      'INVALID_ARGUMENT',
      /Step 1 has dry_run: pass it to the plan/
    ],
    [
      'a forward reference',
      [
        { tool: 'updateVM', args: { vm: '$2', tags: 'x' } },
        { tool: 'cloneVM', args: web }
      ],
      'INVALID_ARGUMENT',
      /step 1 of 2, updateVM, cannot work: "\$2" refers to step 2, which comes later/
    ],
    [
      'a reference to itself',
      [{ tool: 'updateVM', args: { vm: '$1', tags: 'x' } }],
      'INVALID_ARGUMENT',
      /refers to step 1 itself/
    ],
    [
      'a reference that leads nowhere',
      [
        { tool: 'snapshotVM', args: label },
        { tool: 'updateVM', args: { vm: '$1.vmName2', tags: 'x' } }
      ],
      'INVALID_ARGUMENT',
      /step 2 of 2, updateVM.*"\$1\.vmName2" leads to nothing: step 1 returns .*createdUUID/
    ],
    [
      'a VM that a later step makes',
      [
        { tool: 'updateVM', args: { vm: 'web-77', tags: 'x' } },
        { tool: 'cloneVM', args: { vm: 'web-01', name: 'web-77' } }
      ],
      'NOT_FOUND',
      /No VM is called "web-77".*Step 2, cloneVM, creates it: put that one first/
    ],
    [
      'a step that the state forbids',
      [
        { tool: 'snapshotVM', args: label },
        { tool: 'deleteVM', args: web }
      ],
      'ILLEGAL_STATE',
      /Nothing was sent: step 2 of 2, deleteVM, cannot work: .*RUNNING.*call changeVM_state with SHUTDOWN first\. Step 1 works in the trial/
    ],
    [
      'a step that fails at the cluster',
      [
        { tool: 'cloneVM', args: { vm: 'web-01', name: 'giant' } },
        { tool: 'updateVM', args: { vm: 'giant', mem: '120 GiB' } },
        { tool: 'changeVM_state', args: { vm: 'giant', actionType: 'START' } }
      ],
      'ILLEGAL_STATE',
      /step 3 of 3, changeVM_state, fails: .*no node has enough free memory.*Steps 1 to 2 work/
    ],
    [
      'an argument that the tool has not',
      [{ tool: 'snapshotVM', args: { ...label, colour: 'red' } }],
      'INVALID_ARGUMENT',
      /step 1 of 1, snapshotVM.*colour/
    ],
    [
      'what no copy can show',
      [{ tool: 'run_api', args: { query: '/User', method: 'POST', payload: userBody } }],
      'INVALID_ARGUMENT',
      /cannot be tried beforehand/
    ]
  ]
  for (const [why, steps, code, message] of rows)
    for (const more of [{}, { dry_run: true }]) {
      const { body } = await bridge.call('plan', { steps, ...more })
      t.match(body.error, { code, message }, why)
    }
  t.same(seenWrites(bridge), [])
  // Steps that only look, and those that find all as it is to be, send nothing.
  const idle = [
    { tool: 'vm_read', args: { filter: 'name:web-01' } },
    { tool: 'changeVM_state', args: { vm: '$1', actionType: 'START' } }
  ]
  const { body } = await bridge.call('plan', { steps: idle })
  t.match(body, { state: 'COMPLETE', message: /^Nothing to send/, sequence: '' })
  t.same(seenWrites(bridge), [])
})

const userBody = { username: 'x', password: 'y', fullName: '', roleUUIDs: [], sessionLimit: 0 }

t.test('the limits of a token hold for all steps together', async (t) => {
  const bridge = await start(t)
  acceptTokens(bridge, {
    reader: principalWith(['read']),
    operator: principalWith(['read', 'operate']),
    lab: principalWith(['read', 'operate', 'interrupt', 'lose'], ['lab'])
  })
  const as = (token: string, body: object) =>
    bridge.call('plan', body, { authorization: `Bearer ${token}` })
  const off = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'SHUTOFF'
  )
  const deleting = {
    steps: [
      { tool: 'updateVM', args: { vm: 'web-01', tags: 'x' } },
      { tool: 'deleteVM', args: { vm: off?.uuid } }
    ]
  }
  const refused = await as('operator', deleting)
  t.match(refused.body.error, { code: 'SCOPE_REQUIRED', message: /lose/ })
  const looked = await as('reader', { ...deleting, dry_run: true })
  t.match(looked.body, { sent: false, message: /It would be refused/ })
  t.match(looked.body.lost, [/^VM ".*with it \d disk/])
  t.match((await as('reader', deleting)).body.error, { code: 'SCOPE_REQUIRED' })
  const others = await as('lab', {
    steps: [{ tool: 'updateVM', args: { vm: 'web-01', name: 'x' } }]
  })
  t.match(others.body.error, { code: 'NOT_FOUND' })
  t.same(seenWrites(bridge), [])
})

t.test('so do MAX_TARGETS and PROTECTED_TAGS', async (t) => {
  const bridge = await start(t, { maxTargets: 1, protectedTags: ['database'] })
  const tags = (vm: string) => ({ tool: 'updateVM', args: { vm, addTags: 'night' } })
  const two = await bridge.call('plan', { steps: [tags('web-01'), tags('web-02')] })
  t.match(two.body.error, { code: 'APPROVAL_REQUIRED', message: /2 objects.*MAX_TARGETS is 1/ })
  const database = [...bridge.simulator.world.state.virDomains.values()].find((vm) =>
    vm.tags.includes('database')
  )
  const one = await bridge.call('plan', { steps: [tags(database?.name ?? '')] })
  t.match(one.body.error, { code: 'APPROVAL_REQUIRED', message: /PROTECTED_TAGS/ })
  t.same(seenWrites(bridge), [])
})

t.test('a plan that is sent twice is carried out once', async (t) => {
  const bridge = await start(t)
  const steps = [{ tool: 'snapshotVM', args: { vm: 'web-01', label: 'once' } }]
  const first = await bridge.call('plan', { steps, wait: 60 })
  t.match(first.body, { state: 'COMPLETE' })
  const second = await bridge.call('plan', { steps, wait: 60 })
  t.match(second.body, { state: 'COMPLETE', message: /is not repeated/ })
  t.equal(seenWrites(bridge).length, 1)
})

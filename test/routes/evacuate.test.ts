import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { failNode, nodeAt, reviveNode, vmsOn, when } from '../helper/nodes.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const first = '10.20.0.11'
const second = '10.20.0.12'
const third = '10.20.0.13'
const GiB = 1024 ** 3

const start = (
  t: Test,
  config: Partial<BridgeConfig> = {},
  { nodes = 3, speed = 300 } = {}
): Promise<TestBridge> => startTestBridge(t, { simulator: { nodes, speed }, config })

/** A VM that runs on the first node. */
function vmThere({ simulator }: TestBridge, at = 0): VirDomain {
  const vm = vmsOn(simulator, first).filter(({ state }) => state === 'RUNNING')[at]
  if (vm === undefined) throw new Error(`No VM runs on ${first}`)
  return vm
}

const sent = ({ simulator }: TestBridge): number =>
  simulator.requests.filter(({ path }) => path.endsWith('/VirDomain/action')).length

const evacuate = (bridge: TestBridge, more: object = {}) =>
  bridge.call('evacuateNode', { node: first, wait: 120, ...more })

t.test('a node is emptied as its dry run says, and its VMs come back', async (t) => {
  const bridge = await start(t)
  const { simulator } = bridge
  const before = vmsOn(simulator, first).map(({ name }) => name)
  t.ok(before.length > 3)
  const shown = await evacuate(bridge, { dry_run: true })
  t.match(shown.body, {
    sent: false,
    message:
      /^Not sent, as dry_run is true\. It would: move off node 10\.20\.0\.11 \d+ VMs \([\d.]+ GiB\): \d+ to 10\.20\.0\.1[23].*\. N-1 AT RISK: should 10\.20\.0\.1[23] fail then, its VMs need [\d.]+ GiB and the others have [\d.]+ GiB free: \d+ of them \([\d.]+ GiB\) would find no node$/
  })
  t.equal(sent(bridge), 0)
  const { status, body } = await evacuate(bridge)
  t.equal(status, 200)
  t.match(body, {
    state: 'COMPLETE',
    message:
      /^Moved off node 10\.20\.0\.11 .*No VM is left on 10\.20\.0\.11\. N-1 AT RISK: .*moveBack/
  })
  t.same(
    body.steps,
    shown.body.steps.map((step: string) => `${step}: done`),
    'as the dry run said'
  )
  t.match(body.steps[0], /^move VM "[^"]+" \([\d.]+ GiB\) from 10\.20\.0\.11 to 10\.20\.0\.1[23]/)
  t.same(vmsOn(simulator, first), [])
  const back = await bridge.call('moveBack', { node: 'node 1', wait: 120 })
  t.match(back.body, {
    state: 'COMPLETE',
    message: /^Moved back \d+ VMs .*: \d+ to 10\.20\.0\.11$/
  })
  t.same(
    vmsOn(simulator, first)
      .map(({ name }) => name)
      .toSorted(),
    before.toSorted()
  )
  const again = await bridge.call('moveBack', { node: first, again: true })
  t.match(again.body.error, { code: 'NOT_FOUND', message: /No evacuation of node 10\.20\.0\.11/ })
})

t.test('by MCP, with names only', async (t) => {
  const bridge = await start(t)
  const client = await connectMcp(t, bridge)
  const call = async (name: string) => {
    const { content } = await client.callTool({ name, arguments: { node: first, wait: 120 } })
    return JSON.stringify(content)
  }
  t.match(await call('evacuateNode'), /Moved off node 10\.20\.0\.11/)
  t.match(await call('moveBack'), /Moved back/)
})

t.test('what cannot move is named, and the rest goes with partly', async (t) => {
  const bridge = await start(t)
  const { simulator } = bridge
  const pinned = vmThere(bridge)
  pinned.affinityStrategy = {
    strictAffinity: true,
    preferredNodeUUID: nodeAt(simulator, first).uuid,
    backupNodeUUID: ''
  }
  const tagged = vmThere(bridge, 1)
  tagged.tags = 'prod,node_11'
  const paused = vmThere(bridge, 2)
  Object.assign(paused, { state: 'PAUSED', uiState: 'PAUSED' })
  const refused = await evacuate(bridge)
  t.equal(refused.status, 409)
  t.match(refused.body.error, { code: 'ILLEGAL_STATE', message: /^Nothing was sent: 2 VMs cannot/ })
  const { message } = refused.body.error
  t.ok(
    message.includes(`VM "${pinned.name}"`) && message.includes('its strict affinity is 10.20.0.11')
  )
  t.ok(message.includes(`VM "${tagged.name}"`) && message.includes('"node_11" holds it'))
  t.match(message, /partly: true moves the other \d+\./)
  t.equal(sent(bridge), 0)
  const { body } = await evacuate(bridge, { partly: true })
  t.match(body, { state: 'COMPLETE', message: /NOT EMPTY, 3 VMs still on 10\.20\.0\.11: / })
  t.ok(body.message.includes(`VM "${paused.name}"`) && body.message.includes('START resumes it'))
  t.same(
    vmsOn(simulator, first)
      .map(({ name }) => name)
      .toSorted(),
    [pinned.name, tagged.name, paused.name].toSorted()
  )
})

t.test('VMs that an anti_ tag keeps apart do not meet', async (t) => {
  const bridge = await start(t)
  const { simulator } = bridge
  const [vm, other] = [vmThere(bridge), vmsOn(simulator, second)[0]]
  vm.tags = `anti_${other?.name}`
  const { body } = await evacuate(bridge)
  t.match(body, { state: 'COMPLETE' })
  t.equal(vm.nodeUUID, nodeAt(simulator, third).uuid)
})

t.test('without enough memory on the other nodes, nothing is sent', async (t) => {
  const bridge = await start(t)
  const { simulator } = bridge
  for (const address of [second, third]) {
    const node = nodeAt(simulator, address)
    const used = vmsOn(simulator, address).reduce((sum, { mem }) => sum + mem, 0)
    node.memSize = node.systemMemUsageBytes + used + GiB / 2
  }
  const { body } = await evacuate(bridge, { partly: true })
  t.match(body.error, {
    code: 'ILLEGAL_STATE',
    message: /VM "[^"]+" \([\d.]+ GiB\): it needs [\d.]+ GiB, and 10\.20\.0\.1[23] has 512 MiB left/
  })
  t.notMatch(body.error.message, /partly/)
  t.equal(sent(bridge), 0)
})

t.test('nodes that cannot be emptied, and plans that are not there', async (t) => {
  const bridge = await start(t)
  const { simulator } = bridge
  const refuses = async (tool: string, node: string, code: string, message: RegExp) => {
    const { body } = await bridge.call(tool, { node, again: true })
    t.match(body.error, { code, message }, `${tool} ${node}`)
  }
  await refuses('evacuateNode', '10.20.0.19', 'NOT_FOUND', /10\.20\.0\.1[123]/)
  await refuses('evacuateNode', '', 'INVALID_ARGUMENT', /nodeUUID/)
  await refuses('moveBack', first, 'NOT_FOUND', /No evacuation of node/)
  failNode(simulator, second)
  await refuses('evacuateNode', second, 'ILLEGAL_STATE', /node 10\.20\.0\.12 is OFFLINE/)
  await refuses('moveBack', second, 'ILLEGAL_STATE', /node 10\.20\.0\.12 is OFFLINE.*node_read/)
  nodeAt(simulator, third).allowRunningVMs = false
  await refuses(
    'evacuateNode',
    first,
    'ILLEGAL_STATE',
    /no other node can take VMs: node 10\.20\.0\.12 is OFFLINE, node 10\.20\.0\.13 cannot run VMs/
  )
  reviveNode(simulator, second)
  const { body } = await bridge.call('evacuateNode', { node: second })
  t.match(body, { state: 'COMPLETE', sequence: '', message: /^Nothing to move, nothing was sent/ })
  t.equal(sent(bridge), 0)
  const small = await start(t, {}, { nodes: 1 })
  const only = await evacuate(small)
  t.match(only.body.error, { message: /10\.20\.0\.11 is the only node/ })
})

t.test('it stops at the first surprise, continues, and moves back', async (t) => {
  const bridge = await start(t, {}, { nodes: 4, speed: 100 })
  const { simulator } = bridge
  const before = vmsOn(simulator, first).map(({ uuid }) => uuid)
  const { steps } = (await evacuate(bridge, { dry_run: true })).body
  const last = steps.at(-1).split(' to ')[1]
  const running = evacuate(bridge)
  await when(() => sent(bridge) === 1)
  failNode(simulator, last)
  const { body } = await running
  t.match(body, {
    state: 'ERROR',
    message:
      /^Stopped at step \d+ of \d+, move VM .*: (?:node 10\.20\.0\.1\d is OFFLINE now|.*cannot run virtual machines.*)\. Moved: "[^.]+\. Not moved: "[^.]+\. To continue: evacuateNode again.*To go back: moveBack with nodeUUID 10\.20\.0\.11/
  })
  const rest = await evacuate(bridge)
  t.match(rest.body, { state: 'COMPLETE', message: /No VM is left on 10\.20\.0\.11/ })
  reviveNode(simulator, last)
  const back = await bridge.call('moveBack', { node: first, wait: 120 })
  t.match(back.body, { state: 'COMPLETE' })
  const home = new Set(vmsOn(simulator, first).map(({ uuid }) => uuid))
  const away = before.filter((uuid) => !home.has(uuid))
  for (const uuid of away) {
    const name = simulator.world.state.virDomains.get(uuid)?.name
    t.ok(back.body.message.includes(`VM "${name}"`), `${name} is named`)
  }
  t.ok(home.size > before.length / 2, 'most are home')
})

t.test('a VM that another user changed meanwhile is not touched', async (t) => {
  const bridge = await start(t, {}, { nodes: 3, speed: 100 })
  const { simulator } = bridge
  const running = evacuate(bridge)
  await when(() => sent(bridge) === 1)
  const smallest = vmsOn(simulator, first).toSorted((a, b) => a.mem - b.mem)
  for (const vm of smallest.slice(0, 3)) Object.assign(vm, { state: 'PAUSED', uiState: 'PAUSED' })
  const { body } = await running
  t.match(body, { state: 'ERROR', message: /VM "[^"]+" is PAUSED now\. Moved: / })
})

t.test('undo reverts it as well, but no VM that was moved on', async (t) => {
  const bridge = await start(t)
  const { simulator } = bridge
  const before = vmsOn(simulator, first).map(({ uuid }) => uuid)
  const { body } = await evacuate(bridge)
  const vm = simulator.world.state.virDomains.get(before[0] ?? '')
  const away = vm?.nodeUUID
  if (vm !== undefined) vm.nodeUUID = nodeAt(simulator, first).uuid
  const refused = await bridge.call('undo', { sequence: body.sequence })
  t.match(refused.body.error, {
    code: 'ILLEGAL_STATE',
    message: /it left the node it was moved to since\. Nothing was sent/
  })
  if (vm !== undefined) vm.nodeUUID = String(away)
  const undone = await bridge.call('undo', { sequence: body.sequence, wait: 120 })
  t.match(undone.body, { state: 'COMPLETE' })
  t.same(
    vmsOn(simulator, first)
      .map(({ uuid }) => uuid)
      .toSorted(),
    before.toSorted()
  )
  t.match((await bridge.call('moveBack', { node: first })).body.error, { code: 'NOT_FOUND' })
})

t.test('two evacuations do not count on the same memory', async (t) => {
  const bridge = await start(t, {}, { nodes: 3, speed: 50 })
  const running = evacuate(bridge)
  await when(() => sent(bridge) === 1)
  const other = await bridge.call('evacuateNode', { node: second })
  t.match(other.body.error, {
    code: 'ILLEGAL_STATE',
    message: /evacuateNode \(sequence s-\w+\) is moving VMs right now/
  })
  t.match((await running).body, { state: 'COMPLETE' })
})

const approver: Principal = { name: 'person', kind: 'token', scopes: new Set(scopes) }

t.test('more VMs than MAX_TARGETS are one plan, which holds though memory shifts', async (t) => {
  const bridge = await start(t, { maxTargets: 1 })
  const { simulator, app } = bridge
  app.hasApprover = () => true
  const asked = await evacuate(bridge, { wait: 0 })
  t.match(asked.body.error, {
    code: 'APPROVAL_REQUIRED',
    message: /MAX_TARGETS is 1.*move off node 10\.20\.0\.11/
  })
  const { plan } = asked.body.error
  t.match(
    (await app.plans.get(plan))?.summary,
    /"[^"]+" \([\d.]+ GiB\) from 10\.20\.0\.11 to 10\.20\.0\.1/
  )
  await app.plans.approve(plan, approver)
  // What was roomier is not any more.
  const [a, b] = [nodeAt(simulator, second), nodeAt(simulator, third)]
  a.memSize += 16 * GiB
  b.memSize += 8 * GiB
  const done = await evacuate(bridge, { plan })
  t.match(done.body, { state: 'COMPLETE', message: /No VM is left/ })
})

t.test(
  'READ_ONLY, a token without the scope, and one limited to some VMs move nothing',
  async (t) => {
    const closed = await start(t, { readOnly: true })
    t.match((await evacuate(closed)).body.error, { code: 'READ_ONLY' })
    t.equal(sent(closed), 0)
    const bridge = await start(t)
    acceptTokens(bridge, {
      reader: principalWith(['read']),
      lab: principalWith(['read', 'operate'], ['lab'])
    })
    const as = async (token: string, tool: string) =>
      (await bridge.call(tool, { node: first }, { authorization: `Bearer ${token}` })).body.error
    for (const tool of ['evacuateNode', 'moveBack']) {
      t.match(await as('reader', tool), { code: 'SCOPE_REQUIRED' })
      t.match(await as('lab', tool), {
        code: 'TARGET_REFUSED',
        message: /is for all VMs of a node, and token "[^"]+" sees only VMs tagged "lab"/
      })
    }
    t.equal(sent(bridge), 0)
  }
)

t.test('an update of the cluster holds both', async (t) => {
  const bridge = await start(t, {}, { nodes: 3, speed: 1 })
  const [update] = bridge.simulator.world.state.updates
  const query = `/Update/${String(update?.uuid)}/apply`
  t.equal((await bridge.call('run_api', { method: 'POST', query })).status, 200)
  for (const tool of ['evacuateNode', 'moveBack'])
    t.match((await bridge.call(tool, { node: first })).body.error, { code: 'UPDATE_IN_PROGRESS' })
  t.equal(sent(bridge), 0)
})

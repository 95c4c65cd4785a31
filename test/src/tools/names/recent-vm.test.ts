import t from 'tap'
import { startTestBridge } from '../../../helper/bridge.ts'
import { recordOf } from '../../../helper/hardware.ts'
import { acceptTokens, principalWith } from '../../../helper/principals.ts'

type Test = Parameters<typeof startTestBridge>[0]

/** A bridge that knows names for longer than any test takes, and what its calls ask the cluster for. */
async function setUp(t: Test, namesMs = 600_000) {
  const bridge = await startTestBridge(t, { cluster: { timeouts: { namesMs } } })
  await bridge.call('ping_read')
  const asked = async (tool: string, args: object, headers: Record<string, string> = {}) => {
    const from = bridge.simulator.requests.length
    const answer = await bridge.call(tool, args, headers)
    const paths = bridge.simulator.requests.slice(from).map(({ path }) => path)
    const lists = paths.filter((path) => path === '/rest/v1/VirDomain').length
    const vms = paths.filter((path) => path.startsWith('/rest/v1/VirDomain/')).length
    return { ...answer, lists, vms }
  }
  return { bridge, asked }
}

t.test('a VM that was listed a moment ago is read alone', async (t) => {
  const { bridge, asked } = await setUp(t)
  const uuid = bridge.vm('app-01')
  await bridge.call('vm_read', {})
  for (const name of ['app-01', 'APP-01', ' app-01 ']) {
    const { body, lists, vms } = await asked('getVM_details', { vmUUID: name })
    t.equal(body.uuid, uuid, name)
    t.same([lists, vms], [0, 1], 'once, for its name and for what is shown of it')
  }
  recordOf(bridge, 'app-01').description = 'as it is now'
  const { body, lists } = await asked('getVM_details', { vmUUID: 'app-01' })
  t.equal(lists, 0)
  t.equal(body.description, 'as it is now', 'nothing of the list is shown')
  const stats = await asked('getVM_sysStats', { vmUUID: 'app-01' })
  t.same([stats.status, stats.lists], [200, 0])
  t.same(stats.body.notes, [`vmUUID: "app-01" is ${uuid}`])
  const raw = await asked('run_api', { query: '/VirDomain/app-01', method: 'GET' })
  t.same([raw.body.body[0].uuid, raw.lists], [uuid, 0])
})

t.test('a call by name leaves the names of its list to the next one', async (t) => {
  const { asked } = await setUp(t)
  const lists: number[] = []
  for (let i = 0; i < 10; i++) lists.push((await asked('getVM_details', { vm: 'app-01' })).lists)
  t.same(lists, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})

t.test('what the list of a moment ago does not settle is looked up now', async (t) => {
  const { bridge, asked } = await setUp(t)
  await bridge.call('vm_read', {})
  const part = await asked('getVM_details', { vmUUID: 'web-0' })
  t.same([part.status, part.lists], [409, 1], 'a part of several names')
  const own = await asked('getVM_details', { vmUUID: 'pp-01' })
  t.same([own.body.name, own.lists], ['app-01', 1], 'a part of one')
  const misspelt = await asked('getVM_details', { vmUUID: 'ap-01' })
  t.same([misspelt.status, misspelt.lists], [404, 1])
  t.match(misspelt.body.error.message, 'did you mean "app-01"')
})

t.test('a VM that was renamed meanwhile is found by its new name alone', async (t) => {
  const { bridge, asked } = await setUp(t)
  const uuid = bridge.vm('app-01')
  const vm = recordOf(bridge, 'app-01')
  await bridge.call('vm_read', {})
  vm.name = 'billing'
  const old = await asked('getVM_details', { vmUUID: 'app-01' })
  t.same([old.status, old.vms, old.lists], [404, 1, 1])
  await bridge.call('vm_read', {})
  vm.name = 'Billing'
  const { body, lists } = await asked('getVM_details', { vmUUID: 'billing' })
  t.same(
    [body.uuid, body.name, lists],
    [uuid, 'Billing', 1],
    'one that differs in case is looked up, too'
  )
})

t.test('the name of a VM that was deleted meanwhile is that of another, or of none', async (t) => {
  const { bridge, asked } = await setUp(t)
  const { virDomains } = bridge.simulator.world.state
  const gone = bridge.vm('app-01')
  const heir = bridge.vm('web-01')
  await bridge.call('vm_read', {})
  virDomains.delete(gone)
  const none = await asked('getVM_details', { vmUUID: 'app-01' })
  t.same([none.status, none.lists], [404, 1])
  t.match(none.body.error.message, 'No VM is called "app-01"')
  const named = virDomains.get(heir)
  if (named) named.name = 'app-01'
  const other = await asked('getVM_sysStats', { vmUUID: 'app-01' })
  t.same([other.status, other.body.uuid], [200, heir])
})

t.test('a second VM of the name is seen by every write and every list', async (t) => {
  const { bridge, asked } = await setUp(t)
  const uuid = bridge.vm('app-01')
  const second = recordOf(bridge, 'web-01')
  const from = bridge.simulator.requests.length
  for (const [tool, args] of [
    ['changeVM_state', { vmUUID: 'app-01', state: 'SHUTDOWN' }],
    ['snapshotVM', { vmUUID: 'app-01', label: 'x' }],
    ['updateVM', { vmUUID: 'app-01', description: 'x' }],
    ['deleteVM', { vmUUID: 'app-01' }],
    ['deleteVM', { vmUUID: 'app-01', dry_run: true }],
    ['run_api', { query: '/VirDomain/app-01', method: 'DELETE' }]
  ] as const) {
    second.name = 'web-01'
    await bridge.call('vm_read', {})
    second.name = 'app-01'
    const { status, body } = await bridge.call(tool, args)
    t.same([status, body.error?.code], [409, 'AMBIGUOUS_NAME'], tool)
    t.match(body.error.message, uuid)
  }
  const writes = bridge.simulator.requests.slice(from).filter(({ method }) => method !== 'GET')
  t.same(writes, [], 'nothing was sent')
  const read = await asked('getVM_details', { vmUUID: 'app-01' })
  t.same([read.status, read.lists], [409, 1], 'a list has passed that has both')
})

t.test('a read goes by the list it knows until its seconds are over', async (t) => {
  const { bridge, asked } = await setUp(t)
  const uuid = bridge.vm('app-01')
  await bridge.call('vm_read', {})
  recordOf(bridge, 'web-01').name = 'app-01'
  const { status, body } = await asked('getVM_details', { vmUUID: 'app-01' })
  t.same([status, body.uuid], [200, uuid], 'another of the name is not seen yet')
  t.same(body.notes, [`vmUUID: "app-01" is ${uuid}`], 'and which one it is is said')

  const { asked: without } = await setUp(t, 0)
  await without('vm_read', {})
  t.equal((await without('getVM_details', { vmUUID: 'app-01' })).lists, 1, 'no seconds, no names')
})

t.test('a write of the bridge ends what was known, whatever it changes', async (t) => {
  const { bridge, asked } = await setUp(t)
  await bridge.call('vm_read', {})
  t.equal((await asked('getVM_sysStats', { vmUUID: 'app-01' })).lists, 0)
  const { status } = await bridge.call('updateVM', { vmUUID: bridge.vm('web-01'), name: 'app-01' })
  t.equal(status, 200)
  const both = await asked('getVM_sysStats', { vmUUID: 'app-01' })
  t.same([both.status, both.lists], [409, 1], 'the second one of the name is seen at once')
})

t.test('a limited token sees its own VMs, by a list of now', async (t) => {
  const { bridge, asked } = await setUp(t)
  const own = recordOf(bridge, 'web-01')
  own.tags = 'lab'
  const other = recordOf(bridge, 'app-01')
  other.tags = 'prod'
  const limited = 'limited-token-0123456789'
  acceptTokens(bridge, { [limited]: principalWith(['read'], ['lab']) })
  const headers = { authorization: `Bearer ${limited}` }
  await bridge.call('vm_read', {})
  t.equal((await asked('getVM_details', { vmUUID: 'app-01' })).lists, 0, 'the names are known')

  const hidden = await asked('getVM_details', { vmUUID: 'app-01' }, headers)
  t.same([hidden.status, hidden.body.error.code], [404, 'NOT_FOUND'])
  t.notMatch(hidden.text, other.uuid)
  t.ok(hidden.lists > 0)
  const shown = await asked('getVM_details', { vmUUID: 'web-01' }, headers)
  t.same([shown.status, shown.body.uuid], [200, own.uuid])
  t.ok(shown.lists > 0)

  // One that others have, too, is its own alone for this token, and two for who sees both.
  other.name = 'web-01'
  t.equal((await asked('getVM_details', { vmUUID: 'web-01' }, headers)).body.uuid, own.uuid)
  t.equal((await asked('getVM_details', { vmUUID: 'web-01' })).status, 409)
})

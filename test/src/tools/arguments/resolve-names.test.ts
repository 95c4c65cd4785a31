import t from 'tap'
import { startTestBridge } from '../../../helper/bridge.ts'

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const lookups = (paths: string[]): string[] =>
  paths.filter((path) => /^GET \S+\/(VirDomain|VirDomainSnapshot)$/.test(path))

t.test('a name is looked up once, and only when all else is right', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('ping_read')
  const asked = async (tool: string, args: object): Promise<string[]> => {
    const from = bridge.simulator.requests.length
    await bridge.call(tool, args)
    return bridge.simulator.requests.slice(from).map(({ method, path }) => `${method} ${path}`)
  }

  t.same(await asked('cloneVM', { vmUUID: 'app-01', name: '', snapUUID: 'x', wait: 'no' }), [])
  t.same(await asked('deleteVM', { vmUUID: '7c4f2e6a-52b3' }), [])
  t.equal(lookups(await asked('cloneVM', { vm: 'app-01', snapshot: 'no such' })).length, 2)
  t.equal(lookups(await asked('getVM_sysStats', { vmUUID: bridge.vm('app-01') })).length, 0)
})

t.test('the answer says what a name was taken for', async (t) => {
  const bridge = await startTestBridge(t)
  const uuid = bridge.vm('app-01')
  const { body } = await bridge.call('getVM_sysStats', { vmUUID: 'app-01' })
  t.same(body.notes, [`vmUUID: "app-01" is ${uuid}`])
  t.equal(Object.keys(body).at(-1), 'notes', 'at the end')
  const other = await bridge.call('getVM_sysStats', { vmUUID: 'APP-01' })
  t.same(other.body.notes, [`vmUUID: "APP-01" is "app-01", ${uuid}`])
  const text = await bridge.call('getVM_details', { vm: 'app-01' }, { accept: 'text/plain' })
  t.match(text.text, `note: vmUUID: "app-01" is ${uuid}`)
  t.notOk('notes' in (await bridge.call('getVM_sysStats', { vmUUID: ` ${uuid} ` })).body)
})

t.test('the notes of run_api come after those on its arguments, in one list', async (t) => {
  const bridge = await startTestBridge(t)
  const { body } = await bridge.call('run_api', {
    path: 'GET /VirDomain',
    method: 'GET',
    check: 'true'
  })
  t.same(body.notes, [
    'path read as query',
    'check: "true" read as true',
    'GET was left out of query: method says it'
  ])
})

t.test('several that fit are shown, and the second try succeeds', async (t) => {
  const bridge = await startTestBridge(t)
  const { status, body } = await bridge.call('getVM_details', { vmUUID: 'web-0' })
  t.equal(status, 409)
  t.equal(body.error.code, 'AMBIGUOUS_NAME')
  t.match(body.error.candidates[0], {
    uuid: isUuid,
    name: 'web-01',
    state: 'RUNNING',
    node: /^10\./
  })
  for (const { uuid } of body.error.candidates) {
    t.match(body.error.message, uuid)
    t.equal((await bridge.call('getVM_details', { vmUUID: uuid })).status, 200)
  }
})

t.test('a refusal leads to a call that works', async (t) => {
  const bridge = await startTestBridge(t)
  const misspelt = await bridge.call('snapshotVM', { vmUUID: 'ap-01', label: 'x' })
  t.equal(misspelt.status, 404)
  const [, name] = /did you mean "(\S+?)"[,?]/.exec(misspelt.body.error.message) ?? []
  t.equal(name, 'app-01')
  t.equal((await bridge.call('snapshotVM', { vmUUID: name, label: 'x' })).status, 200)
})

t.test('a call that can lose data takes nothing but the exact name', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshots } = bridge.simulator.world.state
  const before = [virDomains.size, snapshots.size]
  await bridge.call('createVM', { name: 'Only-01' })
  for (const vmUUID of ['only-01', 'ONLY-01', 'Olny-01', 'Only-01*', ' only-01 ']) {
    const { status, body } = await bridge.call('deleteVM', { vmUUID })
    t.equal(status, 404, vmUUID)
    t.match(body.error.message, /did you mean "Only-01"\?.*exactly as it is written/, vmUUID)
  }
  for (const vmUUID of ['Only', 'Only-0', 'Only-02', 'y-01', 'Only-01,app-01']) {
    const { status, body } = await bridge.call('deleteVM', { vmUUID })
    t.equal(status, 404, vmUUID)
    t.match(body.error.message, /"\. vmUUID takes the name exactly as it is written/, vmUUID)
  }
  t.same([virDomains.size, snapshots.size], [(before[0] ?? 0) + 1, before[1]])
  const done = await bridge.call('deleteVM', { name: 'Only-01' })
  t.match(done, { status: 200, body: { state: 'COMPLETE', vmName: 'Only-01' } })
})

t.test('what may be no name is none for a call that can lose data', async (t) => {
  const bridge = await startTestBridge(t)
  const { virDomains, snapshots } = bridge.simulator.world.state
  for (const name of ['null', 'None', '42', 'true', '-'])
    t.equal((await bridge.call('createVM', { name })).status, 200, name)
  const { createdUUID } = (await bridge.call('snapshotVM', { vmUUID: 'app-01', label: 'x' })).body
  const snapshot = snapshots.get(createdUUID)
  if (snapshot !== undefined) snapshot.label = ''
  const before = [virDomains.size, snapshots.size]
  for (const vmUUID of ['null', 'None', '42', 42, 'true', '-']) {
    const { status, body } = await bridge.call('deleteVM', { vmUUID })
    t.equal(status, 400, String(vmUUID))
    t.match(body.error.message, /^vmUUID is ".*: pass the uuid; vm_read/, String(vmUUID))
  }
  for (const tool of ['delete_snapshotVM', 'cloneVM']) {
    const { body } = await bridge.call(tool, { vmUUID: 'app-01', snapUUID: '-' })
    t.match(body.error.message, /stands for snapshots without a label: pass the uuid/, tool)
  }
  t.same([virDomains.size, snapshots.size], before)
})

t.test('a uuid and a name given together have to be of one VM', async (t) => {
  const bridge = await startTestBridge(t)
  const uuid = bridge.vm('test-web-01')
  const wrong = await bridge.call('deleteVM', { vm: uuid, vm_name: 'test-web-02' })
  t.equal(wrong.status, 400)
  t.match(wrong.body.error.message, /^vm_name also means vmUUID, which has another value/)
  const right = await bridge.call('getVM_details', { vm_name: 'test-web-01', vm: uuid })
  t.match(right.body, { uuid, notes: ['vm_name read as vmUUID', /"test-web-01" is the same/] })
})

t.test('a snapshot is deleted only of the VM that is named', async (t) => {
  const bridge = await startTestBridge(t)
  const { snapshots } = bridge.simulator.world.state
  const made: string[] = []
  for (const vmUUID of ['web-01', 'web-02'])
    made.push((await bridge.call('snapshotVM', { vmUUID, label: 'same' })).body.createdUUID)
  const [first = '', second = ''] = made

  const both = await bridge.call('delete_snapshotVM', { snapUUID: 'same' })
  t.equal(both.status, 409)
  t.match(both.body.error.candidates, [{ vmName: 'web-01' }, { vmName: 'web-02' }])
  const wrong = await bridge.call('delete_snapshotVM', { snapUUID: first, vmUUID: 'web-02' })
  t.equal(wrong.status, 400)
  t.match(wrong.body.error.message, /snapshot of VM "web-01".*nothing was deleted/)
  t.ok(snapshots.has(first) && snapshots.has(second))
  const right = await bridge.call('delete_snapshotVM', { snapUUID: 'same', vmUUID: 'web-02' })
  t.match(right.body, { state: 'COMPLETE', vmName: 'web-02', label: 'same' })
  t.ok(snapshots.has(first))
  t.notOk(snapshots.has(second))
})

t.test('a cluster that fails while a name is looked up', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  await bridge.call('ping_read')
  await bridge.simulator.close()
  const { status, body } = await bridge.call('deleteVM', { vmUUID: 'app-01' })
  t.equal(status, 503)
  t.equal(body.error.code, 'CLUSTER_UNREACHABLE')
})

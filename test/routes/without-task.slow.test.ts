import t, { type Test } from 'tap'
import type { VirDomain, VirDomainState } from '../../src/hypercore/records/records.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { json, startOddServer } from '../helper/odd-server.ts'
import { PlainClient, simulatorFor } from '../helper/simulator.ts'

/** What is changed in the answers of a cluster; the rest passes as it is. */
interface Twist {
  /** The answer of a write. */
  write?: (answer: Record<string, unknown>) => unknown
  /** The answer of `GET /VirDomain/{uuid}`, and of tasks. */
  read?: (path: string, answer: Record<string, unknown>[]) => unknown
}

/** A bridge to a cluster that behaves like a simulated one, but for some answers. */
async function setUp(
  t: Test,
  twist: Twist
): Promise<{
  bridge: TestBridge
  vmIn: (state: VirDomainState) => VirDomain
  targetOf: (vm: VirDomain) => string
}> {
  const simulator = await simulatorFor(t, { speed: 20 })
  const plain = new PlainClient(simulator.urls[0] ?? '')
  const server = await startOddServer(t, (request, response, body) => {
    const path = (request.url ?? '').replace('/rest/v1', '')
    void plain.raw(request.method ?? '', path, body === '' ? {} : { text: body }).then((answer) => {
      if (answer.status !== 200) return void response.writeHead(answer.status).end(answer.text)
      const value = JSON.parse(answer.text)
      const changed = request.method === 'GET' ? twist.read?.(path, value) : twist.write?.(value)
      return json(response, 200, changed ?? value)
    })
  })
  const bridge = await startTestBridge(t, {
    cluster: { nodes: [server.url], tls: { mode: 'pin', fingerprints: [server.fingerprint] } }
  })
  const { virDomains, nodes } = simulator.world.state
  return {
    bridge,
    vmIn(state) {
      const vm = [...virDomains.values()].find(
        (each) => each.state === state && each.sourceVirDomainUUID === ''
      )
      if (vm === undefined) throw new Error(`The simulated cluster has no VM that is ${state}`)
      return vm
    },
    targetOf: (vm) => [...nodes.keys()].find((uuid) => uuid !== vm.nodeUUID) ?? ''
  }
}

const isVm = (path: string): boolean => /^\/VirDomain\/[0-9a-f-]+$/.test(path)

const withoutTag = (answer: Record<string, unknown>) => ({ ...answer, taskTag: '' })

t.test('actions for which the cluster starts no task', async (t) => {
  const { bridge, vmIn, targetOf } = await setUp(t, { write: withoutTag })
  const vm = vmIn('RUNNING')
  const change = async (actionType: string, more: object = {}) =>
    (await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType, ...more })).body

  const moved = await change('LIVEMIGRATE', { nodeUUID: targetOf(vm) })
  t.match(moved, { taskTag: '', state: 'COMPLETE', message: /now runs on \d/ })
  t.match(await change('PAUSE'), {
    state: 'COMPLETE',
    vmState: 'PAUSED',
    message: `VM "${vm.name}" is paused`
  })
  t.match(await change('START'), {
    state: 'COMPLETE',
    vmState: 'RUNNING',
    message: `VM "${vm.name}" is running`
  })
  for (const [action, state, message] of [
    [
      'REBOOT',
      'UNKNOWN',
      /accepted REBOOT of VM .* without a task\. The guest may .*getVM_details/
    ],
    ['RESET', 'UNKNOWN', /accepted RESET of VM .* without a task\..*getVM_details/],
    ['NMI', 'COMPLETE', /accepted NMI of VM .* without a task\./]
  ] as const)
    t.match(await change(action), { state, vmState: 'RUNNING', message }, action)
  t.match(await change('STOP'), { state: 'COMPLETE', vmState: 'SHUTOFF', message: /is off$/ })
  t.match(await change('START', { wait: 0 }), {
    state: 'UNKNOWN',
    message: /accepted START, and VM .* still reads SHUTOFF\. getVM_details shows its state/
  })
})

t.test('other writes that always start a task are doubted without one', async (t) => {
  const { bridge, vmIn } = await setUp(t, { write: withoutTag })
  const { uuid: vmUUID, name } = vmIn('RUNNING')
  const { body } = await bridge.call('snapshotVM', { vmUUID, label: 'before' })
  t.match(body, {
    taskTag: '',
    createdUUID: /^[0-9a-f-]{36}$/,
    state: 'UNKNOWN',
    message: `Creation of snapshot "before" of VM "${name}": the cluster returned 200 without naming the task`
  })
  t.match((await bridge.call('updateVM', { vmUUID, tags: 'x' })).body, {
    state: 'UNKNOWN',
    message: `Change of VM "${name}": the cluster returned 200 without naming the task`
  })
})

t.test('a STOP whose task is done before the VM reads SHUTOFF', async (t) => {
  let late = 2
  const { bridge, vmIn } = await setUp(t, {
    read: (path, records) =>
      isVm(path) && records[0]?.['state'] === 'SHUTOFF' && late-- > 0
        ? [{ ...records[0], state: 'RUNNING' }]
        : records
  })
  const vm = vmIn('RUNNING')
  const args = { vmUUID: vm.uuid, actionType: 'STOP' }
  t.match((await bridge.call('changeVM_state', args)).body, {
    state: 'COMPLETE',
    vmState: 'SHUTOFF',
    message: `VM "${vm.name}" is off`
  })
  t.ok(late < 0, 'it was looked at again')

  late = Infinity
  const other = vmIn('RUNNING')
  const never = { vmUUID: other.uuid, actionType: 'STOP', wait: 1 }
  t.match((await bridge.call('changeVM_state', never)).body, {
    state: 'COMPLETE',
    vmState: 'RUNNING',
    message: `The cluster accepted STOP, and VM "${other.name}" still reads RUNNING`
  })
})

t.test('a STOP that fails although the VM is off', async (t) => {
  const { bridge, vmIn } = await setUp(t, {
    read: (path, records) =>
      path.startsWith('/TaskTag/') && records[0]?.['state'] === 'COMPLETE'
        ? [{ ...records[0], state: 'ERROR', formattedMessage: 'Timed out', messageParameters: [] }]
        : records
  })
  const vm = vmIn('RUNNING')
  const { body } = await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType: 'STOP' })
  t.match(body, {
    state: 'ERROR',
    vmState: 'SHUTOFF',
    message: /^STOP of VM .* failed: "Timed out"\. Fix .*changeVM_state again; .*It is SHUTOFF now$/
  })
})

t.test('a task that the cluster forgot is not called a failure', async (t) => {
  let forgotten = false
  const { bridge, vmIn } = await setUp(t, {
    read: (path, records) => (forgotten && path.startsWith('/TaskTag/') ? [] : records)
  })
  const { uuid: vmUUID, name } = vmIn('RUNNING')
  const { body } = await bridge.call('snapshotVM', { vmUUID, label: 'before', wait: 0 })
  forgotten = true
  const waited = await bridge.call('waitTask', { taskTag: body.taskTag })
  t.equal(waited.status, 200)
  t.match(waited.body, {
    state: 'UNKNOWN',
    createdUUID: body.createdUUID,
    message: `Creation of snapshot "before" of VM "${name}". The cluster no longer knows this task: it is finished, its outcome unknown. Its uuid is ${body.createdUUID}. vmSnapshots_read shows the current state`
  })
})

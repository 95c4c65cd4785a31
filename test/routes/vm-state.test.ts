import t from 'tap'
import type { VirDomain, VirDomainState } from '../../src/hypercore/records/records.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

function vmIn(bridge: TestBridge, state: VirDomainState, skip: string[] = []): VirDomain {
  const { virDomains, guests } = bridge.simulator.world.state
  const found = [...virDomains.values()].find(
    (vm) =>
      vm.state === state &&
      vm.sourceVirDomainUUID === '' &&
      !guests.get(vm.uuid)?.ignoresAcpi &&
      !skip.includes(vm.uuid)
  )
  if (found === undefined) throw new Error(`The simulated cluster has no VM that is ${state}`)
  return found
}

/** Lets a minute of the cluster pass once a call looks at a VM or task for the second time. */
async function whileItWaits<T>(bridge: TestBridge, id: string, call: Promise<T>): Promise<T> {
  const { requests, world } = bridge.simulator
  const looks = (): number => requests.filter(({ path }) => path.endsWith(`/${id}`)).length
  const before = looks()
  await until(() => looks() >= before + 2)
  world.clock.advance(60_000)
  return call
}

const sent = (bridge: TestBridge) =>
  bridge.simulator.requests.filter(({ path }) => path.endsWith('/action'))

t.test('the life of a VM', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = vmIn(bridge, 'SHUTOFF')
  const change = (actionType: string, more: object = {}) =>
    bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType, ...more })

  const started = await change('START')
  t.match(started.body, {
    state: 'COMPLETE',
    progressPercent: 100,
    vmState: 'RUNNING',
    vmName: vm.name
  })
  t.match(started.body.taskTag, /^\d+$/)
  t.equal(vm.state, 'RUNNING')

  const again = await change('START')
  t.equal(again.status, 200)
  t.match(again.body, { taskTag: '', state: 'COMPLETE', message: /already running/ })

  t.match((await change('PAUSE')).body, { state: 'COMPLETE', vmState: 'PAUSED' })
  t.match((await change('START')).body, { state: 'COMPLETE', vmState: 'RUNNING' })
  t.match((await change('RESET')).body, { state: 'COMPLETE', vmState: 'RUNNING' })
  t.match((await change('REBOOT')).body, { state: 'COMPLETE', vmState: 'RUNNING' })
  t.match((await change('NMI')).body, { state: 'COMPLETE', vmState: 'RUNNING' })

  const target = [...bridge.simulator.world.state.nodes.keys()].find((uuid) => uuid !== vm.nodeUUID)
  t.match((await change('LIVEMIGRATE', { nodeUUID: target })).body, { state: 'COMPLETE' })
  t.equal(vm.nodeUUID, target)

  const down = await change('SHUTDOWN')
  t.match(down.body, {
    taskTag: '',
    state: 'COMPLETE',
    vmState: 'SHUTOFF',
    message: /is shut down/
  })
  t.equal(vm.state, 'SHUTOFF')

  await change('START')
  t.match((await change('STOP')).body, { state: 'COMPLETE', vmState: 'SHUTOFF' })
})

t.test('a shutdown that takes longer is waited for with the same call', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const vm = vmIn(bridge, 'RUNNING')
  const asked = await bridge.call('changeVM_state', {
    vmUUID: vm.uuid,
    actionType: 'SHUTDOWN',
    wait: 0
  })
  t.match(asked.body, {
    state: 'RUNNING',
    vmState: 'RUNNING',
    message: `VM "${vm.name}" was asked to shut down and is still RUNNING: call changeVM_state with SHUTDOWN and wait 45 to keep waiting`
  })
  t.notMatch(asked.body.message, 'STOP')
  const other = await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType: 'START' })
  t.equal(other.status, 409, 'it would do nothing, and the VM goes off')
  t.match(other.body.error, {
    code: 'ILLEGAL_STATE',
    message:
      /is RUNNING \(shutting down, not off yet\)\. Possible now: SHUTDOWN to keep waiting for it, STOP, /,
    possible: ['SHUTDOWN', 'STOP', 'PAUSE', 'REBOOT', 'RESET', 'LIVEMIGRATE', 'NMI']
  })

  const goOn = { vmUUID: vm.uuid, actionType: 'SHUTDOWN', wait: 45 }
  const done = { taskTag: '', state: 'COMPLETE', vmState: 'SHUTOFF', vmName: vm.name }
  const waited = await whileItWaits(bridge, vm.uuid, bridge.call('changeVM_state', goOn))
  t.match(waited.body, { ...done, message: `VM "${vm.name}" is shut down` })
  const late = await bridge.call('changeVM_state', goOn)
  t.equal(late.status, 409)
  t.match(late.body.error.message, /is SHUTOFF \(off already\)\. Possible now: START$/)
  t.equal(sent(bridge).length, 1, 'the guest was asked once')
})

t.test('a shutdown under way that has a state of its own', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0, acpiShutdown: 'shutdown' } })
  const { uuid, name } = vmIn(bridge, 'RUNNING')
  const change = (actionType: string, wait: number) =>
    bridge.call('changeVM_state', { vmUUID: uuid, actionType, wait })
  t.match((await change('SHUTDOWN', 0)).body, {
    state: 'RUNNING',
    vmState: 'SHUTDOWN',
    message: `VM "${name}" is shutting down: call changeVM_state with SHUTDOWN and wait 45 to keep waiting`
  })
  const other = await change('PAUSE', 0)
  t.equal(other.status, 409)
  t.match(other.body.error, {
    message:
      /is SHUTDOWN \(shutting down, not off yet\)\. Possible now: SHUTDOWN to keep waiting for it, STOP, RESET$/,
    possible: ['SHUTDOWN', 'STOP', 'RESET']
  })
  const waited = await whileItWaits(bridge, uuid, change('SHUTDOWN', 45))
  t.match(waited.body, { state: 'COMPLETE', vmState: 'SHUTOFF' })
  t.equal(sent(bridge).length, 1, 'the guest was asked once')
})

t.test('other actions that are under way are waited for, too', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const off = vmIn(bridge, 'SHUTOFF')
  const on = vmIn(bridge, 'RUNNING')
  for (const [vm, actionType, sign, done] of [
    [off, 'START', 'STARTING', 'is running'],
    [on, 'PAUSE', 'PAUSING', 'is paused'],
    [off, 'STOP', 'STOPPING', 'is off']
  ] as const) {
    const change = (wait: number) =>
      bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType, wait })
    await change(0)
    for (let i = 0; i < 100 && vm.uiState !== sign; i++) bridge.simulator.world.clock.advance(50)
    t.equal(vm.uiState, sign)
    const before = sent(bridge).length
    const short = await change(0)
    t.match(short.body, {
      taskTag: /^\d+$/,
      state: 'RUNNING',
      message: new RegExp(
        `^The same call was sent \\d+ s ago and is not repeated: ${actionType} of VM .* Call waitTask with taskTag \\d+ and wait 45`
      )
    })
    const long = await whileItWaits(bridge, short.body.taskTag, change(45))
    t.match(long.body, {
      state: 'COMPLETE',
      vmState: vm.state,
      message: new RegExp(`: VM "${vm.name}" ${done}`)
    })
    t.equal(sent(bridge).length, before, `a second ${actionType} is not sent`)
  }
})

t.test('what is done already is said, and not sent', async (t) => {
  const bridge = await startTestBridge(t)
  for (const [state, actionType, word] of [
    ['SHUTOFF', 'SHUTDOWN', 'off'],
    ['PAUSED', 'PAUSE', 'paused']
  ] as const) {
    const vm = vmIn(bridge, state)
    const { status, body } = await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType })
    t.equal(status, 409)
    t.match(body.error, {
      code: 'ILLEGAL_STATE',
      message: `VM "${vm.name}" is ${state} (${word} already). Possible now: START`
    })
  }
  t.equal(sent(bridge).length, 0)
})

t.test('STOP of a VM that is off has succeeded already', async (t) => {
  const bridge = await startTestBridge(t)
  const { uuid, name } = vmIn(bridge, 'SHUTOFF')
  const { status, body } = await bridge.call('changeVM_state', { vmUUID: uuid, actionType: 'STOP' })
  t.equal(status, 200)
  t.match(body, {
    taskTag: '',
    state: 'COMPLETE',
    vmState: 'SHUTOFF',
    vmName: name,
    message: `VM "${name}" is already off`
  })
  t.equal(sent(bridge).length, 0, 'nothing is sent')

  const crashed = vmIn(bridge, 'CRASHED')
  const stopped = await bridge.call('changeVM_state', { vmUUID: crashed.uuid, actionType: 'STOP' })
  t.match(stopped.body, { state: 'COMPLETE', vmState: 'SHUTOFF', taskTag: /^\d+$/ })
})

t.test('a shutdown that the cluster refuses, and one that is under way', async (t) => {
  const bridge = await startTestBridge(t)
  const { guests, virDomains } = bridge.simulator.world.state
  const deaf = [...virDomains.values()].find(
    (vm) => vm.state === 'RUNNING' && guests.get(vm.uuid)?.ignoresAcpi
  )
  const change = { vmUUID: deaf?.uuid, actionType: 'SHUTDOWN', wait: 0 }
  const fault = { kind: 'error-500', path: '/VirDomain/action', times: 1 } as const
  bridge.simulator.faults.add(fault)
  const refused = await bridge.call('changeVM_state', change)
  t.match(refused, { status: 502, body: { error: { message: /look with getVM_details/ } } })
  await bridge.call('changeVM_state', change)
  const before = sent(bridge).length
  const again = await bridge.call('changeVM_state', change)
  t.equal(sent(bridge).length, before, 'it is not asked again')
  t.match(again, { status: 200, body: { state: 'RUNNING', message: /was asked to shut down/ } })
})

t.test('a guest that ignores the shutdown', async (t) => {
  /** Asks once, and a second time for as long as `wait`. */
  const shutDown = async (shutdownGraceSeconds: number, wait: number) => {
    const bridge = await startTestBridge(t, { timings: { shutdownGraceSeconds } })
    const { guests, virDomains } = bridge.simulator.world.state
    const deaf = [...virDomains.values()].find(
      (vm) => vm.state === 'RUNNING' && guests.get(vm.uuid)?.ignoresAcpi
    )
    const change = { vmUUID: deaf?.uuid, actionType: 'SHUTDOWN' }
    const first = await bridge.call('changeVM_state', { ...change, wait: 0.2 })
    const second = await bridge.call('changeVM_state', { ...change, wait })
    return { name: deaf?.name, first, second }
  }
  const { name, first: short } = await shutDown(3600, 0)
  t.match(short.body, {
    state: 'RUNNING',
    vmState: 'RUNNING',
    message: `VM "${name}" was asked to shut down and is still RUNNING: call changeVM_state with SHUTDOWN and wait 45 to keep waiting`
  })
  t.notMatch(short.body.message, 'STOP')
  // Seconds are rounded.
  const { second: long } = await shutDown(1, 0.6)
  t.match(long.body, {
    state: 'RUNNING',
    vmState: 'RUNNING',
    message:
      /still RUNNING after \d+ s\. The guest may need longer: .* wait 45 .*STOP cuts the power/
  })
})

t.test('what the present state does not allow', async (t) => {
  const bridge = await startTestBridge(t)
  const rows: [VirDomainState, string, RegExp][] = [
    ['SHUTOFF', 'RESET', /is SHUTOFF \(off\)\. Possible now: START/],
    ['SHUTOFF', 'PAUSE', /Possible now: START/],
    ['SHUTOFF', 'NMI', /Possible now: START/],
    ['PAUSED', 'SHUTDOWN', /is PAUSED \(paused\)\. Possible now: START, STOP/],
    ['CRASHED', 'REBOOT', /is CRASHED \(crashed\)\. Possible now: START/]
  ]
  for (const [state, actionType, message] of rows) {
    const vm = vmIn(bridge, state)
    const { status, body } = await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType })
    t.equal(status, 409, `${actionType} of a VM that is ${state}`)
    t.match(body.error, { code: 'ILLEGAL_STATE', message, vmState: state })
    t.ok(Array.isArray(body.error.possible))
  }
  t.equal(sent(bridge).length, 0, 'nothing was sent')
})

t.test('wrong arguments', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = vmIn(bridge, 'RUNNING')
  const call = async (args: object) => {
    const { status, body } = await bridge.call('changeVM_state', { vmUUID: vm.uuid, ...args })
    return { status, ...body.error }
  }
  t.match(await call({ actionType: 'STRT' }), {
    status: 400,
    message: /actionType must be one of START, SHUTDOWN, .*did you mean START\?/
  })
  t.match(
    await call({ actionType: 'LIVE_MIGRATE' }),
    { status: 400, message: /LIVEMIGRATE requires nodeUUID/ },
    'the word is understood, and the node is what is missing'
  )
  t.match(await call({ actionType: 'power-off' }), {
    status: 400,
    message: /got "power-off": SHUTDOWN asks the guest to shut down, STOP cuts the power$/
  })
  t.match(await call({}), { status: 400, message: /actionType is required/ })
  t.match(await call({ actionType: 'LIVEMIGRATE' }), {
    status: 400,
    message: /requires nodeUUID.*node_read/
  })
  t.match(
    await call({ actionType: 'LIVEMIGRATE', nodeUUID: '00000000-0000-4000-8000-000000000000' }),
    {
      status: 404,
      message: /node_read lists them/
    }
  )
  t.match(await call({ actionType: 'LIVEMIGRATE', nodeUUID: vm.nodeUUID }), {
    status: 409,
    message: /already runs on node/
  })
  t.match(await call({ actionType: 'STOP', nodeUUID: vm.nodeUUID }), {
    status: 400,
    message: /does not go with STOP/
  })
  t.match(await call({ actionType: 'STOP', wait: -1 }), {
    status: 400,
    message: /wait must be >= 0/
  })
  t.equal(vm.state, 'RUNNING')
})

t.test('a state that changes between reading and acting', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = vmIn(bridge, 'RUNNING')
  bridge.simulator.faults.add({ kind: 'error-500', path: '/VirDomain/action', times: 1 })
  const refused = await bridge.call('changeVM_state', { vmUUID: vm.uuid, actionType: 'RESET' })
  t.equal(refused.status, 502)
  t.match(refused.body.error.message, /refused RESET for VM .* another task may be working on it/)
})

t.test('a task that fails says why, slots filled', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = vmIn(bridge, 'SHUTOFF')
  bridge.simulator.faults.add({
    kind: 'fail-task',
    message: "Unable to start '%@': not enough memory on %@",
    parameters: [vm.name, '10.20.0.11']
  })
  const { status, body } = await bridge.call('changeVM_state', {
    vmUUID: vm.uuid,
    actionType: 'START'
  })
  t.equal(status, 200)
  t.match(body, {
    state: 'ERROR',
    vmState: 'SHUTOFF',
    message: `Unable to start '${vm.name}': not enough memory on 10.20.0.11`
  })
})

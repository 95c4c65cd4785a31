import { startTestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { callRaw } from '../helper/mcp-raw.ts'

/**
 * A process of its own, run with --expose-gc: sends many calls over MCP in both eras, one of them
 * with progress, one that fails, and prints as JSON how many bytes the heap grew by.
 */
const closing: (() => unknown)[] = []
const bridge = await startTestBridge(
  { teardown: (handler) => void closing.unshift(handler) },
  { config: { logLevel: 'warn' } }
)

async function calls(rounds: number): Promise<number> {
  for (let i = 0; i < rounds; i++)
    await Promise.all(
      eras.flatMap((era) => [
        callRaw(bridge, era, 'get_session'),
        callRaw(bridge, era, 'query_api', { limit: 'many' }),
        callRaw(bridge, era, 'waitTask', { taskTag: '1', wait: 0 }),
        callRaw(bridge, era, 'no_such_tool')
      ])
    )
  bridge.log.length = 0
  bridge.simulator.requests.length = 0
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    global.gc?.()
  }
  return process.memoryUsage().heapUsed
}

const before = await calls(100)
const after = await calls(500)
process.stdout.write(JSON.stringify({ grown: after - before }))
for (const close of closing) await close()

import { request as httpRequest } from 'node:http'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { run, sourceProgram } from '../helper/shell.ts'

const connections = 1000

t.test('a thousand connections opened at once are all answered', async (t) => {
  const bridge = await startTestBridge(t, { config: { logLevel: 'warn' } })
  let opened = 0
  bridge.app.server.on('connection', () => opened++)
  const one = (i: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const era = eras[i % 2] ?? 'modern'
      const list = i % 4 < 2
      const method = list ? 'tools/list' : 'tools/call'
      const params = list ? {} : { name: 'vm_read', arguments: { limit: 1 } }
      const headers = rpcHeaders(era, bridge.token, method, list ? undefined : 'vm_read')
      const call = httpRequest(`${bridge.url}/mcp`, { method: 'POST', agent: false, headers })
      call.on('error', reject)
      call.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('error', reject)
        response.on('end', () => {
          const { id, result } = JSON.parse(text) as {
            id: number
            result?: { tools?: object[]; isError?: boolean; structuredContent?: { total: number } }
          }
          const good = list
            ? result?.tools?.length === bridge.app.tools.size
            : result?.structuredContent?.total === 24
          resolve(id === i && good ? 'answered' : text.slice(0, 200))
        })
      })
      call.end(JSON.stringify(rpc(era, method, params, i)))
    })
  const all = await Promise.allSettled(Array.from({ length: connections }, (_, i) => one(i)))
  const others = all.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))
  t.same([...new Set(others)], ['answered'], 'each with its own answer')
  t.equal(opened, connections, 'each over a connection of its own')
  t.notMatch(bridge.log.join(''), /"level":(50|60)/, 'nothing failed')
})

t.test('thousands of calls leave nothing behind', async (t) => {
  const program = ['--expose-gc', ...sourceProgram('test/mcp/many-calls.ts')]
  const { exitCode, stdout, stderr } = await run(process.execPath, program)
  t.equal(exitCode, 0, stderr)
  const { grown } = JSON.parse(stdout) as { grown: number }
  t.comment(`the heap grew by ${Math.round(grown / 1024)} KiB in 4,000 calls`)
  t.ok(grown < 4 * 2 ** 20, `${grown} bytes in 4,000 calls`)
})

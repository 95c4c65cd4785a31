import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc } from '../helper/mcp-raw.ts'
import { cliPath } from '../helper/run-cli.ts'
import { until } from '../helper/simulator.ts'
import { clusterFolder } from './cluster-folder.ts'

const ends = [
  ['SIGTERM', true],
  ['SIGINT', true],
  ['the end of the input', false]
] as const

for (const [way, isAnswered] of ends)
  for (const era of eras)
    t.test(`a call that waits at ${way}, ${era}`, async (t) => {
      const bridge = await startTestBridge(t, { simulator: { speed: 1 } })
      const { simulator } = bridge
      const { args, cwd } = await clusterFolder(t, simulator)
      const child = spawn(process.execPath, [cliPath, 'mcp', ...args], {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_STATE_HOME: `${cwd}/state` }
      })
      t.teardown(() => child.kill('SIGKILL'))
      let out = ''
      let log = ''
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
      const ended = once(child, 'close') as Promise<[number | null]>

      const clone = { vmUUID: bridge.vm('app-01'), name: 'copy', wait: 60 }
      const call = rpc(era, 'tools/call', { name: 'cloneVM', arguments: clone }, 7)
      child.stdin.write(`${JSON.stringify(call)}\n`)
      await until(() => simulator.requests.some(({ path }) => path.includes('/TaskTag/')))

      if (isAnswered) child.kill(way)
      else child.stdin.end()
      const [code] = await ended
      t.equal(code, 0)
      if (!isAnswered) {
        t.equal(out, '', 'nobody is left to read an answer')
        return
      }
      const answer = JSON.parse(out.trim().split('\n').at(-1) ?? '') as {
        id: number
        result: { structuredContent: object; content: { text: string }[] }
      }
      t.equal(answer.id, 7)
      t.match(answer.result.structuredContent ?? {}, { taskTag: /^\d+$/, state: /RUNNING|QUEUED/ })
      t.match(answer.result.content[0]?.text, /waitTask with taskTag \d+/)
      t.match(log, /"tool":"cloneVM","outcome":"ok".*"surface":"stdio"/, 'and its line')
    })

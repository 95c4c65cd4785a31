import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc } from '../helper/mcp-raw.ts'
import { cliPath } from '../helper/run-cli.ts'
import { until } from '../helper/simulator.ts'
import { clusterFolder } from './cluster-folder.ts'

const ends = ['SIGTERM', 'SIGINT', 'the end of the input'] as const

for (const way of ends)
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

      if (way === 'the end of the input') child.stdin.end()
      else child.kill(way)
      const [code] = await ended
      t.equal(code, 0)
      const answer = JSON.parse(out.trim().split('\n').at(-1) ?? '') as {
        id: number
        result: { structuredContent: object; content: { text: string }[] }
      }
      t.equal(answer.id, 7)
      t.match(answer.result.structuredContent ?? {}, { taskTag: /^\d+$/, state: /RUNNING|QUEUED/ })
      t.match(answer.result.content[0]?.text, /waitTask with taskTag \d+/)
      t.match(log, /"tool":"cloneVM","outcome":"ok".*"surface":"stdio"/, 'and its line')
    })

for (const era of eras)
  t.test(`calls that are piped in get their responses before it ends, ${era}`, async (t) => {
    const { simulator } = await startTestBridge(t)
    const { args, cwd } = await clusterFolder(t, simulator)
    const child = spawn(process.execPath, [cliPath, 'mcp', ...args], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_STATE_HOME: `${cwd}/state` }
    })
    t.teardown(() => child.kill('SIGKILL'))
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    const ended = once(child, 'close') as Promise<[number | null]>
    const calls = ['node_read', 'vm_read', 'cluster_read'].map((name, i) =>
      rpc(era, 'tools/call', { name, arguments: {} }, i + 1)
    )
    child.stdin.end(calls.map((call) => `${JSON.stringify(call)}\n`).join(''))
    t.equal((await ended)[0], 0)
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; result?: { isError?: boolean } })
    t.same(new Set(answers.map(({ id }) => id)), new Set([1, 2, 3]))
    t.equal(answers.length, 3)
    for (const { id, result } of answers) t.notOk(result?.isError ?? result === undefined, `${id}`)
  })

t.test('a client that reads no more ends it at once', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 1 } })
  const { simulator } = bridge
  const { args, cwd } = await clusterFolder(t, simulator)
  simulator.faults.add({ kind: 'slow', ms: 20_000, path: '/VirDomain' })
  const child = spawn(process.execPath, [cliPath, 'mcp', ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_STATE_HOME: `${cwd}/state` }
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'close') as Promise<[number | null]>
  const [slow, fast] = ['vm_read', 'node_read'].map((name, i) =>
    rpc('legacy', 'tools/call', { name, arguments: {} }, i + 1)
  )
  child.stdout.destroy()
  child.stderr.resume()
  child.stdin.end(`${JSON.stringify(slow)}\n${JSON.stringify(fast)}\n`)
  const startedAt = performance.now()
  t.equal((await ended)[0], 0)
  t.ok(performance.now() - startedAt < 12_000, 'the call that hangs is not waited for')
})

t.test('a signal after the end of the input cuts the wait short', async (t) => {
  const { simulator } = await startTestBridge(t, { simulator: { speed: 1 } })
  const { args, cwd } = await clusterFolder(t, simulator)
  simulator.faults.add({ kind: 'hang', path: '/VirDomain' })
  const child = spawn(process.execPath, [cliPath, 'mcp', ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_STATE_HOME: `${cwd}/state` }
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'close') as Promise<[number | null]>
  child.stdout.resume()
  child.stderr.resume()
  const call = rpc('legacy', 'tools/call', { name: 'vm_read', arguments: {} }, 1)
  child.stdin.end(`${JSON.stringify(call)}\n`)
  await until(() => simulator.requests.some(({ path }) => path.endsWith('/VirDomain')))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  t.equal(child.exitCode, null, 'it waits for the response')
  const startedAt = performance.now()
  child.kill('SIGTERM')
  t.equal((await ended)[0], 0)
  t.ok(performance.now() - startedAt < 10_000, 'one second, and the time to close')
})

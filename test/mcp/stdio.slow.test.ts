import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { type Era, eras } from '../helper/mcp-client.ts'
import { rpc } from '../helper/mcp-raw.ts'
import { cliPath, runCli } from '../helper/run-cli.ts'
import { simulatorFor, until } from '../helper/simulator.ts'
import { clusterFolder } from './cluster-folder.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'

interface Answer {
  id?: string | number | null
  result?: { content?: { text: string }[]; isError?: boolean; tools?: object[] }
  error?: { code: number; message: string }
}

/** `scale-bridge mcp` with nothing of the SDK's in front of it. */
interface StdioServer {
  child: ChildProcessWithoutNullStreams
  /** Everything on standard output, and on standard error. */
  out: () => string
  err: () => string
  /** Writes a line as it is. */
  write(line: string): void
  /** Writes a request and waits for its answer. */
  ask(message: { id: string | number }): Promise<Answer>
  /** Its exit code; -1 after a minute, which is less than its calls would wait. */
  ended(): Promise<number | null>
}

function startStdio(
  t: Test,
  args: string[],
  { cwd, env = {} }: { cwd: string; env?: Record<string, string> }
): StdioServer {
  const child = spawn(process.execPath, [cliPath, 'mcp', ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, XDG_STATE_HOME: join(cwd, 'state'), ...env }
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.on('error', () => undefined)
  const end = new Promise<number | null>((resolve) => child.once('close', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  const answerTo = (id: string | number): Answer | undefined =>
    out
      .split('\n')
      .filter((line) => line.includes(`"id":${JSON.stringify(id)}`))
      .map((line) => JSON.parse(line) as Answer)[0]
  return {
    child,
    out: () => out,
    err: () => err,
    write: (line) => void child.stdin.write(line),
    async ask(message) {
      child.stdin.write(`${JSON.stringify(message)}\n`)
      await until(() => answerTo(message.id) !== undefined)
      return answerTo(message.id) ?? {}
    },
    ended: () => Promise.race([end, delay(60_000, -1, { ref: false })])
  }
}

async function emptyFolder(t: Test): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'mcp-stdio-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true, maxRetries: 5 }))
  return cwd
}

const call = (era: Era, id: number, name: string, args = {}): ReturnType<typeof rpc> =>
  rpc(era, 'tools/call', { name, arguments: args }, id)

/** Standard output holds lines of JSON-RPC and nothing else. */
function isProtocolOnly(t: Test, server: StdioServer): void {
  const lines = server.out().split('\n')
  t.equal(lines.pop(), '', 'it ends with a whole line')
  for (const line of lines) t.equal((JSON.parse(line) as { jsonrpc: string }).jsonrpc, '2.0')
}

for (const era of eras)
  t.test(`the protocol has standard output for itself, ${era}`, async (t) => {
    const simulator = await simulatorFor(t, { password: 's3cret-of-the-test' })
    const { args, cwd } = await clusterFolder(t, simulator)
    const server = startStdio(t, args, { cwd, env: { LOG_LEVEL: 'trace' } })
    const list = await server.ask(rpc(era, 'tools/list'))
    t.ok((list.result?.tools?.length ?? 0) > 20)
    const ping = await server.ask(call(era, 2, 'ping_read'))
    t.match(ping.result?.content?.[0]?.text, /status: Active/)

    simulator.faults.add({ kind: 'html-502' })
    const failed = await server.ask(call(era, 3, 'vm_read'))
    t.equal(failed.result?.isError, true)
    t.match(failed.result?.content?.[0]?.text, /[a-z]{3}/)
    simulator.faults.clear()
    t.notOk((await server.ask(call(era, 4, 'vm_read'))).result?.isError, 'it goes on')

    server.child.stdin.end()
    t.equal(await server.ended(), 0)
    isProtocolOnly(t, server)
    t.match(server.err(), /"level":20/, 'the log is on standard error')
    t.notMatch(server.err(), /s3cret-of-the-test/, 'without the password')
    const kept = await readdir(join(cwd, 'state'), { recursive: true })
    t.ok(
      kept.some((name) => /session/.test(name)),
      'the session is kept, as for serve'
    )
    t.equal(simulator.requests.filter(({ path }) => path.endsWith('/logout')).length, 0)
  })

t.test('it ends with its client, whatever it is doing', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 1 } })
  const { simulator } = bridge
  const { body } = await bridge.call('exportVM', { vmUUID: bridge.vm('app-01'), wait: 0 })
  // It would follow the task to its end.
  await bridge.close()
  const { args, cwd } = await clusterFolder(t, simulator)
  const ways: [string, (server: StdioServer) => void][] = [
    ['its input ends', (server) => server.child.stdin.end()],
    [
      'nobody reads any more',
      ({ child }) => {
        child.stdout.destroy()
        child.stdin.destroy()
      }
    ],
    ['SIGTERM', ({ child }) => child.kill('SIGTERM')],
    ['SIGINT', ({ child }) => child.kill('SIGINT')]
  ]
  await Promise.all(
    ways.map(([way, end]) =>
      t.test(way, async (t) => {
        const server = startStdio(t, args, { cwd })
        await server.ask(call('legacy', 1, 'ping_read'))
        server.write(
          `${JSON.stringify(call('legacy', 2, 'waitTask', { taskTag: body.taskTag, wait: 120 }))}\n`
        )
        await delay(1500)
        end(server)
        t.equal(await server.ended(), 0, way)
      })
    )
  )
  const before = simulator.requests.length
  await delay(1500)
  t.equal(simulator.requests.length, before, 'nobody asks the cluster any more')
})

t.test('a simulated cluster of its own', async (t) => {
  const cwd = await emptyFolder(t)
  const server = startStdio(t, ['--demo', '--vms', '3'], { cwd, env: { LOG_LEVEL: 'trace' } })
  const { result } = await server.ask(call('modern', 1, 'vm_read'))
  t.match(
    result?.content?.[0]?.text,
    /^total 3, shown 1-3\nuuid\tname\t.*(\n[0-9a-f-]{36}\t\S+\t.*){3}$/
  )
  server.child.stdin.end()
  t.equal(await server.ended(), 0)
  isProtocolOnly(t, server)
  t.same(await readdir(cwd), [], 'nothing is left behind')
})

t.test('settings that are missing or wrong are said on standard error', async (t) => {
  const simulator = await simulatorFor(t)
  const cwd = await emptyFolder(t)
  const good = clusterSettings(simulator)
  const cases: [string, string[], Record<string, string>, RegExp][] = [
    ['none', [], {}, /SCALE_HOST[\s\S]*SCALE_USERNAME/],
    ['a bad one', [], { ...good, SCALE_TLS: 'sometimes' }, /SCALE_TLS/],
    ['a bad level', ['--demo'], { LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
    ['no file', ['--settings', 'gone.env'], good, /gone\.env/]
  ]
  for (const [name, args, env, says] of cases) {
    const { code, stdout, stderr } = await runCli(t, ['mcp', ...args], { cwd, env })
    t.equal(code, 2, name)
    t.equal(stdout, '', 'nothing on standard output')
    t.match(stderr, says)
    t.notMatch(stderr, /\n\s+at /, 'no stack')
  }
})

t.test('lines that are not messages do not end it', async (t) => {
  const cwd = await emptyFolder(t)
  const server = startStdio(t, ['--demo'], { cwd })
  const lines = ['{nope', '', '[]', '42', 'null', '{}', '{"jsonrpc":"2.0","id":{},"method":"ping"}']
  for (const line of lines) server.write(`${line}\n`)
  t.ok((await server.ask(rpc('legacy', 'ping'))).result, 'before it knows the era')
  for (const line of lines) server.write(`${line}\n`)
  const unknown = await server.ask(call('legacy', 2, 'vm_raed'))
  t.match(unknown.error, { code: -32_602, message: /did you mean vm_read\?$/ })
  const bad = await server.ask(rpc('legacy', 'tools/call', { name: 5 }, 3))
  t.match(bad.error, { code: -32_602, message: /params\.name: expected string, received number/ })
  const text = { name: 'fetch_vm', arguments: '{"vm": "web-01"}' }
  const read = await server.ask(rpc('legacy', 'tools/call', text, 7))
  t.match(JSON.stringify(read.result), /"arguments\\*" was JSON text/)
  for (const line of lines.filter((line) => line !== '')) {
    const before = server.out().length
    server.write(`${line}\n`)
    await until(() => server.out().slice(before).includes('\n'))
    const { error, id } = JSON.parse(server.out().slice(before)) as Answer
    t.equal(error?.code, line.startsWith('{nope') ? -32_700 : -32_600, line)
    t.equal(id, null)
    t.notMatch(error?.message, /\n|"path"/, 'in plain words')
  }
  const long = await server.ask(call('legacy', 4, 'fetch_vm', { name: 'x'.repeat(1_000_000) }))
  t.ok(long.result ?? long.error, 'a line just below the limit is answered')
  server.write(`${JSON.stringify(call('legacy', 5, 'fetch_vm', { name: 'x'.repeat(12 << 20) }))}\n`)
  await until(() => server.out().includes('exceeds the limit of 1 MiB'))
  t.ok((await server.ask(rpc('legacy', 'ping', {}, 6))).result, 'one of 12 MiB is refused')
  server.child.stdin.end()
  t.equal(await server.ended(), 0)
  isProtocolOnly(t, server)
})

t.test('serve and mcp share a session file', async (t) => {
  const simulator = await simulatorFor(t, { sessions: 'shared' })
  const { args, cwd } = await clusterFolder(t, simulator, {
    SCALE_SESSION_FILE: 'both/session.json'
  })
  const env = { LOG_LEVEL: 'warn' }
  const servers = eras.map(() => startStdio(t, args, { cwd, env }))
  const bridge = await startTestBridge(t, {
    cluster: {
      nodes: simulator.urls,
      username: simulator.world.options.user,
      password: simulator.world.options.password,
      tls: { mode: 'pin', fingerprints: simulator.fingerprints },
      sessionFile: join(cwd, 'both', 'session.json')
    }
  })
  for (let round = 1; round <= 5; round++) {
    if (round % 2 === 0) simulator.faults.add({ kind: 'drop-sessions' })
    const [rest, ...answers] = await Promise.all([
      bridge.call('vm_read'),
      ...servers.map((server) => server.ask(call('legacy', round, 'vm_read')))
    ])
    t.equal(rest.status, 200)
    for (const { result } of answers)
      t.notOk(result?.isError, `served: ${result?.content?.[0]?.text.slice(0, 100)}`)
  }
  t.ok(JSON.parse(await readFile(join(cwd, 'both', 'session.json'), 'utf8')), 'the file is whole')
  for (const server of servers) {
    server.child.stdin.end()
    t.equal(await server.ended(), 0)
    isProtocolOnly(t, server)
  }
})

import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startTestBridge, type TestBridge, type TestBridgeOptions } from '../helper/bridge.ts'
import { startCli } from '../helper/run-cli.ts'

const data = Buffer.alloc(3 * 2 ** 20 + 11, 'scale')
const hash = createHash('sha256').update(data).digest('hex')

const start = (t: Parameters<typeof startTestBridge>[0], options: TestBridgeOptions = {}) =>
  startTestBridge(t, { simulator: { nodes: 1, speed: 300 }, ...options })

const put = (bridge: TestBridge, path: string, headers: Record<string, string> = {}) =>
  bridge.fetch(path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${bridge.token}`, ...headers },
    body: data
  })

const isoNamed = ({ simulator }: TestBridge, name: string) =>
  [...simulator.world.state.isos.values()].find((iso) => iso.name === name)

/** Begins to send a file; `leave` is the status of the response to its headers. */
function begin(bridge: TestBridge, path: string, headers: Record<string, string | number> = {}) {
  const request = httpRequest(bridge.url + path, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${bridge.token}`,
      'content-length': data.length,
      expect: '100-continue',
      ...headers
    }
  })
  request.on('error', () => undefined)
  const leave = new Promise<number>((resolve) => {
    request.once('continue', () => resolve(100))
    request.once('response', ({ statusCode = 0 }) => resolve(statusCode))
  })
  request.flushHeaders()
  return { request, leave }
}

t.test('a file of the client goes through, whatever it says it is', async (t) => {
  const bridge = await start(t)
  for (const [at, type] of [
    'application/octet-stream',
    'application/json',
    'text/plain'
  ].entries()) {
    const { status, body } = await put(bridge, `/upload/iso/own%20${at}.iso?sha256=${hash}`, {
      'content-type': type
    })
    t.equal(status, 200, JSON.stringify(body))
    t.match(body, { state: 'COMPLETE', name: `own ${at}.iso`, sha256: hash })
    t.equal(bridge.simulator.world.state.uploads.get(body.createdUUID)?.sha256, hash)
  }
  const disk = await put(bridge, '/upload/disk/own.raw')
  t.match(disk.body, { state: 'COMPLETE', sha256: hash }, JSON.stringify(disk.body))
  const entry = bridge.app.audit.recent().find(({ path }) => path === '/VirtualDisk/upload')
  t.match(entry, { tool: 'uploadDisk', effect: 'egress', body: { bytes: data.length } })
})

t.test('what is wrong is refused before a byte is asked for', async (t) => {
  const bridge = await start(t)
  await put(bridge, '/upload/iso/there.iso')
  const cases: [string, Record<string, string | number>, number][] = [
    ['/upload/iso/a.iso', { authorization: 'Bearer wrong' }, 401],
    ['/upload/iso/there.iso', {}, 409],
    ['/upload/iso/a.iso', { 'content-length': 2 ** 50 }, 400],
    ['/upload/iso/a.iso', { 'content-length': 2 ** 48 }, 409],
    ['/upload/iso/a.iso?sha256=abc', {}, 400],
    ['/upload/iso/a%2Fb.iso', {}, 400],
    ['/upload/iso/..%2f', {}, 400],
    ['/upload/disk/a.iso', {}, 400],
    ['/upload/other/a.iso', {}, 404]
  ]
  for (const [path, headers, status] of cases) {
    const { request, leave } = begin(bridge, path, headers)
    t.equal(await leave, status, path)
    request.destroy()
  }
  const chunked = await bridge.fetch('/upload/iso/a.iso', {
    method: 'PUT',
    headers: { authorization: `Bearer ${bridge.token}` },
    body: Readable.from([data.subarray(0, 1000)])
  })
  t.match(chunked.body, { error: { code: 'INVALID_ARGUMENT', message: /Content-Length/ } })
  t.equal(isoNamed(bridge, 'a.iso'), undefined)
})

t.test('a client that breaks off leaves nothing; a wrong hash neither', async (t) => {
  const bridge = await start(t)
  const { isos, virtualDisks } = bridge.simulator.world.state
  const count = (): number => isos.size + virtualDisks.size
  const before = count()
  const gone = async (): Promise<void> => {
    for (let i = 0; i < 100 && count() > before; i += 1) await sleep(50)
    t.equal(count(), before)
    // The bridge checks the deletion, too.
    await sleep(600)
  }
  for (const path of ['/upload/iso/cut.iso', '/upload/disk/cut.img']) {
    const { request, leave } = begin(bridge, path)
    t.equal(await leave, 100)
    request.write(data.subarray(0, 2 ** 20))
    await sleep(200)
    t.equal(count(), before + 1, 'it is under way')
    const second = begin(bridge, path)
    t.equal(await second.leave, 409, 'one at a time')
    request.destroy()
    await gone()
    const wrong = await put(bridge, `${path}?sha256=${'0'.repeat(64)}`)
    t.match(wrong.body, {
      error: { code: 'INVALID_ARGUMENT', message: /The SHA-256 of what came/ }
    })
    await gone()
  }
  t.match((await put(bridge, '/upload/iso/cut.iso')).body, { state: 'COMPLETE' })
})

t.test('an upload may take longer than any other request', async (t) => {
  const bridge = await start(t, { timings: { requestMs: 300 } })
  const { request, leave } = begin(bridge, '/upload/iso/slow.iso')
  t.equal(await leave, 100)
  const status = new Promise((resolve) =>
    request.once('response', (response) => resolve(response.statusCode))
  )
  for (let at = 0; at < data.length; at += 2 ** 20) {
    request.write(data.subarray(at, at + 2 ** 20))
    await sleep(250)
  }
  request.end()
  t.equal(await status, 200)
})

t.test('a person approves it before it is sent', async (t) => {
  const bridge = await start(t, { config: { approval: 'lose' } })
  const { body } = await put(bridge, '/upload/iso/plan.iso')
  t.match(body, { error: { code: 'APPROVAL_REQUIRED' } })
  t.equal(isoNamed(bridge, 'plan.iso'), undefined)
})

t.test('scale-bridge upload sends a file, and says what is wrong', async (t) => {
  const bridge = await start(t)
  const cwd = t.testdir({ 'debian.iso': data, 'disk.qcow2': data, 'empty.iso': '' })
  const env = { BRIDGE_URL: bridge.url, BRIDGE_TOKEN: bridge.token }
  const upload = async (...args: string[]) => {
    const running = startCli(t, ['upload', ...args], { cwd, env })
    return { code: await running.exit, stdout: running.stdout, stderr: running.stderr }
  }
  const cases: [string[], number, RegExp][] = [
    [[join(cwd, 'debian.iso')], 0, new RegExp(`ISO "debian.iso" is there: 3 MiB, SHA-256 ${hash}`)],
    [['debian.iso'], 1, /already an ISO "debian\.iso"/],
    [['debian.iso', '--name', 'other'], 0, /ISO "other\.iso" is there/],
    [['disk.qcow2', '--name', 'd.qcow2'], 0, /disk image "d\.qcow2" is there/],
    [['debian.iso', '--disk'], 1, /name must end in \.qcow2/],
    [['debian.iso', '--name', 'x.iso', '--sha256', '0'.repeat(64)], 1, /SHA-256 of what came/],
    [['empty.iso'], 2, /is empty/],
    [['none.iso'], 2, /does not exist/],
    [['debian.iso', '--token', 'wrong'], 1, /valid token/],
    [['debian.iso', '--url', 'http://127.0.0.1:1'], 1, /refused the connection/]
  ]
  for (const [args, code, words] of cases) {
    const found = await upload(...args)
    t.equal(found.code, code, `${args.join(' ')} ${found.stderr}`)
    t.match(found.stdout + found.stderr, words)
  }
})

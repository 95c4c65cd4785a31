import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { startTestBridge, type TestBridge } from './helper/bridge.ts'
import { fencesIn, readPage } from './helper/docs.ts'
import { freePort } from './helper/ports.ts'
import { cliPath, runCli } from './helper/run-cli.ts'
import { missingPrograms, run } from './helper/shell.ts'
import { until } from './helper/simulator.ts'

const example = (name: string): Promise<string> =>
  readFile(join(packageRoot, 'examples', name), 'utf8')

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deployment-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

t.test('the documentation shows the examples as they are', async (t) => {
  const blocks = fencesIn(readPage('docs/deployment.md'))
  for (const [info, name] of [
    ['ini', 'scale-bridge.service'],
    ['caddyfile', 'Caddyfile'],
    ['nginx', 'nginx.conf']
  ] as const) {
    const { code } = blocks.find((block) => block.info === info) ?? {}
    t.equal(code, await example(name), `docs/deployment.md and examples/${name}`)
  }
})

/** The values of a unit file, by section and name. */
function unitOf(text: string): Record<string, Record<string, string[]>> {
  const unit: Record<string, Record<string, string[]>> = {}
  let section = ''
  for (const line of text.split('\n')) {
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? []
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) unit[(section = name)] = {}
    else if (key !== undefined) ((unit[section] ??= {})[key] ??= []).push(value)
    else if (line !== '' && !line.startsWith('#')) throw new Error(`not of a unit: ${line}`)
  }
  return unit
}

t.test('the unit starts what there is, and gives it time to end', async (t) => {
  const { Service } = unitOf(await example('scale-bridge.service'))
  const [node = '', program = '', ...words] = Service?.['ExecStart']?.[0]?.split(' ') ?? []
  t.equal(node, '/usr/bin/node')
  t.ok(cliPath.endsWith(program.replace('/opt/scale-bridge', '')), program)
  t.same(Service?.['Environment'], ['NODE_ENV=production', 'MALLOC_TRIM_THRESHOLD_=131072'])
  t.match(
    (await readFile(join(packageRoot, 'Dockerfile'), 'utf8')).replaceAll(/\\\n\s*/g, ''),
    /^ENV NODE_ENV=production MALLOC_TRIM_THRESHOLD_=131072 /m,
    'as in the image'
  )
  const settings = words.at(-1) ?? ''
  const { code, stderr } = await runCli(t, words, { cwd: t.testdir() })
  t.equal(code, 2)
  t.match(stderr, `${settings} does not exist`, 'the command and its option are known')
  // In the settings, which `check` and `token` read as well.
  const page = await readFile(join(packageRoot, 'docs', 'deployment.md'), 'utf8')
  const [, state = ''] =
    /^echo SCALE_SESSION_FILE=(\S+) \| sudo tee --append \.env$/m.exec(page) ?? []
  t.match(state, `/var/lib/${Service?.['StateDirectory']?.[0]}/`, 'it may write its session')
  t.match(page, `--settings ${settings}`, 'the settings that the commands of the page read')
  const lifetime = await readFile(
    join(packageRoot, 'src', 'cli', 'io', 'process-lifetime.ts'),
    'utf8'
  )
  const [, grace = ''] = /graceMs = (\S+)/.exec(lifetime) ?? []
  t.ok(Number(Service?.['TimeoutStopSec']?.[0]) * 1000 > Number(grace.replaceAll('_', '')))
})

t.test('systemd takes the unit', { skip: missingPrograms('systemd-analyze') }, async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'scale-bridge.service')
  const text = (await example('scale-bridge.service'))
    .replace('/usr/bin/node /opt/scale-bridge/dist/cli.js', `${process.execPath} ${cliPath}`)
    .replace('User=scale-bridge', `User=${userInfo().username}`)
    .replace(/^Documentation=.*$/m, '')
  await writeFile(file, text)
  const { exitCode, stdout, stderr } = await run('systemd-analyze', ['verify', file])
  const said = (stdout + stderr).split('\n').filter((line) => line.includes('scale-bridge'))
  t.same(said, [])
  t.equal(exitCode, 0, stderr)
})

/** Starts a proxy; it is ended with the test. Resolves when it takes connections. */
async function startProxy(t: Test, command: string, args: string[], port: number): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const limit = Date.now() + 20_000
  for (;;) {
    const reached = await ask(port, '/health').catch(() => undefined)
    if (reached !== undefined) return
    if (child.exitCode !== null || Date.now() > limit) throw new Error(`${command}: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface Answer {
  status: number
  body: string
  /** What of the body came first. */
  first: string
}

/** The address of a call to the proxy by the name of the example. */
const byName = (port: number, path: string): RequestOptions => ({
  host: '127.0.0.1',
  port,
  path,
  servername: 'bridge.example',
  rejectUnauthorized: false
})

function readAnswer(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    let first = ''
    response.on('data', (chunk: Buffer) => {
      first ||= chunk.toString()
      text += chunk.toString()
    })
    response.on('error', reject)
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, first }))
  })
}

/** Calls the proxy by the name of the example. */
function ask(
  port: number,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {}
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...byName(port, path),
        method: body === undefined ? 'GET' : 'POST',
        headers: { host: 'bridge.example', ...headers }
      },
      (response) => void readAnswer(response).then(resolve, reject)
    )
    call.on('error', reject)
    call.end(body)
  })
}

/** Uploads a file whose last piece is sent once the cluster knows of it: nothing on the way gathers it. */
async function uploadThrough(t: Test, bridge: TestBridge, port: number): Promise<void> {
  const bytes = 9 * 2 ** 20
  const { isos } = bridge.simulator.world.state
  const response = new Promise<Answer>((resolve, reject) => {
    const call = request(
      {
        ...byName(port, '/upload/iso/through.iso'),
        method: 'PUT',
        headers: {
          host: 'bridge.example',
          authorization: `Bearer ${bridge.token}`,
          'content-length': bytes
        }
      },
      (incoming) => void readAnswer(incoming).then(resolve, reject)
    )
    call.on('error', reject)
    call.write(Buffer.alloc(2 ** 20))
    until(() => [...isos.values()].some(({ name }) => name === 'through.iso')).then(
      () => call.end(Buffer.alloc(bytes - 2 ** 20)),
      reject
    )
  })
  t.match(
    await response,
    { status: 200, body: /"state": ?"COMPLETE"/ },
    'larger than any other body'
  )
}

/** What must work through a proxy: names, the token, long calls, events as they come, uploads. */
async function throughProxy(t: Test, bridge: TestBridge, port: number): Promise<void> {
  const headers = {
    authorization: `Bearer ${bridge.token}`,
    'content-type': 'application/json'
  }
  t.match(await ask(port, '/ready'), { status: 200 }, 'the bridge knows the name')
  t.match(await ask(port, '/vm_read', { body: '{}' }), { status: 401 })
  t.match(await ask(port, '/vm_read', { headers, body: '{}' }), { status: 200 })

  const progress = await ask(port, '/mcp', {
    headers: { ...headers, accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'exportVM',
        arguments: { vmUUID: bridge.vm('app-01'), wait: 30 },
        _meta: { progressToken: 1 }
      }
    })
  })
  t.equal(progress.status, 200)
  t.match(progress.first, /notifications\/progress/)
  t.notMatch(progress.first, /"id":1/, 'events come one by one, nothing holds them back')
  t.match(progress.body, /"id":1/)

  await uploadThrough(t, bridge, port)
}

const bridgeFor = (t: Test): Promise<TestBridge> =>
  startTestBridge(t, {
    simulator: { speed: 5 },
    config: { allowedHosts: ['bridge.example'] }
  })

t.test('TLS by nginx', { skip: missingPrograms('nginx', 'openssl') }, async (t) => {
  const bridge = await bridgeFor(t)
  const folder = await temporaryFolder(t)
  const port = await freePort()
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  const subject = ['-subj', '/CN=bridge.example', '-days', '2', '-nodes']
  const made = await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject
  ])
  t.equal(made.exitCode, 0, made.stderr)
  const server = (await example('nginx.conf'))
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    .replace('/etc/ssl/bridge.example.crt', certificate)
    .replace('/etc/ssl/private/bridge.example.key', key)
    .replaceAll('http://127.0.0.1:5075', bridge.url)
  await mkdir(join(folder, 'logs'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`
  )
  const file = join(folder, 'nginx.conf')
  await writeFile(
    file,
    `pid ${join(folder, 'nginx.pid')};\ndaemon off;\nerror_log stderr;\nevents {}\n` +
      `http {\naccess_log off;\n${temporary.join('\n')}\n${server}}\n`
  )
  const args = ['-p', folder, '-e', 'stderr', '-c', file]
  const checked = await run('nginx', ['-t', ...args])
  t.equal(checked.exitCode, 0, checked.stderr)
  await startProxy(t, 'nginx', args, port)
  await throughProxy(t, bridge, port)
})

t.test('TLS by Caddy', { skip: missingPrograms('caddy') }, async (t) => {
  const bridge = await bridgeFor(t)
  const folder = await temporaryFolder(t)
  const [port, plain] = [await freePort(), await freePort()]
  const site = (await example('Caddyfile'))
    .replace('bridge.example {', `bridge.example:${port} {`)
    .replace('# tls internal', 'tls internal')
    .replace('127.0.0.1:5075', new URL(bridge.url).host)
  const file = join(folder, 'Caddyfile')
  const options = [`http_port ${plain}`, `https_port ${port}`, 'admin off', 'skip_install_trust']
  await writeFile(
    file,
    `{\n${options.join('\n')}\nstorage file_system ${folder}\nauto_https disable_redirects\n}\n${site}`
  )
  const args = ['--config', file, '--adapter', 'caddyfile']
  const checked = await run('caddy', ['validate', ...args], { env: { HOME: folder } })
  t.equal(checked.exitCode, 0, checked.stderr)
  await startProxy(t, 'caddy', ['run', ...args], port)
  await throughProxy(t, bridge, port)
})

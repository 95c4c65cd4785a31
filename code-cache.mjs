// Compiles the bundle for the Node.js that runs this: `node code-cache.mjs BUNDLE FILE`. Run by esbuild.config.mjs.
//
// V8 compiles a function when it is called first, so the bridge is started in front of a simulated cluster
// and asked for some things before what was compiled is written into the file (see src/launch.ts).
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Script } from 'node:vm'

const [bundle, file] = process.argv.slice(2).map((path) => resolve(path))
const home = await mkdtemp(join(tmpdir(), 'scale-bridge-build-'))
const token = 'build-token-0123456789'

/** What a program prints until it matches. */
const printed = (stream, pattern) =>
  new Promise((found, failed) => {
    let text = ''
    stream.on('data', (chunk) => {
      text += chunk
      const match = pattern.exec(text)
      if (match) found(match)
    })
    stream.once('close', () => failed(new Error(`The simulator ended: ${text}`)))
  })

const simulator = spawn(
  process.execPath,
  [bundle, 'simulator', '--port', '0', '--nodes', '1', '--vms', '20'],
  { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] }
)

/** A port that nothing listens on, and none of those that systems give to outgoing connections. */
async function freePort() {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    const server = createServer()
    const isFree = await new Promise((found) => {
      server.once('error', () => found(false))
      server.listen(port, '127.0.0.1', () => found(true))
    })
    if (!isFree) continue
    await new Promise((closed) => server.close(closed))
    return port
  }
}

/** Posts a body as a client does. */
async function post(base, path, body, headers = {}) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers
    },
    body: JSON.stringify(body)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
}

/** What most starts are followed by. */
async function useBridge(base) {
  for (const path of ['/health', '/openapi.json', '/', '/ready'])
    await (await fetch(base + path)).text()
  for (let i = 0; i < 3; i++) {
    await post(base, '/vm_read', { limit: 5 })
    await post(base, '/vm_read', { filter: 'state:RUNNING' }, { accept: 'text/plain' })
    await post(base, '/run_api', { query: '/VirDomain', method: 'GET' })
    await post(base, '/query_api', { query: 'take a snapshot of a VM' })
    const message = (method, params) => ({ jsonrpc: '2.0', id: i, method, params })
    await post(
      base,
      '/mcp',
      message('initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'build', version: '1' }
      })
    )
    await post(base, '/mcp', message('tools/list'))
    await post(base, '/mcp', message('tools/call', { name: 'vm_read', arguments: { limit: 5 } }))
    // Those above need nothing of the SDK.
    await post(base, '/mcp', message('ping'))
    await post(base, '/mcp', message('resources/read', { uri: 'hypercore://schema' }))
  }
}

try {
  const [, node, fingerprint] = await printed(
    simulator.stdout,
    /^SCALE_HOST=(\S+)[^]*^SCALE_TLS_FINGERPRINT=(\S+)\n/m
  )
  for (const name of Object.keys(process.env)) if (name !== 'PATH') delete process.env[name]
  const port = await freePort()
  Object.assign(process.env, {
    HOME: home,
    PORT: String(port),
    LOG_LEVEL: 'info',
    MCP_BEARER_TOKEN: token,
    SCALE_HOST: node,
    SCALE_USERNAME: 'admin',
    SCALE_PASSWORD: 'admin',
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: fingerprint
  })
  process.chdir(home)
  process.argv.splice(2, Infinity, 'serve')
  const source = `(function (require, __filename, __dirname) {${await readFile(bundle, 'latin1')}\n})`
  const script = new Script(source, { filename: bundle })
  script.runInThisContext()(createRequire(bundle), bundle, dirname(bundle))
  const base = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${base}/ready`).then(
      ({ status }) => status === 200,
      () => false
    )
    if (ready) break
    if (tries === 200) throw new Error('The bridge did not become ready')
    await sleep(50)
  }
  await useBridge(base)
  await writeFile(`${file}.new`, script.createCachedData())
  await rename(`${file}.new`, file)
} finally {
  simulator.kill('SIGKILL')
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
}
process.exit(0)

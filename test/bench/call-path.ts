import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Session } from 'node:inspector/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { createLogger } from '../../src/config/log.ts'
import { Outgoing } from '../../src/lib/secrets/outgoing.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { testConfig } from '../helper/config.ts'
import { startBridge } from '../../src/server.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'

/**
 * `npm run bench:call-path`: the way of a call through the bridge, as V8's precise coverage sees it:
 * the files of ours and the named functions in them that ran for one `changeVM_state` by name over MCP
 * and for one `vm_read` with a filter over REST. `--files` lists them.
 */
interface Cluster {
  urls: string[]
  fingerprints: string[]
  /** Names of VMs that run. */
  running: string[]
}

const child = fork(new URL('./simulator-process.ts', import.meta.url))
const [cluster] = (await once(child, 'message')) as [Cluster]
const token = 'bench-token-0123456789'
const outgoing = new Outgoing([{ value: token }])
const bridge = await startBridge({
  config: {
    ...testConfig,
    token
  },
  cluster: {
    nodes: cluster.urls,
    username: 'admin',
    password: 'admin',
    useOidc: false,
    tls: { mode: 'pin', fingerprints: cluster.fingerprints },
    sessionMaxAgeMs: 3_600_000
  },
  logger: createLogger('info', outgoing, { write: () => undefined }),
  outgoing
})

async function post(path: string, headers: Record<string, string>, body: unknown): Promise<void> {
  const response = await request(bridge.url + path, {
    method: 'POST',
    headers,
    body: JSON.stringify(body)
  })
  const text = await response.body.text()
  if (response.statusCode !== 200 || text.includes('"isError":true'))
    throw new Error(`${path}: ${response.statusCode} ${text}`)
}

const viaMcp = (tool: string, args: object): Promise<void> =>
  post(
    '/mcp',
    rpcHeaders('modern', token, 'tools/call', tool),
    rpc('modern', 'tools/call', { name: tool, arguments: args })
  )

const viaRest = (tool: string, args: object): Promise<void> =>
  post(`/${tool}`, { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, args)

interface Way {
  files: Map<string, string[]>
  functions: number
}

const isOurs = (path: string): boolean => /^(src|plugins|routes)\//.test(path)

/** Which of our files and functions run during a call. */
async function wayOf(call: () => Promise<void>): Promise<Way> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await call()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  await session.post('Profiler.stopPreciseCoverage')
  session.disconnect()
  const files = new Map<string, string[]>()
  for (const { url, functions } of result) {
    const path = url.startsWith('file:') ? relative(packageRoot, fileURLToPath(url)) : ''
    const ran = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
    if (!isOurs(path) || ran.length === 0) continue
    const named = ran.map(({ functionName }) => functionName).filter((name) => name !== '')
    files.set(path, named)
  }
  const functions = [...files.values()].reduce((sum, { length }) => sum + length, 0)
  return { files, functions }
}

function print(title: string, { files, functions }: Way): void {
  const rooms = new Map<string, number>()
  for (const path of files.keys()) {
    const room = path
      .split('/')
      .slice(0, path.startsWith('src/') ? 2 : 1)
      .join('/')
    rooms.set(room, (rooms.get(room) ?? 0) + 1)
  }
  const shares = [...rooms].toSorted(([, a], [, b]) => b - a).map(([room, n]) => `${room} ${n}`)
  process.stdout.write(`${title}: ${files.size} files, ${functions} named functions\n`)
  process.stdout.write(`  ${shares.join(', ')}\n`)
  if (!process.argv.includes('--files')) return
  for (const [path, names] of [...files].toSorted(([a], [b]) => a.localeCompare(b)))
    process.stdout.write(`  ${path}: ${names.join(', ') || '(unnamed)'}\n`)
}

const [first = '', second = ''] = cluster.running
// Once before, so that what is loaded with the first call is not counted.
await viaMcp('changeVM_state', { vmUUID: first, actionType: 'PAUSE' })
await viaRest('vm_read', { filter: 'web' })
// The search index is built in the background: nor is that.
await viaRest('query_api', { query: 'list snapshots' })
print(
  'MCP changeVM_state by name',
  await wayOf(() => viaMcp('changeVM_state', { vmUUID: second, actionType: 'PAUSE' }))
)
print(
  'REST vm_read with filter',
  await wayOf(() => viaRest('vm_read', { filter: 'state:RUNNING' }))
)
await bridge.close()
child.disconnect()

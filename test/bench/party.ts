import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { request } from 'undici'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { cliPath } from '../helper/run-cli.ts'
import { freePort } from '../helper/ports.ts'

/** What a process has cost since its start. */
export interface Cost {
  cpuMs: number
  rssMiB: number
  peakMiB: number
  /** Of a cluster: the API calls and the TLS connections that reached it. */
  requests?: number
  connections?: number
  /** What the bodies it sent came to; of the stub alone. */
  bytes?: number
}

/** One of those who take part in a measurement, in a process of its own, so that its CPU counts alone. */
export interface Party {
  url: string
  cost(): Promise<Cost>
  stop(): Promise<void>
}

/** What a cluster says of itself once it listens. */
export interface ClusterFacts {
  url: string
  fingerprint: string
  /** uuid of a VM that runs. */
  vmUUID: string
  /** Its name, which no other has. */
  vmName: string
}

export const token = 'bench-token-0123456789'

/** How long a process may take to end by itself: what profiles it writes then. */
const stopMs = 10_000

/** Of a test, too, which is bundled elsewhere. */
const here = join(packageRoot, 'test', 'bench')
const probe = pathToFileURL(join(here, 'probe.mjs')).href
const typeScript = ['--import', 'ts-blank-space/register']

/** The next message of that name. */
async function told<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const listen = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !(name in message)) return
      child.off('message', listen)
      child.off('exit', fail)
      resolve((message as Record<string, T>)[name] as T)
    }
    const fail = (code: number | null): void =>
      reject(new Error(`A process that was measured ended with ${code}`))
    child.on('message', listen)
    child.once('exit', fail)
  })
}

function partyOf(child: ChildProcess, url: string): Party {
  return {
    url,
    async cost() {
      const answer = told<Cost>(child, 'cost')
      child.send('cost')
      return answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill()
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
      await ended
      clearTimeout(timer)
    }
  }
}

async function startSource(
  file: string,
  options: object
): Promise<{ party: Party; facts: ClusterFacts }> {
  const child = fork(join(here, file), [JSON.stringify(options)], {
    execArgv: [...typeScript, '--import', probe]
  })
  const facts = await told<ClusterFacts>(child, 'ready')
  return { party: partyOf(child, facts.url), facts }
}

/** What stands behind all others. */
export const upstreams = ['stub', 'changing stub', 'simulator'] as const
export type Upstream = (typeof upstreams)[number]

export const startCluster = (
  upstream: Upstream,
  vms: number
): Promise<{ party: Party; facts: ClusterFacts }> =>
  startSource('cluster-process.ts', { upstream, vms })

export const startForwarder = async (cluster: ClusterFacts): Promise<Party> =>
  (await startSource('forwarder-process.ts', { cluster: cluster.url })).party

export const startFastify = async (cluster: ClusterFacts): Promise<Party> =>
  (await startSource('fastify-process.ts', { cluster: cluster.url, token })).party

/** Who may do what, and what is asked before it is done: as it comes, and with everything that is there. */
export const safeties = ['plain', 'safe'] as const
export type Safety = (typeof safeties)[number]

const settingsOf: Record<Safety, Record<string, string>> = {
  plain: {},
  safe: {
    APPROVAL: 'lose',
    PROTECTED_TAGS: 'crown',
    MAX_TARGETS: '1',
    RUN_API: 'checked',
    EXPORT_TARGETS: 'nas.example'
  }
}

/** The environment of a bridge in front of a cluster, all its files in a folder of its own. */
export const bridgeEnv = (
  cluster: ClusterFacts,
  folder: string,
  port: number,
  safety: Safety = 'plain'
): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  XDG_STATE_HOME: join(folder, 'state'),
  PORT: String(port),
  MCP_BEARER_TOKEN: token,
  SCALE_HOST: new URL(cluster.url).host,
  SCALE_USERNAME: 'admin',
  SCALE_PASSWORD: 'admin',
  SCALE_TLS: 'pin',
  SCALE_TLS_FINGERPRINT: cluster.fingerprint,
  // As the image and the systemd unit have it.
  MALLOC_TRIM_THRESHOLD_: '131072',
  // Limits are there to be reached here.
  RATE_LIMIT: 'off',
  WRITES_PER_MINUTE: 'off',
  ...settingsOf[safety]
})

export interface BridgeOptions {
  folder: string
  safety?: Safety
  /** Another build. */
  cli?: string
  /** Options of Node, such as `--cpu-prof`. */
  nodeOptions?: string[]
}

/** The built bridge, as `scale-bridge serve` starts it. */
export async function startBridgeParty(
  cluster: ClusterFacts,
  { folder, safety = 'plain', cli = cliPath, nodeOptions = [] }: BridgeOptions
): Promise<Party> {
  const port = await freePort()
  const child = fork(cli, ['serve'], {
    cwd: folder,
    env: bridgeEnv(cluster, folder, port, safety),
    execArgv: ['--import', probe, ...nodeOptions],
    // The log is written, but no terminal has to display it.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    const status = await request(`${url}/ready`).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      },
      () => undefined
    )
    if (status === 200) return partyOf(child, url)
    if (child.exitCode !== null || tries === 400)
      throw new Error(`The bridge did not become ready (${status ?? 'no response'})`)
    await sleep(50)
  }
}

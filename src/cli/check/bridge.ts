import { createServer } from 'node:net'
import { bridgeUrl } from '../../config/bridge-url.ts'
import { type ClientView, ConfigError, loadClientView } from '../../config/config.ts'
import type { Environment } from '../../config/env-file.ts'
import { isObject } from '../../lib/json/json.ts'
import { packageVersion } from '../../lib/files/package-info.ts'
import type { CheckTable } from './table.ts'

const timeoutMs = 5000

/** Why the address cannot be listened on, as a code of the system; undefined if it can. */
async function listenProblem({ host, port }: ClientView): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** The status and the JSON of a response; undefined if nothing came that a bridge sends. */
async function ask(
  url: string,
  init: RequestInit = {}
): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) })
    const body: unknown = await response.json()
    return isObject(body) ? { status: response.status, body } : undefined
  } catch {
    return undefined
  }
}

/** Whether the running bridge accepts the token of the settings. */
async function acceptsToken(url: string, token: string): Promise<boolean> {
  const response = await ask(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
  })
  return response?.status !== 401
}

async function checkRunning(
  table: CheckTable,
  url: string,
  version: string,
  token: string | undefined
): Promise<void> {
  const restart = 'restart it, so that it reads the settings again'
  if (token !== undefined && !(await acceptsToken(url, token))) {
    table.failed('bridge', `a bridge runs at ${url} and refuses MCP_BEARER_TOKEN`, [restart])
    return
  }
  const ready = await ask(`${url}/ready`)
  if (ready?.status !== 200) {
    const { status, code } = ready?.body ?? {}
    const said = [status, code].filter((word) => typeof word === 'string').join(', ')
    table.failed('bridge', `runs at ${url}, and says: ${said || 'not ready'}`, [
      `if the cluster is ok above, ${restart}`
    ])
    return
  }
  table.ok(
    'bridge',
    `version ${version} runs at ${url} and is ready`,
    version === packageVersion ? [] : [`restart it: this is version ${packageVersion}`]
  )
}

const portProblems: Record<string, [problem: string, advice: string]> = {
  EADDRINUSE: ['is in use by another program', 'stop that program, or set PORT'],
  EACCES: ['requires privileges this user does not have', 'set PORT to 1024 or higher'],
  EADDRNOTAVAIL: ['is not an address of this machine', 'correct HOST'],
  ENOTFOUND: ['has an unknown name', 'correct HOST']
}

/** Whether a bridge runs with these settings, or could. */
export async function checkBridge(table: CheckTable, env: Environment): Promise<void> {
  let view: ClientView
  try {
    view = loadClientView(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    table.skipped('bridge', 'requires the settings above')
    return
  }
  const { host, port, token } = view
  if (port === 0) {
    table.skipped('bridge', 'PORT is 0: it takes any free port')
    return
  }
  const code = await listenProblem(view)
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (code === undefined) {
    table.skipped('bridge', `does not run; ${address} is free`)
    return
  }
  const url = bridgeUrl(host, port)
  const health = code === 'EADDRINUSE' ? await ask(`${url}/health`) : undefined
  const version = health?.body['version']
  if (health?.body['status'] === 'ok' && typeof version === 'string') {
    await checkRunning(table, url, version, token)
    return
  }
  const [problem, advice] = portProblems[code] ?? [
    `cannot be listened on (${code})`,
    'correct HOST and PORT'
  ]
  table.failed('bridge', `${address} ${problem}`, [advice])
}

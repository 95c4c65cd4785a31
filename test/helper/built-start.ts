import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { freePort } from './ports.ts'
import { cliPath } from './run-cli.ts'

const token = 'test-token-0123456789'

/** A request to the bridge: `GET` without a body, `POST` with one. */
export interface Call {
  path: string
  body?: object
}

/** What a call took: wall time, and CPU time of the main thread of the bridge, in milliseconds. */
export interface Taken {
  ms: number
  cpuMs: number
  body: string
}

/** A bridge of a build, in a process of its own, that responded to `/health` a moment ago. */
export interface BuiltStart {
  /** From the start of the process on, in milliseconds. */
  listeningMs: number
  healthMs: number
  /** CPU time of its main thread until it listened. */
  listeningCpuMs: number
  health: Taken
  /** CPU time of its main thread so far. */
  cpuMs(): number
  /** Sends a call over the connection that is kept open. */
  send(call: Call): Promise<Taken>
  end(): Promise<void>
}

export interface StartOptions {
  /** Where it keeps its state. */
  home: string
  /** Of the cluster. */
  settings: Record<string, string>
  /** The build; `dist/cli.js` where it is left out. */
  cli?: string
}

/** CPU milliseconds of a process's main thread so far; NaN without /proc. */
function cpuOf(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return Number.NaN
  }
}

/** Starts a build as a supervisor would, and asks for its health as soon as it listens. */
export async function startBuilt({
  home,
  settings,
  cli = cliPath
}: StartOptions): Promise<BuiltStart> {
  const port = await freePort()
  const agent = new Agent({ keepAlive: true })
  const startedAt = performance.now()
  const child = spawn(process.execPath, [cli, 'serve'], {
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      PORT: String(port),
      LOG_LEVEL: 'info',
      MCP_BEARER_TOKEN: token,
      SCALE_SESSION_FILE: `${home}/session-${port}.json`,
      ...settings
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const exited = once(child, 'exit')
  const cpuMs = (): number => cpuOf(child.pid)
  const end = async (): Promise<void> => {
    agent.destroy()
    child.kill('SIGKILL')
    await exited
  }

  async function send({ path, body }: Call): Promise<Taken> {
    const [sentAt, cpuBefore] = [performance.now(), cpuMs()]
    const outgoing = request({
      agent,
      host: '127.0.0.1',
      port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream;q=0.1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' })
      }
    })
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    const received = await text(response)
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${received}`)
    return { ms: performance.now() - sentAt, cpuMs: cpuMs() - cpuBefore, body: received }
  }

  try {
    // Not asked before it listens: that would slow it down.
    await new Promise<void>((resolve, reject) => {
      let printed = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          printed += chunk.toString()
          if (/listen(s|ing)\b/.test(printed)) resolve()
        })
      child.once('exit', () => reject(new Error(`The bridge ended: ${printed}`)))
    })
    const listeningMs = performance.now() - startedAt
    const listeningCpuMs = cpuMs()
    const health = await send({ path: '/health' })
    const healthMs = performance.now() - startedAt
    return { listeningMs, healthMs, listeningCpuMs, health, cpuMs, send, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Ten calls, one after the other. */
export async function tenTimes(bridge: BuiltStart, call: Call): Promise<Taken[]> {
  const taken: Taken[] = []
  for (let i = 0; i < 10; i++) taken.push(await bridge.send(call))
  return taken
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

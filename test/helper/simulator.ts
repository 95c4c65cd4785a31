import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { TaskTagStatus, WriteResult } from '../../src/hypercore/records/records.ts'
import type { Clock } from '../../src/simulator/clock.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'

/** Starts a simulator that ends with the test. Its time runs fast unless `speed` is given. */
export async function simulatorFor(
  t: { teardown(handler: () => unknown): void },
  options: Partial<SimulatorOptions> = {}
): Promise<Simulator> {
  const simulator = await startSimulator({ speed: 200, ...options })
  t.teardown(() => simulator.close())
  return simulator
}

/** How often the cluster was asked to log in. */
export const logins = ({ requests }: Simulator): number =>
  requests.filter(({ path }) => path.endsWith('/login')).length

export const logouts = ({ requests }: Simulator): number =>
  requests.filter(({ path }) => path.endsWith('/logout')).length

/** From now on the time of a cluster passes that stood still, with a speed of 0: 200 times as fast as ours. */
export function startTime(
  t: { teardown(handler: () => unknown): void },
  { world }: Simulator
): void {
  const timer = setInterval(() => world.clock.advance(1000), 5)
  t.teardown(() => clearInterval(timer))
}

/** Nothing here takes a second; a busy machine may take many. */
const defaultTimeoutMs = 60_000

/** Of cluster time; what a schedule brings comes later. */
const soonMs = 900_000

/**
 * A moment between two looks at a cluster. Where its time stands still, with a speed of 0, what comes next
 * in it happens then: a test sees each step, however slow the machine is.
 */
export async function moment(clock: Clock | undefined, ms: number): Promise<void> {
  if (!clock?.next(soonMs)) await delay(ms)
}

export interface PlainAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface PlainRequest {
  /** Sent as JSON, unless `text` is given. */
  body?: unknown
  text?: string | Buffer
  headers?: Record<string, string>
}

/**
 * A client of the cluster's API without any code of ours: node:https alone. Uses Basic
 * authentication until `login` or `as` says otherwise. Keeps its connections, unless configured
 * to open a new one for each call, as required by tests that break connections, or that leave them
 * unused for so long that the node closes them.
 */
export class PlainClient {
  readonly url: string
  /** Of a cluster whose time stands still but while this client waits. */
  clock: Clock | undefined
  readonly #connections: 'kept' | 'fresh'
  readonly #agent: Agent | false
  #headers: Record<string, string>

  constructor(
    url: string,
    user = 'admin',
    password = user,
    connections: 'kept' | 'fresh' = 'kept'
  ) {
    this.url = url
    this.#connections = connections
    this.#agent = connections === 'kept' && new Agent({ keepAlive: true })
    const credentials = Buffer.from(`${user}:${password}`).toString('base64')
    this.#headers = { Authorization: `Basic ${credentials}` }
  }

  /** The same node, with these headers for authentication. */
  as(headers: Record<string, string>): PlainClient {
    const client = new PlainClient(this.url, '', '', this.#connections)
    client.#headers = headers
    client.clock = this.clock
    return client
  }

  /** Logs in; later calls carry the session as a `Cookie` header and nothing else. */
  async login(username = 'admin', password = username): Promise<string> {
    this.#headers = {}
    const answer = await this.raw('POST', '/login', { body: { username, password } })
    if (answer.status !== 200) throw new Error(`Login: ${answer.status} ${answer.text}`)
    const { sessionID } = JSON.parse(answer.text) as { sessionID: string }
    this.#headers = { Cookie: `sessionID=${sessionID}` }
    return sessionID
  }

  /** One call below /rest/v1, or of a whole path that begins with `//`; any status. */
  raw(method: string, path: string, request: PlainRequest = {}): Promise<PlainAnswer> {
    const url = path.startsWith('//') ? this.url + path.slice(1) : `${this.url}/rest/v1${path}`
    const payload =
      request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body))
    const options: RequestOptions = {
      method,
      agent: this.#agent,
      rejectUnauthorized: false,
      headers: {
        ...(payload === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
        ...this.#headers,
        ...request.headers
      }
    }
    return new Promise((resolve, reject) => {
      const call = httpsRequest(url, options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8')
          })
        )
      })
      call.on('error', reject)
      call.end(payload)
    })
  }

  /** A call that must succeed; answers its JSON. */
  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.raw(method, path, { body })
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return JSON.parse(answer.text) as T
  }

  /** All reads of the API are arrays. */
  get<T = Record<string, unknown>>(path: string): Promise<T[]> {
    return this.#json<T[]>('GET', path)
  }

  /** The one record of `GET /X/{uuid}`; throws if it is not exactly one. */
  async one<T = Record<string, unknown>>(path: string): Promise<T> {
    const [record, ...others] = await this.get<T>(path)
    if (record === undefined || others.length > 0) throw new Error(`GET ${path}: not one record`)
    return record
  }

  post(path: string, body?: unknown): Promise<WriteResult> {
    return this.#json<WriteResult>('POST', path, body)
  }

  patch(path: string, body: unknown): Promise<WriteResult> {
    return this.#json<WriteResult>('PATCH', path, body)
  }

  delete(path: string): Promise<WriteResult> {
    return this.#json<WriteResult>('DELETE', path)
  }

  /** Polls a task until it ends, and answers its last record. */
  async task(taskTag: string, timeoutMs = defaultTimeoutMs): Promise<TaskTagStatus> {
    const deadline = Date.now() + timeoutMs
    while (Date.now() < deadline) {
      const task = await this.one<TaskTagStatus>(`/TaskTag/${taskTag}`)
      if (task.state === 'COMPLETE' || task.state === 'ERROR') return task
      await moment(this.clock, 5)
    }
    throw new Error(`Task ${taskTag} did not end within ${timeoutMs} ms`)
  }

  /** Polls until `holds` returns true. */
  until(holds: () => boolean | Promise<boolean>): Promise<void> {
    return until(holds, defaultTimeoutMs, this.clock)
  }

  /** A write whose task must complete; answers the uuid it made. */
  async done(write: Promise<WriteResult>): Promise<string> {
    const { taskTag, createdUUID } = await write
    const task = await this.task(taskTag)
    if (task.state !== 'COMPLETE')
      throw new Error(`${task.formattedDescription}: ${task.formattedMessage}`)
    return createdUUID
  }
}

/**
 * Polls until `holds` returns true: often at first, and seldom where it takes long, as each look costs.
 * @param clock of a cluster whose time stands still but while it is waited for
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  timeoutMs = defaultTimeoutMs,
  clock?: Clock
): Promise<void> {
  const started = Date.now()
  while (!(await holds())) {
    const waited = Date.now() - started
    if (waited > timeoutMs) throw new Error(`Did not come true within ${timeoutMs} ms`)
    await moment(clock, waited < 300 ? 5 : 40)
  }
}

/**
 * A client of one node, as administrator. Where the time of the cluster stands still, it passes while this
 * client waits.
 */
export function clientOf(
  { urls, world }: Simulator,
  node = 0,
  connections: 'kept' | 'fresh' = 'kept'
): PlainClient {
  const client = new PlainClient(urls[node] ?? '', 'admin', 'admin', connections)
  client.clock = world.clock
  return client
}

/** The code of the error that a call fails with (`ECONNREFUSED`, `ECONNRESET`, …). */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
  throw new Error('The call did not fail')
}

import { request, type IncomingHttpHeaders } from 'node:http'

/** One answer, with what it cost. */
export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body, where it is JSON. */
  json: unknown
  /** Milliseconds from the connection to the last byte. */
  ms: number
}

export interface HttpCall {
  /** Default POST. */
  method?: string
  /** Sent as JSON; a text as it is; none for undefined. */
  body?: unknown
  /** The key of the connection; `''` is what OpenWebUI sends for a key that was not filled in. */
  key?: string
  /** The name it is called by, where that is not the one in the address. */
  host?: string
  /** Added to the others, or in place of them. */
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** Sends one request on a TCP connection of its own, with these headers and `Host` alone. */
function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  { body, signal, host }: HttpCall
): Promise<HttpAnswer> {
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        // The session ends with the call, and its connection with it.
        call.destroy()
        const answered = Buffer.concat(chunks).toString('utf8')
        const isJson = response.headers['content-type']?.startsWith('application/json') === true
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: answered,
          json: isJson ? JSON.parse(answered) : undefined,
          ms: performance.now() - started
        })
      })
    })
    if (host !== undefined) call.setHeader('Host', host)
    // Persistent unless said otherwise, as HTTP/1.1 has it; Node would say `close`.
    call.shouldKeepAlive = true
    call.removeHeader('connection')
    call.on('error', reject)
    if (text !== undefined) call.setHeader('Content-Length', Buffer.byteLength(text))
    call.end(text)
  })
}

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { Authorization: `Bearer ${key}` }

/**
 * A request as OpenWebUI's server sends it for a global connection (aiohttp): by default, `POST`
 * with `{}`; GET has the content type too, and no body. Redirects are answers, not followed.
 */
export function backendCall(base: string, path: string, call: HttpCall = {}): Promise<HttpAnswer> {
  const { method = 'POST', body = method === 'GET' ? undefined : {} } = call
  const headers = {
    Accept: '*/*',
    'Accept-Encoding': 'gzip, deflate',
    'User-Agent': 'Python/3.11 aiohttp/3.13.2',
    'Content-Type': 'application/json',
    ...bearer(call.key),
    ...call.headers
  }
  return send(base + path, method, headers, { ...call, body })
}

export interface BrowserCall extends HttpCall {
  /** The page that OpenWebUI came from. */
  origin: string
}

/** What a browser tells a page of a request that it did not let through. */
export class BlockedByBrowser extends Error {
  override readonly name = 'BlockedByBrowser'
}

/** `*` names everything but `authorization`. */
const listed = (header: string | undefined, word: string): boolean =>
  (header ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .some((each) => each === word.toLowerCase() || (each === '*' && word !== 'authorization'))

function mustAllow(answer: HttpAnswer, origin: string): void {
  const allowed = answer.headers['access-control-allow-origin']
  if (allowed !== origin && allowed !== '*')
    throw new BlockedByBrowser(`${origin} may not read the answer (${answer.status})`)
}

/** The preflight that a browser sends before such a request. */
export async function preflight(
  base: string,
  path: string,
  { method = 'POST', origin, host, headers = {} }: BrowserCall
): Promise<HttpAnswer> {
  const names = ['authorization', 'content-type', ...Object.keys(headers)].map((name) =>
    name.toLowerCase()
  )
  return send(
    base + path,
    'OPTIONS',
    {
      Accept: '*/*',
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': names.toSorted().join(','),
      Origin: origin,
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Dest': 'empty'
    },
    { host }
  )
}

/**
 * A request as OpenWebUI's page sends it for a connection of one user: a preflight, then the request,
 * both judged as a browser judges them, and the headers of the answer that a page may see. Without
 * `body` there is none, also for POST.
 * @throws BlockedByBrowser
 */
export async function browserCall(
  base: string,
  path: string,
  call: BrowserCall
): Promise<HttpAnswer> {
  const { method = 'POST', origin, headers = {} } = call
  const before = await preflight(base, path, call)
  mustAllow(before, origin)
  if (before.status < 200 || before.status > 299)
    throw new BlockedByBrowser(`the preflight was answered ${before.status}`)
  // GET and POST need no leave.
  if (!['GET', 'POST'].includes(method))
    if (!listed(before.headers['access-control-allow-methods'], method))
      throw new BlockedByBrowser(`${method} is not allowed`)
  for (const name of ['authorization', 'content-type', ...Object.keys(headers)])
    if (!listed(before.headers['access-control-allow-headers'], name))
      throw new BlockedByBrowser(`the header ${name} is not allowed`)

  const answer = await send(
    base + path,
    method,
    {
      Accept: '*/*',
      'Accept-Encoding': 'gzip, deflate, br, zstd',
      'Accept-Language': 'en-US,en;q=0.9',
      'Content-Type': 'application/json',
      Origin: origin,
      Referer: `${origin}/`,
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Dest': 'empty',
      'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0',
      ...bearer(call.key ?? ''),
      ...headers
    },
    call
  )
  mustAllow(answer, origin)
  const visible = ['content-type', 'content-length', 'cache-control', 'last-modified']
  const exposed = answer.headers['access-control-expose-headers']
  return {
    ...answer,
    headers: Object.fromEntries(
      Object.entries(answer.headers).filter(
        ([name]) => visible.includes(name) || listed(exposed, name)
      )
    )
  }
}

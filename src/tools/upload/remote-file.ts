import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { type AllowedAddress, isAllowedAddress } from '../../lib/http/allowed-address.ts'
import { callerGone } from '../../lib/http/caller-gone.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isLoopback, isSafeUrl } from '../../lib/http/loopback.ts'
import { networkWords, tlsWords } from '../../lib/http/network-words.ts'
import { packageVersion } from '../../lib/files/package-info.ts'
import { guardedLookup, reachOf } from '../../lib/http/public-address.ts'
import { quoteText } from '../../lib/text/quote.ts'
import { splitLogin } from '../../lib/http/address-login.ts'
import { percentDecoded } from '../../lib/text/percent-decoded.ts'

/** A file at an address, its length known and its bytes still to come. */
export interface RemoteFile {
  bytes: number
  /** The last step of its address. */
  fileName: string
  /** Where it came from in the end, without query: that may hold a key. */
  address: string
  chunks: AsyncIterable<Uint8Array>
  close(): void
}

const headMs = 30_000
const maxHops = 5
/** How often a file that broke off is asked for the rest of it. */
const maxResumes = 5
const redirects = new Set([301, 302, 303, 307, 308])

const bad = (message: string): BridgeError => new BridgeError('INVALID_ARGUMENT', `url: ${message}`)

const shown = ({ origin, pathname }: URL): string => quoteText(origin + pathname, 300)

const notListed = (url: URL, words: string): BridgeError =>
  new BridgeError(
    'TARGET_REFUSED',
    `Nothing may come from ${shown(url)}${words}: the operator lists where files may come from in IMPORT_SOURCES. Nothing was sent`,
    { details: { setting: 'IMPORT_SOURCES' } }
  )

/** @throws {BridgeError} INVALID_ARGUMENT for an address that is not safe, TARGET_REFUSED for one not listed */
export function requireAllowed(text: string, allowed: readonly AllowedAddress[], words = ''): URL {
  const whole = text.trim()
  if (!URL.canParse(whole) || !isSafeUrl(whole))
    throw bad(`${quoteText(splitLogin(whole).address, 300)} is not an https:// address${words}`)
  const url = new URL(whole)
  if (url.username !== '' || url.password !== '')
    throw bad('it must hold no login: the bridge administrator can offer the file without one')
  if (!isAllowedAddress(url.origin + url.pathname, allowed)) throw notListed(url, words)
  return url
}

/**
 * Finds addresses that a host on the list may have, and no others.
 * @throws {BridgeError} TARGET_REFUSED where the host is itself such an address
 */
function lookupFor(url: URL, allowed: readonly AllowedAddress[]): LookupFunction {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // `*` is for the internet: who names no host means none of the private ones.
  const isNamed = isAllowedAddress(
    url.origin + url.pathname,
    allowed.filter((entry) => entry !== '*')
  )
  const mayBe = (address: string): boolean => {
    const reach = reachOf(address)
    if (reach === 'own') return isNamed && (isLoopback(host) || isIP(host) !== 0)
    return reach === 'public' || isNamed
  }
  const refused = (address: string): BridgeError =>
    notListed(
      url,
      ` (${address}), ${isNamed ? 'a name that leads to this machine' : 'as it is a private address and * names none'}`
    )
  if (isIP(host) !== 0 && !mayBe(host)) throw refused(host)
  return guardedLookup(mayBe, refused)
}

function failed(url: URL, error: unknown): BridgeError {
  if (error instanceof BridgeError) return error
  const { code = '' } = error as NodeJS.ErrnoException
  const reason =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? 'has a certificate issued for another name'
      : (tlsWords[code] ?? networkWords[code] ?? 'cannot be read')
  return bad(`the server of ${shown(url)} ${reason}: check the address, or choose another one`)
}

/** A response whose body is still to come. */
interface Opened {
  url: URL
  status: number
  headers: IncomingHttpHeaders
  body: IncomingMessage
}

/** The head of a response, on a connection of its own whose certificate is verified. */
async function get(
  url: URL,
  allowed: readonly AllowedAddress[],
  headers: Record<string, string>,
  signal: AbortSignal
): Promise<Opened> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = send(url, {
    headers: {
      'user-agent': `scale-bridge/${packageVersion}`,
      'accept-encoding': 'identity',
      ...headers
    },
    lookup: lookupFor(url, allowed),
    agent: false,
    signal
  })
  const timer = setTimeout(
    () => request.destroy(bad(`the server of ${shown(url)} did not respond in time`)),
    headMs
  )
  try {
    const body = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      // It may fail after its head has come; then its body does, too.
      request.on('error', reject)
      request.end()
    })
    // Where the body is never read, its failure is ignored.
    body.on('error', () => undefined)
    return { url, status: body.statusCode ?? 0, headers: body.headers, body }
  } catch (error) {
    throw signal.aborted ? callerGone() : failed(url, error)
  } finally {
    clearTimeout(timer)
  }
}

/** The body has broken off. */
const cutOff = (url: URL): BridgeError =>
  bad(`the server of ${shown(url)} broke its response off: try again, or choose another one`)

/** Follows redirects, each of which has to lead to where files may come from. */
async function follow(
  text: string,
  allowed: readonly AllowedAddress[],
  signal: AbortSignal
): Promise<Opened> {
  let url = requireAllowed(text, allowed)
  for (let hop = 0; ; hop += 1) {
    const response = await get(url, allowed, {}, signal)
    const { location } = response.headers
    if (!redirects.has(response.status) || location === undefined) return response
    response.body.destroy()
    if (hop >= maxHops) throw bad(`it redirects more than ${maxHops} times`)
    const next = URL.canParse(location, url.href) ? new URL(location, url.href).href : location
    url = requireAllowed(next, allowed, `, to which ${shown(url)} redirects`)
  }
}

/** The length a response says it has. */
function lengthOf({ status, headers, url }: Opened): number {
  if (status !== 200)
    throw bad(
      `the server of ${shown(url)} returned ${status} instead of the file: check the address`
    )
  if (/^text\/html/i.test(headers['content-type'] ?? ''))
    throw bad(`at ${shown(url)} is a web page, not an image: pass the address of the file itself`)
  const coding = headers['content-encoding'] ?? 'identity'
  const length = headers['content-length'] ?? ''
  if (!/^[1-9]\d{0,14}$/.test(length) || coding !== 'identity')
    throw bad(
      `the server of ${shown(url)} does not say how long the file is, and the cluster has to know it before: offer it from another server, or use \`scale-bridge upload\``
    )
  return Number(length)
}

/** The rest of a file that broke off, where the server gives the rest of the same file. */
async function reopen(
  { url, headers }: Opened,
  allowed: readonly AllowedAddress[],
  { from, bytes }: { from: number; bytes: number },
  signal: AbortSignal
): Promise<Opened | undefined> {
  const { etag } = headers
  if (headers['accept-ranges'] !== 'bytes' || etag === undefined || etag.startsWith('W/'))
    return undefined
  const again = await get(url, allowed, { range: `bytes=${from}-`, 'if-range': etag }, signal)
  const isRest = again.headers['content-range'] === `bytes ${from}-${bytes - 1}/${bytes}`
  if (again.status === 206 && isRest) return again
  again.body.destroy()
  return undefined
}

/**
 * Opens a file at an https:// address that the operator has listed, redirects included; reads nothing of
 * it yet. A connection that breaks in the middle is taken up again where the server can do that.
 * @throws {BridgeError} TARGET_REFUSED, INVALID_ARGUMENT
 */
export async function openRemoteFile(
  text: string,
  allowed: readonly AllowedAddress[],
  signal: AbortSignal
): Promise<RemoteFile> {
  const first = await follow(text, allowed, signal)
  let open = first
  const { url } = first
  try {
    const bytes = lengthOf(first)
    async function* chunks(): AsyncGenerator<Uint8Array> {
      let came = 0
      for (let resumes = 0; ; resumes += 1)
        try {
          for await (const chunk of open.body) {
            came += (chunk as Buffer).length
            yield chunk as Buffer
          }
          return
        } catch {
          open.body.destroy()
          if (signal.aborted) throw callerGone()
          const rest =
            resumes < maxResumes && came > 0
              ? await reopen(first, allowed, { from: came, bytes }, signal).catch(() => undefined)
              : undefined
          if (rest === undefined) throw cutOff(url)
          open = rest
        }
    }
    const steps = percentDecoded(url.pathname).split('/')
    return {
      bytes,
      fileName: steps.at(-1) ?? '',
      address: url.origin + url.pathname,
      chunks: chunks(),
      close: () => void open.body.destroy()
    }
  } catch (error) {
    first.body.destroy()
    throw error
  }
}

/** The name of the file at an address; empty where it tells none. */
export function fileNameIn(text: string): string {
  if (!URL.canParse(text.trim())) return ''
  return percentDecoded(new URL(text.trim()).pathname).split('/').at(-1) ?? ''
}

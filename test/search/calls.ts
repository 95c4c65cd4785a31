import { request } from 'undici'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import type { Ask } from './asks.ts'
import type { Way } from './commands.ts'

/** A response, as far as it matters here. */
export interface Reply {
  /** Over REST. */
  status: number
  /** Whether it says that something was done, or is under way. */
  done: boolean
  /** Error code; over MCP, which gives only the sentence, as far as that tells. */
  code: string | undefined
  /** The plan that it waits for. */
  plan: string | undefined
  message: string
}

/** Errors that say that a call was refused, by the words of their sentences. */
const refusals: readonly [string, RegExp][] = [
  ['READ_ONLY', /^The bridge only reads|READ_ONLY/],
  ['SCOPE_REQUIRED', /requires? the scope/],
  ['TARGET_REFUSED', /may (?:act on|look at) VMs tagged|^Nothing may (?:go to|come from)/],
  ['APPROVAL_REQUIRED', /^Not sent: it (?:waits for|needs) a person/],
  ['PLAN_NOT_FOUND', /^There is no plan/],
  ['PLAN_USED', /^Plan \S+ (?:was carried out already|is approved)/],
  ['PLAN_DENIED', /^Plan \S+ was denied/],
  ['PLAN_STALE', /^Plan \S+ (?:is for another call|has expired|does not fit)|^What plan /],
  ['OUTCOME_UNKNOWN', /is not known whether|unknown/]
]

export const refusalCodes: ReadonlySet<string> = new Set(
  refusals.map(([code]) => code).filter((code) => code !== 'OUTCOME_UNKNOWN')
)

const planIn = (text: string): string | undefined => /\bplan "?(p-[a-z2-9]{8})/.exec(text)?.[1]

interface RestBody {
  state?: string
  error?: { code: string; message: string; plan?: string }
}

function restReply(status: number, text: string): Reply {
  const { error } = (text.startsWith('{') ? JSON.parse(text) : {}) as RestBody
  return {
    status,
    done: status === 200,
    code: error?.code ?? (status === 200 ? undefined : String(status)),
    plan: error?.plan,
    message: error?.message ?? text
  }
}

interface RpcBody {
  result?: { isError?: boolean; content?: { text?: string }[] }
  error?: { message: string; data?: { code?: string } }
}

function mcpReply(status: number, type: string, text: string): Reply {
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'))
  const json = type.includes('event-stream') ? (lines.at(-1)?.slice(6) ?? '{}') : text
  const { result, error } = (json.startsWith('{') ? JSON.parse(json) : {}) as RpcBody
  const message = error?.message ?? result?.content?.[0]?.text ?? text
  const done = result !== undefined && result.isError !== true
  const byWords = done ? undefined : refusals.find(([, words]) => words.test(message))?.[0]
  const code = done ? undefined : (error?.data?.code ?? byWords ?? String(status))
  return { status, done, code, plan: done ? undefined : planIn(message), message }
}

/** A call that goes out. */
export interface Outgoing {
  url: string
  token: string
  /** As the client names itself, by which its writes are found in the record. */
  client: string
  key: string | undefined
  plan: string | undefined
}

/** Longer than the bridge lets any call last. */
const defaultTimeoutMs = 90_000

/** Sends a call; undefined without a response, as the caller had left or the bridge had ended. */
export async function sendCall(
  { tool, args }: Ask,
  { surface, again, wait, leaveMs }: Way,
  { url, token, client, key, plan }: Outgoing
): Promise<Reply | undefined> {
  const all = { ...args, wait, ...(again && { again }), ...(plan !== undefined && { plan }) }
  const own = {
    'user-agent': client,
    ...(key !== undefined && { 'idempotency-key': key })
  }
  const signal = AbortSignal.timeout(leaveMs ?? defaultTimeoutMs)
  try {
    if (surface === 'rest') {
      const { statusCode, body } = await request(`${url}/${tool}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...own },
        body: JSON.stringify(all),
        signal
      })
      return restReply(statusCode, await body.text())
    }
    const meta = { 'io.modelcontextprotocol/clientInfo': { name: client, version: '1' } }
    const message = rpc('modern', 'tools/call', { name: tool, arguments: all, _meta: meta })
    const { statusCode, headers, body } = await request(`${url}/mcp`, {
      method: 'POST',
      headers: { ...rpcHeaders('modern', token, 'tools/call', tool), ...own },
      body: JSON.stringify(message),
      signal
    })
    return mcpReply(statusCode, String(headers['content-type']), await body.text())
  } catch {
    if (leaveMs === undefined && signal.aborted)
      throw new Error(`${tool} got no response in ${defaultTimeoutMs} ms`)
    return undefined
  }
}

/** Decides on a plan; undefined where the bridge had ended. */
export async function sendDecision(
  url: string,
  token: string,
  plan: string,
  decision: 'approve' | 'deny'
): Promise<Reply | undefined> {
  try {
    const { statusCode, body } = await request(`${url}/approvals/${plan}/${decision}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}'
    })
    return restReply(statusCode, await body.text())
  } catch {
    return undefined
  }
}

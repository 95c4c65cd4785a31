import type { CallOrigin } from '../identity/authority.ts'
import type { Person } from '../identity/principal.ts'
import { oneLine } from '../lib/text/one-line.ts'
import { percentDecoded } from '../lib/text/percent-decoded.ts'

/** In which it says who its user is, signed with its FORWARD_USER_INFO_HEADER_JWT_SECRET. */
export const userTokenHeader = 'x-openwebui-user-jwt'

/** Headers as Node gives them: names in lower case. */
export type CallerHeaders = Record<string, string | string[] | undefined>

/**
 * Who calls, as OpenWebUI says it. A header is not proof: it is worth as much as the token that came
 * with it, which every user of OpenWebUI shares.
 */
export interface Caller {
  /** Left out when nothing is said of the user. */
  user?: { id?: string; name?: string; email?: string; role?: string }
  chatId?: string
  messageId?: string
}

/** Characters that are kept of one value: an address may have 254, names and ids are shorter. */
const maxLength = 254

/** A word that OpenWebUI did not fill in, such as `{{USER_NAME}}`. */
const unfilled = /\{\{.*\}\}/s

const prefix = 'x-openwebui-'

function read(headers: CallerHeaders, name: string, encoded = false): string | undefined {
  const given = headers[prefix + name]
  const value = Array.isArray(given) ? given[0] : given
  if (value === undefined) return undefined
  const text = oneLine(encoded ? percentDecoded(value) : value, maxLength, '')
  return text === '' || unfilled.test(text) ? undefined : text
}

const withoutNothing = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T

/**
 * Reads the headers that OpenWebUI sends when it is configured to identify the caller
 * (`ENABLE_FORWARD_USER_INFO_HEADERS`, or headers of the connection with `{{USER_NAME}}` and the
 * like). The name is percent-encoded there, the rest is not. Values are one line, at most 254
 * characters; empty ones and templates that were not filled in are left out. Never throws.
 */
export function readCaller(headers: CallerHeaders): Caller {
  if (!Object.keys(headers).some((name) => name.startsWith(prefix))) return {}
  const user = withoutNothing({
    id: read(headers, 'user-id'),
    name: read(headers, 'user-name', true),
    email: read(headers, 'user-email'),
    role: read(headers, 'user-role')
  })
  return withoutNothing({
    user: Object.keys(user).length === 0 ? undefined : user,
    chatId: read(headers, 'chat-id'),
    messageId: read(headers, 'message-id')
  })
}

/** The person that headers claim to act for: by name, else by id, else by address. */
export function claimedPerson(headers: CallerHeaders): Person | undefined {
  const { user } = readCaller(headers)
  const name = user?.name ?? user?.id ?? user?.email
  return name === undefined ? undefined : withoutNothing({ name, verified: false, id: user?.id })
}

/**
 * The caller in a line of the log: the user, and the chat.
 * @param person as authentication found them; without one, as the headers claim
 */
export function callerForLog(
  headers: CallerHeaders,
  person = claimedPerson(headers)
): { user?: string; chat?: string } {
  return withoutNothing({ user: person?.name, chat: readCaller(headers).chatId })
}

/** Where a call over REST comes from. */
export const restOrigin = (
  request: { id: string; ip: string; headers: CallerHeaders },
  person: Person | undefined
): CallOrigin => ({
  surface: 'rest',
  request: request.id,
  address: request.ip,
  client: [request.headers['user-agent'] ?? []].flat()[0],
  ...callerForLog(request.headers, person)
})

import { splitLogin } from './address-login.ts'

/**
 * An address that data may go to or come from: `*` for any, a host (`nas.example`), or a folder and all
 * below it (`smb://nas.example/exports`).
 */
export type AllowedAddress = string

/** A text as a server may read it: it may decode it, and more than once. */
export function decoded(text: string): string {
  let now = text
  for (let times = 0; times < 5; times += 1) {
    const next = now.replaceAll(/%([0-7][0-9a-f])/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16))
    )
    if (next === now) break
    now = next
  }
  return now
}

/** Whether a path holds a step that leads out of it, in any encoding. */
export const hasDotStep = (path: string): boolean =>
  decoded(path)
    .split(/[\\/]/)
    .some((step) => /^\.+$/.test(step.trim()))

interface Place {
  /** With `://`; empty for a bare host. */
  scheme: string
  host: string
  path: string
}

/** Without login and port-less where it is none; in lower case, as SMB and DNS compare. */
function placeOf(address: string): Place {
  const { address: bare } = splitLogin(address.trim())
  const [, scheme = '', rest = ''] = /^(\w[\w+.-]*:\/\/)?([\s\S]*)$/.exec(bare.toLowerCase()) ?? []
  const [, host = '', path = ''] = /^([^/\\?#]*)([\s\S]*)$/.exec(rest) ?? []
  return { scheme, host, path: path.replace(/[/\\]+$/, '') }
}

/**
 * Reads an entry of a list of allowed addresses; a login in it counts for nothing.
 * @throws {Error} that says what is allowed
 */
export function parseAllowedAddress(text: string): AllowedAddress {
  if (text === '*') return text
  if (splitLogin(text).login !== '')
    throw new Error('must hold no login: the address alone says what is allowed')
  const { scheme, host, path } = placeOf(text)
  if (!/^[\w.[\]:-]+$/.test(host) || (scheme === '' && path !== '') || hasDotStep(path))
    throw new Error(
      'must hold hosts such as nas.example, folders such as smb://nas.example/exports, or *'
    )
  return scheme + host + path
}

/**
 * Whether an address is one of those that are allowed, or lies below one.
 * @param ownLogin that of the operator, which may hold any character
 */
export function isAllowedAddress(
  address: string,
  allowed: readonly AllowedAddress[],
  ownLogin = ''
): boolean {
  if (allowed.includes('*')) return true
  const { login } = splitLogin(address.trim())
  // SECURITY: before a slash in what is taken for a login, a server may read the host.
  if (login !== ownLogin && /[/\\?#]/.test(decoded(login))) return false
  const place = placeOf(address)
  // SECURITY: behind an @ or a backslash a server may read another host or folder than is compared.
  if (
    place.host === '' ||
    /[@\\\s]/.test(decoded(place.host + place.path)) ||
    hasDotStep(place.path)
  )
    return false
  return allowed.some((entry) => {
    const own = placeOf(entry)
    if (own.scheme === '')
      return own.host === place.host.replace(/:\d*$/, '') || own.host === place.host
    const below = place.path === own.path || place.path.startsWith(`${own.path}/`)
    return own.scheme === place.scheme && own.host === place.host && below
  })
}

const path = '/console'

/** Bridges on other ports of the same name share its cookies: each has a name of its own. */
const nameFor = (host: string): string => {
  const port = /:(\d+)$/.exec(host)?.[1]
  return port === undefined ? 'scale_bridge_console' : `scale_bridge_console_${port}`
}

/** The id of a session in a `Cookie` header; undefined where there is none. */
export function sessionIdIn(cookies: string | undefined, host: string): string | undefined {
  const wanted = `${nameFor(host)}=`
  return (cookies ?? '')
    .split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(wanted))
    ?.slice(wanted.length)
}

/** `Set-Cookie` that gives a browser its session. Scripts cannot read it, other sites cannot send it. */
export const sessionCookie = (
  id: string,
  host: string,
  { secure, maxAgeSeconds }: { secure: boolean; maxAgeSeconds: number }
): string =>
  `${nameFor(host)}=${id}; Path=${path}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`

/** `Set-Cookie` that takes it away again. */
export const endedCookie = (host: string, secure: boolean): string =>
  sessionCookie('', host, { secure, maxAgeSeconds: 0 })

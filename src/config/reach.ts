import { isLoopback } from '../lib/http/loopback.ts'

/** What says from where the bridge is reached; a wrong setting is undefined. */
export interface Reach {
  host?: string | undefined
  publicUrl?: string | undefined
  allowedHosts?: readonly string[] | undefined
  /** Where clients that sign in find the bridge. */
  resource?: string | undefined
}

const isElsewhere = (url: string): boolean =>
  URL.canParse(url) && !isLoopback(new URL(url).hostname)

/**
 * Which setting says that others than programs on this machine reach the bridge, as the end of a sentence:
 * `ALLOWED_HOSTS is set`. A proxy in front of it makes loopback public. Undefined where none says so.
 */
export function reachedBy({ host, publicUrl, allowedHosts, resource }: Reach): string | undefined {
  if (host !== undefined && !isLoopback(host)) return 'HOST is not loopback'
  if (publicUrl !== undefined) return 'PUBLIC_URL is set'
  if (allowedHosts?.some((name) => !isLoopback(name)) === true) return 'ALLOWED_HOSTS is set'
  if (resource !== undefined && isElsewhere(resource)) return 'OIDC_AUDIENCE is set'
  return undefined
}

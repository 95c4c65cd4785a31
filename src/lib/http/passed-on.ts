import type { IncomingHttpHeaders } from 'node:http'

/** What proxies add, and programs on this machine that call the bridge themselves do not. */
const ofProxies =
  /^(?:x-forwarded(?:-\w+)*|forwarded|via|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip)$/

/**
 * Whether a request may come from somewhere else than the connection says: through a proxy, or from a page
 * of another site in a browser.
 */
export const isPassedOn = (headers: IncomingHttpHeaders): boolean =>
  headers.origin !== undefined || Object.keys(headers).some((name) => ofProxies.test(name))

import { setTimeout as sleep } from 'node:timers/promises'
import type { Principal } from '../../identity/principal.ts'
import { loadOnce } from '../../lib/flow/load-once.ts'
import type { DirectCall, DirectCalls, DirectRequest } from '../direct/direct-calls.ts'
import { bridgeStopped, idOf, jsonRpcCode, jsonRpcError } from '../messages.ts'
import type { SdkEndpoint } from './sdk.ts'

/** MCP over Streamable HTTP, without sessions. */
export interface HttpEndpoint {
  /** Begins what a plain message asks for; undefined for one that `fetch` takes. */
  call(request: DirectRequest): DirectCall | undefined
  /**
   * @param body the request's body, parsed; `undefined` where there is none
   * @param principal who sent it, by its token
   */
  fetch(request: Request, body: unknown, principal: Principal): Promise<Response>
  /** Loads the SDK, which the first `fetch` waits for otherwise. */
  load(): Promise<unknown>
  /** Ends open streams, once calls that wait have had the time to say how far they are. */
  close(): Promise<void>
}

/** How long calls may take to return what they know, once the bridge ends. */
const graceMs = 1000

/** Both ways on one address: plain messages directly, all others by the SDK, which is loaded for them. */
export function createHttpEndpoint(
  direct: DirectCalls,
  load: () => Promise<SdkEndpoint>
): HttpEndpoint {
  const sdk = loadOnce(load)
  let closed = false
  return {
    call: (request) => (closed ? undefined : direct.begin(request)),
    async fetch(request, body, principal) {
      const loaded = closed ? undefined : await sdk.get()
      // It may have been closed meanwhile.
      if (loaded !== undefined && !closed) return loaded.fetch(request, body, principal)
      return jsonRpcError(503, jsonRpcCode.http, bridgeStopped, idOf(body))
    },
    load: sdk.get,
    async close() {
      closed = true
      // A failure to load is reported to its requester.
      const loaded = await sdk.now()?.catch(() => undefined)
      await Promise.race([
        Promise.all([loaded?.settled(), direct.settled()]),
        sleep(graceMs, undefined, { ref: false })
      ])
      direct.close()
      await loaded?.close()
    }
  }
}

import { BridgeError } from '../lib/errors/errors.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import type { ToolContext } from '../tools/define-tool.ts'

/** What completion needs of the cluster's records, and no more: a thousand VMs are kept. */
export interface KnownVm {
  uuid: string
  name: string
}
export interface KnownNode {
  uuid: string
  lanIP: string
}
export interface KnownSnapshot {
  uuid: string
  vmUUID: string
  label: string
  timestamp: number
}

/** Reads with what does not end when one caller goes away, as others wait for the same response. */
type Reader = Pick<ToolContext, 'authority' | 'hypercore' | 'draining' | 'timings'>

/** Different limits of tokens whose names are kept. */
const maxLimits = 20

const noNames = (timeoutMs: number): BridgeError =>
  new BridgeError(
    'CLUSTER_TIMEOUT',
    `The cluster did not name anything within ${timeoutMs / 1000} s: type the name yourself`
  )

/**
 * Remembers what `read` returned for some seconds, a failure too: a cluster that is down is not
 * asked again with every key. Callers that may see the same VMs and come meanwhile share the one
 * call; once it is late they are notified at once, until it ends.
 */
function shortly<T>(read: (reader: Reader) => Promise<T>): (reader: Reader) => Promise<T> {
  const byLimit = new RecentMap<(reader: Reader) => Promise<T>>(maxLimits)
  return (reader) => {
    const { vmTags } = reader.authority.principal
    const key = JSON.stringify(vmTags ?? null)
    const share = byLimit.get(key) ?? keepShortly(read)
    byLimit.set(key, share)
    return share(reader)
  }
}

function keepShortly<T>(read: (reader: Reader) => Promise<T>): (reader: Reader) => Promise<T> {
  let kept: Promise<T> | undefined
  // Never while the call runs.
  let until = 0
  function ask(reader: Reader): Promise<T> {
    const { namesFreshMs, namesTimeoutMs } = reader.timings
    const call = read(reader)
    const onEnd = (): void => {
      kept = call
      until = performance.now() + namesFreshMs
    }
    call.then(onEnd, onEnd)
    return withTimeout(call, namesTimeoutMs, () => {
      throw noNames(namesTimeoutMs)
    })
  }
  return (reader) => {
    if (kept === undefined || performance.now() >= until) {
      until = Infinity
      kept = ask(reader)
    }
    return kept
  }
}

/** The cluster's names, for those who type them; a few seconds old at most. */
export interface KnownNames {
  vms(reader: Reader): Promise<KnownVm[]>
  nodes(reader: Reader): Promise<KnownNode[]>
  /** Newest first. */
  snapshots(reader: Reader): Promise<KnownSnapshot[]>
}

/** Names that callers share. */
export function createKnownNames(): KnownNames {
  return {
    vms: shortly(async ({ hypercore, draining }) => {
      const vms = await hypercore.list('/VirDomain', { signal: draining })
      return vms.map(({ uuid, name }) => ({ uuid, name }))
    }),
    nodes: shortly(async ({ hypercore, draining }) => {
      const nodes = await hypercore.list('/Node', { signal: draining })
      return nodes.map(({ uuid, lanIP }) => ({ uuid, lanIP }))
    }),
    snapshots: shortly(async ({ hypercore, draining }) => {
      const all = await hypercore.list('/VirDomainSnapshot', {
        signal: draining
      })
      return all
        .map(({ uuid, domainUUID, label, timestamp }) => ({
          uuid,
          vmUUID: domainUUID,
          label,
          timestamp
        }))
        .toSorted((a, b) => b.timestamp - a.timestamp)
    })
  }
}

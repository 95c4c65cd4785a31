import { isIP } from 'node:net'
import { isObject } from '../../lib/json/json.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { hostOf } from './node-list.ts'

/** Nodes of the cluster that the bridge would not ask if the others failed. */
export interface Unlisted {
  count: number
  /** Empty where it is not certain which of them they are. */
  addresses: string[]
}

/**
 * Compares the addresses of the settings with those the nodes call themselves by (`lanIP`; FACTS 1, O). A
 * name in the settings may stand for any node that is not there by its address. Where none of the
 * addresses is the same, or several nodes share one and differ by port, the cluster is reached by others
 * than it knows itself by, and only how many they are is compared.
 */
export function findUnlisted(origins: readonly string[], lanIPs: readonly string[]): Unlisted {
  const hosts = new Set(origins.map(hostOf))
  const known = [...new Set(lanIPs)].filter((address) => address !== '')
  const missing = known.filter((address) => !hosts.has(address))
  const names = [...hosts].filter((host) => isIP(host) === 0).length
  const isComparable = missing.length < known.length && hosts.size === origins.length
  const count = Math.max(0, isComparable ? missing.length - names : known.length - origins.length)
  const isCertain = count > 0 && isComparable && names === 0
  return { count, addresses: isCertain ? missing : [] }
}

/** One sentence, without its full stop. */
export function describeUnlisted({ count, addresses }: Unlisted): string {
  const which = addresses.length === 0 ? '' : ` (${addresses.join(', ')})`
  const [nodes, are] = count === 1 ? ['node', 'is'] : ['nodes', 'are']
  return (
    `${count} ${nodes} of the cluster${which} ${are} not in SCALE_HOST, so nothing is asked there if the ` +
    'others fail: name all nodes, or check which one has moved'
  )
}

/** Learns from every list of nodes that passes; asks for none itself. */
export class UnlistedNodes {
  readonly #origins: readonly string[]
  readonly #logger: Logger
  #found: Unlisted = { count: 0, addresses: [] }

  constructor(origins: readonly string[], logger: Logger) {
    this.#origins = origins
    this.#logger = logger
  }

  /** As the last list has it; none before the first. */
  get found(): Unlisted {
    return this.#found
  }

  /** @param body what the cluster returned for `/Node` */
  saw(body: unknown): void {
    if (!Array.isArray(body)) return
    const nodes = (body as unknown[]).filter(isObject)
    const lanIPs = nodes.flatMap(({ lanIP }) => (typeof lanIP === 'string' ? lanIP : []))
    const found = findUnlisted(this.#origins, lanIPs)
    const before = JSON.stringify(this.#found)
    this.#found = found
    if (found.count === 0 || JSON.stringify(found) === before) return
    this.#logger.warn({ nodes: found.count, addresses: found.addresses }, describeUnlisted(found))
  }
}

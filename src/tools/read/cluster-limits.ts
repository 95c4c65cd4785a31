import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { sum } from '../../lib/sum.ts'
import { exactBytes, formatBytes } from '../../lib/text/units.ts'
import { optionalList } from './optional-list.ts'

/** What a cluster has at most, in bytes; 0 where it is not known. */
export interface ClusterLimits {
  /** Memory of the node that has most. */
  memory: number
  /** Its address. */
  node: string
  /** Raw space of all drives. */
  storage: number
}

/** Reads what the cluster has; nothing is known where that cannot be read. */
export async function clusterLimits(context: ClusterAccess): Promise<ClusterLimits> {
  const nodes = await optionalList(context, '/Node')
  const [largest] = nodes.toSorted((a, b) => b.memSize - a.memSize)
  const drives = nodes.flatMap((node) => node.drives)
  return {
    memory: largest?.memSize ?? 0,
    node: largest?.lanIP ?? '',
    storage: sum(drives, ({ capacityBytes }) => capacityBytes)
  }
}

/** Why a VM with so much memory can never start; undefined where it can. */
export const memoryProblem = (
  bytes: number,
  { memory, node }: ClusterLimits
): string | undefined =>
  memory === 0 || bytes <= memory
    ? undefined
    : `mem ${bytes} is ${formatBytes(bytes)}, more than any node has: ${formatBytes(memory)} on ${node}`

/** Why a disk of that size can never be filled; undefined where it can. */
export const diskProblem = (bytes: number, { storage }: ClusterLimits): string | undefined =>
  storage === 0 || bytes <= storage
    ? undefined
    : `a disk of ${exactBytes(bytes)} is larger than all drives of the cluster together: ${formatBytes(storage)}`

/**
 * Refuses memory that no node has: such a VM would be taken, and never start.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseTooMuchMemory(bytes: number, limits: ClusterLimits): void {
  const problem = memoryProblem(bytes, limits)
  if (problem !== undefined)
    throw new BridgeError('INVALID_ARGUMENT', `${problem}. Nothing was sent`)
}

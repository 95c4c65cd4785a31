import type { VirDomain, VirDomainBlockDevice } from '../../src/hypercore/records/records.ts'
import type { TestBridge } from './bridge.ts'

/** The record of a VM as the simulated cluster has it, to look at and to arrange. */
export function recordOf(bridge: TestBridge, name: string): VirDomain {
  const found = bridge.simulator.world.state.virDomains.get(bridge.vm(name))
  if (found === undefined) throw new Error(`The simulated cluster has no VM ${name}`)
  return found
}

/** Its disks, without drives for media and firmware. */
export const disksIn = ({ blockDevs }: VirDomain): VirDomainBlockDevice[] =>
  blockDevs.filter(({ type }) => type.endsWith('_DISK'))

/** Its CD-ROM drives. */
export const drivesIn = ({ blockDevs }: VirDomain): VirDomainBlockDevice[] =>
  blockDevs.filter(({ type }) => type === 'IDE_CDROM')

/** The writes that reached the cluster since it was last asked: `PATCH /rest/v1/…`. */
export const takeWrites = ({ simulator }: TestBridge): string[] =>
  simulator.requests
    .splice(0)
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/login'))
    .map(({ method, path }) => `${method} ${path}`)

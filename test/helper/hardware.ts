import type { VirDomain, VirDomainBlockDevice } from '../../src/hypercore/records/records.ts'
import type { TestBridge } from './bridge.ts'

/** The record of a VM as the simulated cluster has it, to look at and to arrange. */
export function recordOf(bridge: TestBridge, name: string): VirDomain {
  const found = bridge.simulator.world.state.virDomains.get(bridge.vm(name))
  if (found === undefined) throw new Error(`The simulated cluster has no VM ${name}`)
  return found
}

/** The same where it may be missing: it was deleted, or is not created yet. */
export const vmNamed = ({ simulator }: TestBridge, name: string): VirDomain | undefined =>
  [...simulator.world.state.virDomains.values()].find((vm) => vm.name === name)

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

/** All writes that the cluster has seen, without uuids: `PATCH /VirDomain/*`. */
export const seenWrites = ({ simulator }: TestBridge): string[] =>
  simulator.requests
    .filter(({ method, path }) => method !== 'GET' && !/\/log(in|out)$/.test(path))
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '*').replace('/rest/v1', '')}`
    )

import type { ISO, VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { formatBytes } from '../../lib/text/units.ts'
import type { ToolContext } from '../define-tool.ts'
import { ambiguousDevice, type DeviceCandidate, type DeviceWords } from './choose-device.ts'

/** The CD-ROM drives of a VM in the order of their slots. */
export const drivesOf = ({ blockDevs }: VirDomain): VirDomainBlockDevice[] =>
  blockDevs.filter(({ type }) => type === 'IDE_CDROM').toSorted((a, b) => a.slot - b.slot)

/** Whether a drive holds the configuration of its guest (FACTS 5.2, O), not a medium to swap. */
const isCloudInit = ({ name }: VirDomainBlockDevice): boolean => name.startsWith('cloud-init-')

/** What is in a drive, for a sentence. */
export const mediumName = ({ path, name }: VirDomainBlockDevice): string =>
  path === '' ? 'empty' : quoteName(name)

/** What tells a drive from the others of its VM. */
export const driveCandidate = (drive: VirDomainBlockDevice): DeviceCandidate => ({
  uuid: drive.uuid,
  text: `CD-ROM drive slot ${drive.slot} (${mediumName(drive)})`,
  facts: { slot: drive.slot, size: formatBytes(drive.capacity), type: drive.type, name: drive.name }
})

/** Whether an ISO is in a drive (FACTS 6 and 11, S). */
export const holdsIso = (
  { path }: VirDomainBlockDevice,
  iso: Pick<ISO, 'uuid' | 'path'>
): boolean => path !== '' && (path === iso.path || path === `scribe/${iso.uuid}`)

/**
 * An ISO of the cluster.
 * @throws {BridgeError} NOT_FOUND
 */
export async function knownIso(
  { hypercore, signal }: Pick<ToolContext, 'hypercore' | 'signal'>,
  uuid: string
): Promise<ISO> {
  const iso = await hypercore.known('/ISO', uuid, { signal })
  if (iso === undefined)
    throw new BridgeError('NOT_FOUND', `No ISO image has the uuid ${uuid}: iso_read lists them`)
  return iso
}

/**
 * An ISO that can be inserted.
 * @throws {BridgeError} NOT_FOUND; ILLEGAL_STATE for one without its data
 */
export async function readyIso(
  context: Pick<ToolContext, 'hypercore' | 'signal'>,
  uuid: string
): Promise<ISO> {
  const iso = await knownIso(context, uuid)
  if (!iso.readyForInsert || iso.size === 0)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `ISO ${quoteName(iso.name)} is not ready to be inserted: its upload is not finished; iso_read shows others`
    )
  return iso
}

const isoWords: DeviceWords = { one: 'ISO', argument: 'iso', takes: 'the name of one' }

/**
 * The drive an ISO goes into: where it is already, else an empty one, else the only one. Undefined where
 * the VM has none for it.
 * @throws {BridgeError} AMBIGUOUS_NAME where several hold other media
 */
export function driveFor(vm: VirDomain, iso: ISO): VirDomainBlockDevice | undefined {
  const drives = drivesOf(vm)
  const own = drives.find((drive) => holdsIso(drive, iso)) ?? drives.find(({ path }) => path === '')
  if (own !== undefined) return own
  const [only, ...others] = drives.filter((drive) => !isCloudInit(drive))
  if (others.length === 0) return only
  throw new BridgeError(
    'AMBIGUOUS_NAME',
    `Every drive of VM ${quoteName(vm.name)} holds an ISO: ${drives.map(mediumName).join(', ')}. ejectISO with iso empties one, then insertISO again. Nothing was sent`,
    {
      details: {
        candidates: drives.map(driveCandidate).map(({ uuid, facts }) => ({ uuid, ...facts }))
      }
    }
  )
}

/**
 * The drive to be emptied: the one with an ISO, or the only one with any. Undefined where there is nothing
 * to eject.
 * @param iso uuid of the ISO to take out
 * @throws {BridgeError} AMBIGUOUS_NAME where several hold one
 */
export function driveToEmpty(
  vm: VirDomain,
  iso: string | undefined
): VirDomainBlockDevice | undefined {
  const full = drivesOf(vm).filter(({ path }) => path !== '')
  if (iso !== undefined)
    return full.find((drive) => holdsIso(drive, { uuid: iso, path: `scribe/${iso}` }))
  const [only, ...others] = full.filter((drive) => !isCloudInit(drive))
  if (others.length === 0) return only
  throw ambiguousDevice(
    `VM ${quoteName(vm.name)} has ${full.length} drives with an ISO`,
    isoWords,
    full.map(driveCandidate)
  )
}

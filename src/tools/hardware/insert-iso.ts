import type { ISO, VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { placeholder } from '../../hypercore/writes/sequence.ts'
import { quoteName } from '../../lib/text/quote.ts'
import type { Step } from '../writes/sequence.ts'
import { changeStep } from '../writes/vm-steps.ts'
import { orderFrom } from './boot-order.ts'
import { drivesOf, holdsIso, mediumName } from './cd-drives.ts'

/** What an insertion is about. */
export interface Insertion {
  vm: VirDomain
  iso: ISO
  /** Undefined where the VM has none for it: one is added. */
  drive: VirDomainBlockDevice | undefined
}

/** The medium as it is sent: path and name together, as a path alone makes the task fail (FACTS 6, O). */
const mediumOf = ({ path, name }: Pick<ISO, 'path' | 'name'>) => ({ path, name })

/** The write that puts the ISO in, with the drive where there is none. */
export const insertion = ({
  vm,
  iso,
  drive
}: Insertion): Pick<Step, 'path' | 'body'> & { method: 'POST' | 'PATCH' } =>
  drive === undefined
    ? {
        method: 'POST',
        path: '/VirDomainBlockDevice',
        body: { virDomainUUID: vm.uuid, type: 'IDE_CDROM', capacity: 0, ...mediumOf(iso) }
      }
    : { method: 'PATCH', path: `/VirDomainBlockDevice/${drive.uuid}`, body: mediumOf(iso) }

/** What changes with it, as a sentence: `CD-ROM drive of VM "web-01": empty → "x.iso"`. */
export const insertionText = ({ vm, iso, drive }: Insertion): string => {
  const { length } = drivesOf(vm)
  return drive === undefined
    ? `Added a CD-ROM drive with ISO ${quoteName(iso.name)} to VM ${quoteName(vm.name)}: ${length} → ${length + 1} drives`
    : `CD-ROM drive of VM ${quoteName(vm.name)}: ${mediumName(drive)} → ${quoteName(iso.name)}`
}

/** Whether nothing is left to do. */
export const isInserted = ({ drive, iso }: Insertion): boolean =>
  drive !== undefined && holdsIso(drive, iso)

const newDrive = placeholder('drive')

/** What is to be done to have the ISO in and its drive first in the boot order. */
export function insertFirstSteps(inserted: Insertion): Step[] {
  const { vm, iso, drive } = inserted
  const name = quoteName(vm.name)
  const first = drive?.uuid ?? newDrive
  const path = `/VirDomainBlockDevice/${first}`
  const order = orderFrom(vm, [first])
  return [
    ...(isInserted(inserted)
      ? []
      : [
          {
            ...insertion(inserted),
            does: `insert ISO ${quoteName(iso.name)} into VM ${name}`,
            ...(drive === undefined && { creates: 'drive' }),
            undo: {
              does: `put back what was in the drive of VM ${name}`,
              method: 'PATCH' as const,
              path,
              body: mediumOf(drive ?? { path: '', name: '' })
            }
          }
        ]),
    ...(order.join() === vm.bootDevices.join()
      ? []
      : [
          changeStep(
            vm,
            { bootDevices: order },
            `put the CD-ROM drive first in the boot order of VM ${name}`,
            `put back the boot order of VM ${name}`
          )
        ])
  ]
}

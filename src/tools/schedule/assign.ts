import type { VirDomain, VirDomainSnapshotSchedule } from '../../hypercore/records/records.ts'
import { quoteName } from '../../lib/text/quote.ts'
import type { Step } from '../writes/sequence.ts'
import { changeStep } from '../writes/vm-steps.ts'

/** How a sentence names a schedule, or that there is none. */
export const namedSchedule = (
  schedules: readonly VirDomainSnapshotSchedule[],
  uuid: string
): string => {
  if (uuid === '') return 'no schedule'
  const name = schedules.find((each) => each.uuid === uuid)?.name
  return name === undefined ? uuid : quoteName(name)
}

/**
 * Puts VMs under a schedule; those that have it already are left out.
 * @param uuid `""` takes them out of theirs
 */
export const assignSteps = (
  vms: readonly VirDomain[],
  uuid: string,
  schedules: readonly VirDomainSnapshotSchedule[]
): Step[] =>
  vms
    .filter(({ snapshotScheduleUUID }) => snapshotScheduleUUID !== uuid)
    .map((vm) => {
      const before = namedSchedule(schedules, vm.snapshotScheduleUUID)
      const name = quoteName(vm.name)
      return {
        ...changeStep(
          vm,
          { snapshotScheduleUUID: uuid },
          uuid === ''
            ? `take ${name} off ${before}`
            : `put ${name} under ${namedSchedule(schedules, uuid)}, before: ${before}`,
          vm.snapshotScheduleUUID === ''
            ? `take ${name} off ${namedSchedule(schedules, uuid)}`
            : `put ${name} back under ${before}`
        ),
        independent: true
      }
    })

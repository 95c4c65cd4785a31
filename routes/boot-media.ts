import { Type } from '@sinclair/typebox'
import type { VirDomain } from '../src/hypercore/records.ts'
import { quoteName } from '../src/lib/quote.ts'
import { defineTool, idempotent, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/find-record.ts'
import { namedOrder, orderText } from '../src/tools/hardware/boot-order.ts'
import {
  driveFor,
  driveToEmpty,
  drivesOf,
  holdsIso,
  mediumName,
  readyIso
} from '../src/tools/hardware/cd-drives.ts'
import { requireOff } from '../src/tools/hardware/while-off.ts'
import { Input, Reference, VmUuid, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import { completedWithoutTask, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'
import { waitsForStart } from '../src/tools/turn-off-advice.ts'

const output = WriteResponse({ vmName: Type.String() })

/** How a VM comes to boot from what was inserted. */
const bootsFrom = (vm: VirDomain, drive: string | undefined): string[] =>
  drive !== undefined && vm.bootDevices[0] === drive
    ? []
    : ['bootOrder with order ["cd"] lets it boot from it']

/**
 * A medium changes while the VM runs (FACTS 5.4, O); a drive is added while it is off, as IDE drives do
 * not come out of a running one (I).
 */
export const insertIso = defineTool({
  name: 'insertISO',
  title: 'Insert an ISO',
  description: 'Puts an ISO image into the CD-ROM drive of a VM.',
  tag: 'vm',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    iso: Reference('iso', 'name or uuid'),
    ...writeArguments
  }),
  output,

  async run(context, { vmUUID, iso: uuid, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const iso = await readyIso(context, uuid)
    const drive = driveFor(vm, iso)
    const vmName = vm.name
    const name = quoteName(iso.name)
    if (drive !== undefined && holdsIso(drive, iso))
      return {
        ...completedWithoutTask(
          [
            `ISO ${name} is in the drive of VM ${quoteName(vmName)} already`,
            ...bootsFrom(vm, drive.uuid)
          ].join('. ')
        ),
        vmName
      }
    if (drive === undefined)
      requireOff(vm, 'a CD-ROM drive, of which it has none, is added', 'insertISO')
    // Path and name go together: a path alone makes the task fail (FACTS 6, O).
    const medium = { path: iso.path, name: iso.name }
    const result =
      drive === undefined
        ? await hypercore.write(
            'POST',
            '/VirDomainBlockDevice',
            { virDomainUUID: vm.uuid, type: 'IDE_CDROM', capacity: 0, ...medium },
            { signal }
          )
        : await hypercore.write('PATCH', `/VirDomainBlockDevice/${drive.uuid}`, medium, { signal })
    const { length } = drivesOf(vm)
    const response = await writeResponse(context, result, wait, {
      subject: `Insertion of ISO ${name} into VM ${quoteName(vmName)}`,
      done:
        drive === undefined
          ? `Added a CD-ROM drive with ISO ${name} to VM ${quoteName(vmName)}: ${length} → ${length + 1} drives`
          : `CD-ROM drive of VM ${quoteName(vmName)}: ${mediumName(drive)} → ${name}`,
      next: [...bootsFrom(vm, drive?.uuid), 'Undo: ejectISO'].join('. '),
      advice: tryAgain('insertISO', 'getVM_details')
    })
    return { ...response, vmName }
  }
})

/** At any time (FACTS 5.4, O). */
export const ejectIso = defineTool({
  name: 'ejectISO',
  title: 'Eject an ISO',
  description: 'Takes the ISO out of the CD-ROM drive of a VM.',
  tag: 'vm',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    iso: Type.Optional(Reference('iso', 'of several')),
    ...writeArguments
  }),
  output,

  async run(context, { vmUUID, iso, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const drive = driveToEmpty(vm, iso)
    const vmName = vm.name
    if (drive === undefined) {
      const media = drivesOf(vm).map(mediumName).join(', ') || 'it has none'
      return {
        ...completedWithoutTask(
          `Nothing to eject from VM ${quoteName(vmName)}: its CD-ROM drives: ${media}`
        ),
        vmName
      }
    }
    const path = `/VirDomainBlockDevice/${drive.uuid}`
    const result = await hypercore.write('PATCH', path, { path: '', name: '' }, { signal })
    const response = await writeResponse(context, result, wait, {
      subject: `Ejection of ISO ${mediumName(drive)} from VM ${quoteName(vmName)}`,
      done: `CD-ROM drive of VM ${quoteName(vmName)}: ${mediumName(drive)} → empty`,
      next: `Undo: insertISO with iso ${quoteName(drive.name)}`,
      advice: tryAgain('ejectISO', 'getVM_details')
    })
    return { ...response, vmName }
  }
})

/**
 * The order is taken at any time by one of the vendor's clients, and while the VM is off by the other
 * (FACTS 5.4, X); that it counts from the next start is inferred (I).
 */
export const bootOrder = defineTool({
  name: 'bootOrder',
  title: 'Set the boot order',
  description: 'Sets what a VM boots from first; what is not named stays behind.',
  tag: 'vm',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    order: Type.Array(Type.String({ minLength: 1, maxLength: 255, pattern: '\\S' }), {
      minItems: 1,
      maxItems: 32,
      description: 'such as "cd", "C:", "net", "slot 1"',
      'x-example': '["cd", "C:"]'
    }),
    ...writeArguments
  }),
  output,

  async run(context, { vmUUID, order: named, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const { order, notes } = await namedOrder(context, vm, named)
    const vmName = vm.name
    const said = notes.length > 0 ? { notes } : {}
    const [was, is] = [vm.bootDevices, order].map((each) => orderText(vm, each))
    if (order.join() === vm.bootDevices.join())
      return {
        ...completedWithoutTask(`The boot order of VM ${quoteName(vmName)} is ${is} already`),
        ...said,
        vmName
      }
    const result = await hypercore.write(
      'PATCH',
      `/VirDomain/${vm.uuid}`,
      { bootDevices: order },
      { signal }
    )
    const next = waitsForStart(vm, ['The boot order'])
    const response = await writeResponse(context, result, wait, {
      subject: `Boot order of VM ${quoteName(vmName)}`,
      done: `Boot order of VM ${quoteName(vmName)}: ${was} → ${is}`,
      ...(next !== undefined && { next }),
      advice: {
        ...tryAgain('bootOrder', 'getVM_details'),
        failed:
          'If it is refused because the VM runs: changeVM_state with SHUTDOWN, then bootOrder again'
      }
    })
    return { ...response, ...said, vmName }
  }
})

export const bootMediaTools: Tool[] = [insertIso, ejectIso, bootOrder]

import { Type } from '@sinclair/typebox'
import { quoteName } from '../src/lib/text/quote.ts'
import { defineTool, idempotent, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { namedOrder, orderText } from '../src/tools/hardware/boot-order.ts'
import {
  driveFor,
  driveToEmpty,
  drivesOf,
  knownIso,
  mediumName,
  readyIso
} from '../src/tools/hardware/cd-drives.ts'
import {
  type Insertion,
  insertFirstSteps,
  insertion,
  insertionText,
  isInserted
} from '../src/tools/hardware/insert-iso.ts'
import { requireOff } from '../src/tools/hardware/while-off.ts'
import { Input, Reference, VmUuid, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import {
  completedWithoutTask,
  newVmIsOff,
  tryAgain,
  writeResponse
} from '../src/tools/task/write-response.ts'
import { waitsForStart } from '../src/tools/advice/turn-off-advice.ts'
import { sequenceResponse } from '../src/tools/writes/sequence-response.ts'
import { runSequence } from '../src/tools/writes/sequence.ts'

const output = WriteResponse({ vmName: Type.String() })

/** Inserts the ISO and puts its drive first, as one sequence. */
async function insertFirst(context: ToolContext, inserted: Insertion) {
  const { vm, iso } = inserted
  const steps = insertFirstSteps(inserted)
  const vmName = vm.name
  const next = waitsForStart(vm, ['The boot order']) ?? newVmIsOff
  if (steps.length === 0)
    return {
      ...completedWithoutTask(
        `ISO ${quoteName(iso.name)} is in the drive of VM ${quoteName(vmName)} already, and it boots from it first`
      ),
      vmName
    }
  const outcome = await runSequence(context, insertIso.name, [vm.uuid], steps)
  const put = isInserted(inserted)
    ? `ISO ${quoteName(iso.name)} was in the drive of VM ${quoteName(vmName)} already`
    : insertionText(inserted)
  const done = `${put}. Boot order: ${orderText(vm, vm.bootDevices)} → the CD-ROM drive first`
  return { ...sequenceResponse(outcome, done, next), vmName }
}

/**
 * A medium changes while the VM runs (FACTS 5.4, O); a drive is added while it is off, as IDE drives do
 * not come out of a running one (I).
 */
export const insertIso = defineTool({
  name: 'insertISO',
  title: 'Insert an ISO',
  description: 'Inserts an ISO into the CD-ROM drive of a VM.',
  tag: 'vm',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  sequence: ({ bootFirst }) => bootFirst === true,
  input: Input({
    vmUUID: VmUuid,
    iso: Reference('iso', 'name'),
    bootFirst: Type.Optional(Type.Boolean({ description: 'boot from it' })),
    ...writeArguments
  }),
  output: WriteResponse({
    vmName: Type.String(),
    sequence: Type.Optional(Type.String()),
    steps: Type.Optional(Type.Array(Type.String()))
  }),

  async run(context, { vmUUID, iso: uuid, bootFirst, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const iso = await readyIso(context, uuid)
    const inserted: Insertion = { vm, iso, drive: driveFor(vm, iso) }
    if (inserted.drive === undefined)
      requireOff(vm, 'a CD-ROM drive, of which it has none, is added', 'insertISO')
    if (bootFirst === true) return insertFirst(context, inserted)
    const { drive } = inserted
    const isFirst = drive !== undefined && vm.bootDevices[0] === drive.uuid
    const boots = isFirst ? [] : ['bootOrder with order ["cd"] lets it boot from it']
    const vmName = vm.name
    if (isInserted(inserted))
      return {
        ...completedWithoutTask(
          [
            `ISO ${quoteName(iso.name)} is in the drive of VM ${quoteName(vmName)} already`,
            ...boots
          ].join('. ')
        ),
        vmName
      }
    const { method, path, body } = insertion(inserted)
    const result = await hypercore.write(method, path, body, { signal })
    const response = await writeResponse(context, result, wait, {
      subject: `Insertion of ISO ${quoteName(iso.name)} into VM ${quoteName(vmName)}`,
      done: insertionText(inserted),
      next: [...boots, 'Undo: ejectISO'].join('. '),
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
      if (iso !== undefined) await knownIso(context, iso)
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
  description: 'Sets what a VM boots from first; the others follow.',
  tag: 'vm',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  input: Input({
    vmUUID: VmUuid,
    order: Type.Array(Type.String({ minLength: 1, maxLength: 255, pattern: '\\S' }), {
      minItems: 1,
      maxItems: 32,
      description: 'cd, net, drives or slots',
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

import { Type } from '@sinclair/typebox'
import type { VirDomainNetDevice } from '../src/hypercore/records/records.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { macForm, macPattern, normalizeMac } from '../src/lib/text/mac-address.ts'
import { quoteName, quoteText } from '../src/lib/text/quote.ts'
import { sentences } from '../src/lib/text/sentences.ts'
import { additive, defineTool, destructive, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { findNic, nicToChange, notesOnMac } from '../src/tools/hardware/nics.ts'
import { nicName } from '../src/views/vm/nic.ts'
import { requireOff, startsAgain } from '../src/tools/hardware/while-off.ts'
import { Input, VmUuid, writeArguments, WriteResponse } from '../src/tools/schemas.ts'
import { completedWithoutTask, tryAgain, writeResponse } from '../src/tools/task/write-response.ts'

const Nic = Type.Optional(
  Type.String({
    maxLength: 255,
    'x-hint':
      'number from 1, MAC or IP address, "vlan 10" or uuid; the only one where it is left out',
    'x-example': '"1"',
    description: 'number, MAC or uuid'
  })
)

const Vlan = Type.Integer({
  minimum: 0,
  maximum: 4094,
  'x-hide-range': true,
  description: 'tag',
  'x-hint': '0 is untagged',
  'x-example': '20'
})

const Mac = Type.Optional(
  Type.String({
    maxLength: 64,
    pattern: macPattern,
    description: 'address, if given',
    'x-format-hint': macForm,
    'x-example': '"7C:4C:58:12:34:56"'
  })
)

const Connected = Type.Optional(Type.Boolean({ description: 'link' }))

const output = WriteResponse({ vmName: Type.String() })

type Settings = Partial<Pick<VirDomainNetDevice, 'vlan' | 'connected' | 'macAddress'>>

const shown = (value: string | number | boolean): string =>
  typeof value === 'string' ? quoteText(value, 40).slice(1, -1) : String(value)

/** By the names the tools have for them. */
const argumentOf: Record<keyof Settings, string> = {
  vlan: 'vlan',
  connected: 'connected',
  macAddress: 'mac'
}

const each = (settings: Settings): (keyof Settings)[] =>
  (['vlan', 'connected', 'macAddress'] as const).filter((field) => settings[field] !== undefined)

/**
 * VLAN and link are changed while the VM runs, the MAC address while it is off (FACTS 5.4, I): the
 * vendor's clients turn it off for any (S).
 */
export const changeNic = defineTool({
  name: 'changeNIC',
  title: 'Change a NIC',
  description: 'Changes the VLAN, link or MAC of a network adapter.',
  tag: 'vm',
  annotations: destructive,
  effects: ['change', 'interrupt'],
  slow: true,
  idempotent: () => true,
  input: Input({
    vmUUID: VmUuid,
    nic: Nic,
    vlan: Type.Optional(Vlan),
    connected: Connected,
    mac: Mac,
    ...writeArguments
  }),
  output,

  async run(context, { vmUUID, nic: named, vlan, connected, mac, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    // The MAC address of a NIC it has says which one is meant, where nothing else does.
    const isOwn = vm.netDevs.some(({ macAddress }) => normalizeMac(macAddress) === mac)
    const nic = await findNic(context, vm, named ?? (isOwn ? mac : undefined), nicToChange)
    const name = `${nicName(vm, nic)} of VM ${quoteName(vm.name)}`
    const wanted: Settings = {
      ...(vlan !== undefined && { vlan }),
      ...(connected !== undefined && { connected }),
      ...(mac !== undefined && { macAddress: mac })
    }
    const fields = each(wanted)
    if (fields.length === 0)
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `Nothing to change of ${name}: pass vlan, connected or mac`
      )
    const changed = fields.filter((field) =>
      field === 'macAddress' ? normalizeMac(nic.macAddress) !== mac : nic[field] !== wanted[field]
    )
    if (changed.length === 0) {
      const holds = fields.map((field) => `${argumentOf[field]} ${shown(nic[field])}`)
      return {
        ...completedWithoutTask(`Nothing to change of ${name}: it has ${holds.join(', ')} already`),
        vmName: vm.name
      }
    }
    if (changed.includes('macAddress')) requireOff(vm, 'a MAC address is changed', 'changeNIC')
    const notes =
      mac !== undefined && changed.includes('macAddress')
        ? await notesOnMac(context, vm, mac, nic)
        : []
    const patch = Object.fromEntries(changed.map((field) => [field, wanted[field]]))
    const result = await hypercore.write('PATCH', `/VirDomainNetDevice/${nic.uuid}`, patch, {
      signal
    })
    const changes = changed.map(
      (field) => `${argumentOf[field]} ${shown(nic[field])} → ${shown(wanted[field] ?? '')}`
    )
    const before = changed.map((field) => `${argumentOf[field]} ${shown(nic[field])}`)
    const response = await writeResponse(context, result, wait, {
      subject: `Change of ${name}`,
      done: `Changed ${name}: ${changes.join(', ')}`,
      next: sentences(`Undo: changeNIC with ${before.join(', ')}`, startsAgain(vm)),
      advice: {
        ...tryAgain('changeNIC', 'getVM_details'),
        failed:
          'If it is refused because the VM runs: changeVM_state with SHUTDOWN, then changeNIC again'
      }
    })
    return { ...response, ...(notes.length > 0 && { notes }), vmName: vm.name }
  }
})

/** Only while the VM is off (FACTS 7, S). */
export const addNic = defineTool({
  name: 'addNIC',
  title: 'Add a NIC',
  description: 'Adds a network adapter to a VM that is off.',
  tag: 'vm',
  annotations: additive,
  effects: ['change'],
  slow: true,
  input: Input({ vmUUID: VmUuid, vlan: Vlan, connected: Connected, mac: Mac, ...writeArguments }),
  output,

  async run(context, { vmUUID, vlan, connected = true, mac, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    requireOff(vm, 'a NIC is added', 'addNIC')
    const notes = mac === undefined ? [] : await notesOnMac(context, vm, mac)
    // The guest has drivers for what it has.
    const type = vm.netDevs[0]?.type ?? 'VIRTIO'
    const body = {
      virDomainUUID: vm.uuid,
      type,
      vlan,
      connected,
      ...(mac !== undefined && { macAddress: mac })
    }
    const result = await hypercore.write('POST', '/VirDomainNetDevice', body, { signal })
    const { length } = vm.netDevs
    const response = await writeResponse(context, result, wait, {
      subject: `New NIC of VM ${quoteName(vm.name)}`,
      done: `Added a NIC (${type}) in VLAN ${vlan}${connected ? '' : ', disconnected,'} to VM ${quoteName(vm.name)}: ${length} → ${length + 1} NICs`,
      next: sentences(`Undo: removeNIC with nic ${length + 1}`, startsAgain(vm)),
      advice: tryAgain('addNIC', 'getVM_details')
    })
    return { ...response, ...(notes.length > 0 && { notes }), vmName: vm.name }
  }
})

/** Only while the VM is off (FACTS 7, S). */
export const removeNic = defineTool({
  name: 'removeNIC',
  title: 'Remove a NIC',
  description: 'Removes a network adapter from a VM that is off.',
  tag: 'vm',
  annotations: destructive,
  effects: ['interrupt'],
  slow: true,
  input: Input({ vmUUID: VmUuid, nic: Nic, ...writeArguments }),
  output,

  async run(context, { vmUUID, nic: named, wait }) {
    const { hypercore, signal } = context
    const vm = await findVm(context, vmUUID)
    const nic = await findNic(context, vm, named)
    requireOff(vm, 'a NIC is removed', 'removeNIC')
    const name = `${nicName(vm, nic)} of VM ${quoteName(vm.name)}`
    const path = `/VirDomainNetDevice/${nic.uuid}`
    const result = await hypercore.write('DELETE', path, undefined, { signal })
    const { length } = vm.netDevs
    const response = await writeResponse(context, result, wait, {
      subject: `Removal of ${name}`,
      done: `Removed ${name}, which was in VLAN ${nic.vlan}: ${length} → ${length - 1} NICs`,
      next: sentences(
        `Undo: addNIC with vlan ${nic.vlan} and mac ${shown(nic.macAddress)}`,
        startsAgain(vm)
      ),
      advice: tryAgain('removeNIC', 'getVM_details')
    })
    return { ...response, vmName: vm.name }
  }
})

export const nicTools: Tool[] = [changeNic, addNic, removeNic]

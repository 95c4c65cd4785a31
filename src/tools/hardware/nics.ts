import type { VirDomain, VirDomainNetDevice } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { normalizeMac } from '../../lib/text/mac-address.ts'
import { quote, quoteName } from '../../lib/text/quote.ts'
import { parseUuid } from '../../lib/text/uuid.ts'
import { describeNic, nicName, nicNumber } from '../../views/vm/nic.ts'
import type { ToolContext } from '../define-tool.ts'
import { knownVms } from '../names/known-vms.ts'
import { notesOnMacs } from '../names/mac-owner.ts'
import {
  ambiguousDevice,
  type DeviceCandidate,
  type DeviceWords,
  refuseForeign,
  unknownDevice
} from './choose-device.ts'

const nicWords: DeviceWords = {
  one: 'NIC',
  argument: 'nic',
  takes: 'its number from 1, MAC address, IP address, "vlan 10" or uuid',
  isOptional: true
}

/** Of a tool that changes one: small models give it the number that a new one would have. */
export const nicToChange: DeviceWords = { ...nicWords, orNew: 'addNIC adds a new one' }

/** What tells a NIC from the others of its VM. */
export function nicCandidate(vm: VirDomain, nic: VirDomainNetDevice): DeviceCandidate {
  const { uuid, macAddress, vlan, connected, type, ipv4Addresses } = nic
  const number = nicNumber(vm, nic)
  return {
    uuid,
    text: describeNic(vm, nic),
    facts: { number, vlan, mac: macAddress, connected, type, ipv4Addresses }
  }
}

/** What a text may be of a NIC; numbers count from 1, those of `eth0` from 0. */
function matching(text: string, nics: readonly VirDomainNetDevice[]): VirDomainNetDevice[] {
  const mac = normalizeMac(text)
  const [, vlan] = /^vlan\s*(?:id\s*)?(\d{1,4})$/i.exec(text) ?? []
  const [, number] = /^(?:nic\s*)?#?(\d{1,3})$/i.exec(text) ?? []
  const [, ethernet] = /^eth(\d{1,3})$/i.exec(text) ?? []
  const at = number === undefined ? Number(ethernet ?? -1) : Number(number) - 1
  return nics.filter(
    (nic, i) =>
      i === at ||
      (mac !== undefined && normalizeMac(nic.macAddress) === mac) ||
      (vlan !== undefined && nic.vlan === Number(vlan)) ||
      nic.ipv4Addresses.includes(text)
  )
}

/**
 * The NIC of a VM that a text names.
 * @param text undefined where the caller named none: the VM's only NIC
 * @param words of the argument it was named in
 * @throws {BridgeError} AMBIGUOUS_NAME and NOT_FOUND with the candidates (VLAN, MAC, addresses);
 * INVALID_ARGUMENT for one of another VM; ILLEGAL_STATE for a VM without NICs
 */
export async function findNic(
  context: ToolContext,
  vm: VirDomain,
  text: string | undefined,
  words = nicWords
): Promise<VirDomainNetDevice> {
  const { netDevs } = vm
  const candidates = netDevs.map((nic) => nicCandidate(vm, nic))
  const name = quoteName(vm.name)
  const [only, ...others] = netDevs
  if (only === undefined)
    throw new BridgeError('ILLEGAL_STATE', `VM ${name} has no NIC: addNIC adds one`)
  const named = text?.trim() ?? ''
  if (named === '') {
    if (others.length === 0) return only
    throw ambiguousDevice(`VM ${name} has ${netDevs.length} NICs`, words, candidates)
  }
  const uuid = parseUuid(named)
  if (uuid !== undefined)
    return (
      netDevs.find((nic) => nic.uuid === uuid) ??
      refuseForeign(context, vm, uuid, words, candidates)
    )
  const [nic, ...more] = matching(named, netDevs)
  if (nic === undefined)
    throw unknownDevice(`No NIC of VM ${name} is ${quote(named)}`, words, candidates)
  if (more.length > 0)
    throw ambiguousDevice(
      `${more.length + 1} NICs of VM ${name} are ${quote(named)}`,
      words,
      [nic, ...more].map((each) => nicCandidate(vm, each))
    )
  return nic
}

/**
 * Notes on the MAC address that a NIC is to get: which other VMs have it.
 * @param nic the NIC that gets it, where it is there already
 * @throws {BridgeError} INVALID_ARGUMENT where another NIC of the same VM has it
 */
export async function notesOnMac(
  context: ToolContext,
  vm: VirDomain,
  mac: string,
  nic?: VirDomainNetDevice
): Promise<string[]> {
  const own = vm.netDevs.find((each) => each !== nic && normalizeMac(each.macAddress) === mac)
  if (own !== undefined)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${nicName(vm, own)} of VM ${quoteName(vm.name)} has this MAC address: each NIC needs its own; leave mac out for a new one. Nothing was sent`
    )
  return notesOnMacs([mac], await knownVms(context), nic?.uuid)
}

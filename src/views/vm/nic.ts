import type { VirDomain, VirDomainNetDevice } from '../../hypercore/records/records.ts'
import { quoteText } from '../../lib/text/quote.ts'
import type { ListView } from '../list-view.ts'
import { textValue } from '../text/text-form.ts'

/** A network device with the name of its VM. */
export type OwnedDevice = VirDomainNetDevice & { vmName: string }

export const networkDeviceView: ListView<OwnedDevice> = {
  summary: [
    'uuid',
    'virDomainUUID',
    'vmName',
    'type',
    'macAddress',
    'vlan',
    'connected',
    'ipv4Addresses'
  ],
  columns: ['uuid', 'vmName', 'type', 'macAddress', 'vlan', 'connected', 'ipv4Addresses']
}

/** A network device in the card of its VM. */
export const networkDeviceText = (device: VirDomainNetDevice): string =>
  `${device.type} ${device.uuid} VLAN ${device.vlan} MAC ${device.macAddress} ` +
  `${device.connected ? 'connected' : 'disconnected'}, address ${textValue(device.ipv4Addresses)}`

/** People count the NICs of a VM from 1. */
export const nicNumber = (vm: VirDomain, nic: VirDomainNetDevice): number =>
  vm.netDevs.indexOf(nic) + 1

/** A MAC or IP address as a guest or the cluster has it, safe in a sentence. */
const addressText = (address: string): string => quoteText(address, 40).slice(1, -1)

/** A NIC as sentences speak of it: `NIC 1 (7C:4C:58:12:34:56)`. */
export const nicName = (vm: VirDomain, nic: VirDomainNetDevice): string =>
  `NIC ${nicNumber(vm, nic)} (${addressText(nic.macAddress)})`

/** What tells a NIC from the others of its VM: `NIC 1 (VLAN 10, 7C:4C:58:12:34:56, 10.20.0.5)`. */
export function describeNic(vm: VirDomain, nic: VirDomainNetDevice): string {
  const { macAddress, vlan, connected, ipv4Addresses } = nic
  const facts = [`VLAN ${vlan}`, ...[macAddress, ...ipv4Addresses].map(addressText)]
  return `NIC ${nicNumber(vm, nic)} (${facts.join(', ')}${connected ? '' : ', disconnected'})`
}

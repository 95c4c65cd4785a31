import type { VirDomainNetDevice } from '../../hypercore/records.ts'
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

import type { VirDomain, VirDomainNetDevice } from '../../hypercore/records/records.ts'

const macPrefix = '7C:4C:58'

/** The next MAC address the cluster hands out; the counter moves on. */
export function nextMac(counters: { mac: number }): string {
  const digits = (counters.mac++ & 0xffffff).toString(16).toUpperCase().padStart(6, '0')
  return `${macPrefix}:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`
}

/**
 * The address the network gives to a MAC on a VLAN: always the same, so that a guest comes back
 * with the address it had.
 */
export function addressFor(macAddress: string, vlan: number): string {
  const host = Number.parseInt(macAddress.replace(/[^0-9a-f]/gi, '').slice(-6), 16) || 0
  return `10.${20 + (Math.floor(host / 240) % 200)}.${vlan & 255}.${10 + (host % 240)}`
}

/** A network device of a VM, complete. */
export function newNetDevice(
  given: Pick<VirDomainNetDevice, 'uuid' | 'virDomainUUID' | 'macAddress'> &
    Partial<VirDomainNetDevice>
): VirDomainNetDevice {
  return { type: 'VIRTIO', vlan: 0, connected: true, ipv4Addresses: [], ...given }
}

/** Fills in or empties what only a running guest agent reports (FACTS 7: S). */
export function refreshAddresses(vm: VirDomain): void {
  for (const device of vm.netDevs)
    device.ipv4Addresses =
      vm.guestAgentState === 'AVAILABLE' && device.connected
        ? [addressFor(device.macAddress, device.vlan)]
        : []
}

/** A network device of any VM, with the VM it belongs to. */
export function findNetDevice(
  virDomains: Iterable<VirDomain>,
  uuid: string
): { vm: VirDomain; device: VirDomainNetDevice } | undefined {
  for (const vm of virDomains) {
    const device = vm.netDevs.find((candidate) => candidate.uuid === uuid)
    if (device !== undefined) return { vm, device }
  }
  return undefined
}

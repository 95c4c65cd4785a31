import type { VirDomain } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { normalizeMac } from '../../lib/text/mac-address.ts'
import { quoteName } from '../../lib/text/quote.ts'

/**
 * Which VMs have a MAC address already: two of them in one network disturb each other.
 * @param macs in the cluster's form
 * @param except uuid of the network device that gets the address
 */
export const notesOnMacs = (
  macs: readonly string[],
  vms: readonly VirDomain[],
  except = ''
): string[] =>
  macs.flatMap((mac) =>
    vms
      .filter(({ netDevs }) =>
        netDevs.some(({ uuid, macAddress }) => uuid !== except && normalizeMac(macAddress) === mac)
      )
      .map((vm) => `VM ${quoteName(vm.name)} (${vm.uuid}, ${vm.state}) has the MAC address ${mac}`)
  )

/**
 * Refuses one address for two devices of a call.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseSameMacs(macs: readonly string[]): void {
  const twice = macs.find((mac, i) => macs.indexOf(mac) !== i)
  if (twice !== undefined)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `macAddress ${twice} is given for two network devices: each needs its own; leave it out for a new one`
    )
}

import { isIP } from 'node:net'
import type { VirDomain } from '../../hypercore/records/records.ts'
import { normalizeMac } from '../../lib/text/mac-address.ts'

/** Addresses that the guests of a VM tell; none where no agent does. */
export const ipAddressesOf = ({ netDevs }: Pick<VirDomain, 'netDevs'>): string[] =>
  netDevs.flatMap(({ ipv4Addresses }) => ipv4Addresses)

export const macAddressesOf = ({ netDevs }: Pick<VirDomain, 'netDevs'>): string[] =>
  netDevs.map(({ macAddress }) => macAddress)

/**
 * The IP or MAC address that a text is, as records have it: a MAC in any notation, an IP with or without
 * its prefix, brackets or port. Undefined for anything else, a part of an address included.
 */
export function addressIn(text: string): string | undefined {
  const given = text.trim()
  const mac = normalizeMac(given)
  if (mac !== undefined) return mac
  const ip = given
    .replace(/\/\d{1,3}$/, '')
    .replace(/^\[(.+)\](?::\d+)?$/, '$1')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')
  return isIP(ip) === 0 ? undefined : ip
}

/** Whether a network device of a VM has an address, as `addressIn` returns it. */
export const hasAddress = (vm: VirDomain, address: string): boolean =>
  ipAddressesOf(vm).some((ip) => ip.replace(/\/\d+$/, '') === address) ||
  macAddressesOf(vm).some((mac) => normalizeMac(mac) === address)

import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const own = new BlockList()
const inside = new BlockList()

/** This machine, its link, and addresses that stand for none (RFC 6890). */
const ownRanges: readonly [net: string, prefix: number, family: 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6']
]

/** Networks that the internet does not reach. */
const insideRanges: typeof ownRanges = [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['fc00::', 7, 'ipv6']
]

for (const range of ownRanges) own.addSubnet(...range)
for (const range of insideRanges) inside.addSubnet(...range)

/** IPv4 written in IPv6, in any way that reaches an IPv4 host. */
const mapped = /^(?:::ffff:|64:ff9b::)/i

/** How far an address reaches: `own` is this machine or its link, `inside` a private network. */
export function reachOf(address: string): 'own' | 'inside' | 'public' {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (own.check(address, family)) return 'own'
  if (inside.check(address, family)) return 'inside'
  // Which IPv4 host stands behind it is not worth finding out.
  return mapped.test(address) ? 'own' : 'public'
}

/**
 * Finds the address of a name, and refuses one that reaches where the name must not: a name that leads to
 * this machine or its private networks would turn an allowed address into another one.
 * @param mayBe whether an address may be used
 * @param refused made of the address that may not
 */
export const guardedLookup =
  (mayBe: (address: string) => boolean, refused: (address: string) => Error): LookupFunction =>
  (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const bad = found.find(({ address }) => !mayBe(address))
      if (bad !== undefined) return callback(refused(bad.address), '')
      const [first] = found
      if (options.all === true) callback(null, found)
      else callback(null, first?.address ?? '', first?.family)
    })
  }

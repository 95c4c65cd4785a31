import { isIPv6 } from 'node:net'
import { codeOf } from '../lib/errors/error-code.ts'
import type { NodeServer } from './node-server.ts'
import type { SimulatorOptions } from './options.ts'

type Where = Pick<SimulatorOptions, 'host' | 'port' | 'nodes' | 'advertise'>

const loopback = (index: number): string => `127.0.0.${index + 1}`

const indexes = ({ nodes }: Pick<Where, 'nodes'>): number[] =>
  Array.from({ length: nodes }, (_, i) => i)

/**
 * What each node calls its address (`Node.lanIP`): as advertised, else 127.0.0.1, 127.0.0.2 and so
 * on. Clients move on to these when a node fails: they must never lead to an unrelated machine.
 */
export const lanAddresses = (where: Pick<Where, 'nodes' | 'advertise'>): string[] =>
  indexes(where).map((i) => where.advertise[i] ?? loopback(i))

/** Where each node listens: on an address of its own, all on the same port, if on loopback. */
const listenHosts = (where: Pick<Where, 'nodes' | 'host'>): string[] =>
  indexes(where).map((i) => (where.host === '127.0.0.1' ? loopback(i) : where.host))

/** The names that a node's certificate is good for. */
export const certificateNames = (where: Where): string[][] =>
  listenHosts(where).map((host, i) => [
    ...new Set([host, where.advertise[i] ?? loopback(i), '127.0.0.1', 'localhost'])
  ])

/** `127.0.0.2:8443`, as it stands in an address. */
export const hostAndPort = ({ host, port }: Pick<NodeServer, 'host' | 'port'>): string =>
  `${isIPv6(host) ? `[${host}]` : host}:${port}`

const attempts = 10

/** On addresses of their own, all on one port. */
async function sharingPort(
  servers: readonly NodeServer[],
  hosts: readonly string[],
  wanted: number
): Promise<void> {
  let port = wanted
  for (const [i, server] of servers.entries()) {
    await server.start(hosts[i] ?? '', port)
    port = server.port
  }
}

/** On one address, on one port after the other. */
async function sharingAddress(
  servers: readonly NodeServer[],
  host: string,
  first: number
): Promise<void> {
  for (const [i, server] of servers.entries()) await server.start(host, first === 0 ? 0 : first + i)
}

/**
 * Lets the nodes listen: on their own addresses and one port, where the system has those (macOS
 * has only 127.0.0.1, unless configured otherwise), else all on the first address and one port
 * after the other. Throws an error that names the address that is in use.
 */
export async function startListening(servers: readonly NodeServer[], where: Where): Promise<void> {
  const hosts = listenHosts(where)
  if (new Set(hosts).size < hosts.length) return sharingAddress(servers, where.host, where.port)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sharingPort(servers, hosts, where.port)
    } catch (error) {
      const code = codeOf((error as Error).cause)
      const unknown = code === 'EADDRNOTAVAIL' && servers[0]?.port !== 0
      // A port that is free on the first address may be in use on another.
      const retry = code === 'EADDRINUSE' && where.port === 0 && attempt < attempts
      if (!unknown && !retry) throw error
      for (const server of servers) server.release()
      if (unknown) return sharingAddress(servers, where.host, where.port)
    }
  }
}

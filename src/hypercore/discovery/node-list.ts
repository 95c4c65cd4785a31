import { isIP } from 'node:net'
import { isObject } from '../../lib/json/json.ts'
import { isLoopback } from '../../lib/http/loopback.ts'
import { reachOf } from '../../lib/http/public-address.ts'

/** A node as the cluster's own list has it. */
export interface ListedNode {
  uuid: string
  /** `https://10.20.0.13:8443` */
  origin: string
}

/** A node of the settings, and all addresses that its name stands for. */
export interface ConfiguredNode {
  origin: string
  /** As origins, so that they can be compared. */
  origins: readonly string[]
}

/** Host of an origin, without the brackets of IPv6. */
export const hostOf = (origin: string): string => new URL(origin).hostname.replace(/^\[|\]$/g, '')

/** Port of an origin, as it stands after the host; empty for 443. */
const portOf = (origin: string): string => new URL(origin).port

export function originOf(address: string, port: string): string {
  const host = isIP(address) === 6 ? `[${address}]` : address
  return new URL(`https://${host}${port === '' ? '' : `:${port}`}`).origin
}

/** Whether it is the address of a machine that the bridge may reach as it reaches those it knows. */
function isPossible(address: string, known: readonly string[]): boolean {
  if (isIP(address) === 0) return false
  if (reachOf(address) !== 'own') return true
  return isLoopback(address) && known.some((origin) => isLoopback(hostOf(origin)))
}

/** Whether a list could have had it as the origin of a node that is not in the settings. */
export function isPossibleOrigin(origin: string, known: readonly string[]): boolean {
  if (!origin.startsWith('https://') || !URL.canParse(origin)) return false
  if (known.includes(origin)) return false
  const port = portOf(known[0] ?? 'https://localhost')
  return originOf(hostOf(origin), port) === origin && isPossible(hostOf(origin), known)
}

/**
 * What the cluster returned for `/Node`; the nodes without an address of their own are left out.
 * @param known the nodes of the settings, whose port they have
 */
export function readNodeList(body: unknown, known: readonly string[]): ListedNode[] {
  if (!Array.isArray(body)) return []
  const port = portOf(known[0] ?? 'https://localhost')
  const listed = (body as unknown[]).filter(isObject).flatMap(({ uuid, lanIP }) => {
    if (typeof uuid !== 'string' || uuid === '' || typeof lanIP !== 'string') return []
    return isPossible(lanIP, known) ? { uuid, origin: originOf(lanIP, port) } : []
  })
  const isOnly = ({ origin }: ListedNode): boolean =>
    listed.filter((other) => other.origin === origin).length === 1
  return listed.filter(isOnly)
}

/** Origins by uuid of the node. */
export type Members = ReadonlyMap<string, string>

/** What earlier lists have shown. */
export interface KnownNodes {
  /** Where each node is. */
  members: Members
  /** Nodes that were at an origin of the settings, by uuid. */
  homes: Members
}

/** How a list compares with the settings and with the list before it. */
export interface ListComparison extends KnownNodes {
  /** Listed, and not in the settings: their origins. */
  further: string[]
  /** In the settings, and not listed; with the origin it has moved to, where that is known. */
  missing: { origin: string; movedTo?: string }[]
}

const names = (origins: readonly string[]): string =>
  origins.map((origin) => new URL(origin).host).join(', ')

/** Why a list is of no use to find nodes by; none where it is empty. */
function doubtOf(
  configured: readonly ConfiguredNode[],
  listed: readonly ListedNode[],
  { members, homes }: KnownNodes
): string | undefined {
  const ports = new Set(configured.map(({ origin }) => portOf(origin)))
  if (ports.size > 1) return 'the nodes in SCALE_HOST have different ports'
  const isThere = ({ origins }: ConfiguredNode): boolean =>
    listed.some(({ origin }) => origins.includes(origin))
  const there = configured.filter(isThere)
  const isKnown = members.size > 0
  if (there.length === 0 && !isKnown)
    return (
      `the cluster knows itself by other addresses (${names(listed.map(({ origin }) => origin))}) than ` +
      'SCALE_HOST has, as behind address translation'
    )
  const unclear = configured.filter(
    (node) =>
      isIP(hostOf(node.origin)) === 0 &&
      !isThere(node) &&
      ![...homes.values()].includes(node.origin)
  )
  if (unclear.length > 0)
    return `${names(unclear.map(({ origin }) => origin))} stands for no address in the cluster's list`
  const left = isKnown ? listed.filter(({ uuid }) => members.has(uuid)).length : there.length
  const all = isKnown ? members.size : configured.length
  if (left * 2 < all) return `its list has ${left} of the ${all} nodes that are known`
  return undefined
}

/**
 * Compares a list with what is known. A node is the same if its uuid is, wherever it is; before the first
 * list, if its address is in the settings.
 * @returns why the list is not to be followed, where it is not
 */
export function compareNodeList(
  configured: readonly ConfiguredNode[],
  listed: readonly ListedNode[],
  before: KnownNodes
): ListComparison | { doubt: string } {
  const doubt = doubtOf(configured, listed, before)
  if (doubt !== undefined) return { doubt }
  const calledBy = ({ origin }: ListedNode): string =>
    configured.find(({ origins }) => origins.includes(origin))?.origin ?? origin
  const members = new Map(listed.map((node) => [node.uuid, calledBy(node)]))
  const known = new Set(configured.map(({ origin }) => origin))
  const present = new Set(members.values())
  const homes = new Map([
    ...before.homes,
    ...[...members].filter(([, origin]) => known.has(origin))
  ])
  const missing = [...known]
    .filter((origin) => !present.has(origin))
    .map((origin) => {
      const [uuid = ''] = [...homes].find(([, home]) => home === origin) ?? []
      const movedTo = members.get(uuid)
      return { origin, ...(movedTo !== undefined && { movedTo }) }
    })
  return { members, homes, missing, further: [...present].filter((origin) => !known.has(origin)) }
}

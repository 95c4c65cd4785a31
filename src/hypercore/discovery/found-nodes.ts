import { parseJson } from '../../lib/json/json.ts'
import type { KnownNodes, Members } from './node-list.ts'

/** What the last list has shown, and the origins of the nodes that were used by it. */
export interface FoundList extends KnownNodes {
  used: readonly string[]
}

/** Keeps what the last list has shown, so that the next start can go by it. */
export interface FoundNodes {
  /** @returns undefined where nothing is known */
  read(): Promise<FoundList | undefined>
  keep(list: FoundList): Promise<void>
}

const inOrder = (origins: Members): [string, string][] =>
  [...origins].toSorted(([one], [other]) => (one < other ? -1 : 1))

/** The same for the same nodes in any order. */
export const formatFound = ({ members, homes, used }: FoundList): string =>
  JSON.stringify([inOrder(members), inOrder(homes), used.toSorted()])

const isText = (value: unknown): value is string => typeof value === 'string'

/** Undefined where the text is none of `formatFound`. */
export function parseFound(text: string): FoundList | undefined {
  const parts = parseJson(text)
  if (!Array.isArray(parts) || parts.length !== 3 || !parts.every(Array.isArray)) return undefined
  const [members, homes, used] = parts as unknown[][]
  const pairs = [...(members ?? []), ...(homes ?? [])]
  const arePairs = pairs.every(
    (pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText)
  )
  if (!arePairs || !used?.every(isText)) return undefined
  return {
    members: new Map(members as [string, string][]),
    homes: new Map(homes as [string, string][]),
    used
  }
}

import { splitTags } from '../../hypercore/records/tags.ts'
import { parseDuration } from '../../lib/time/duration.ts'

/** The target of VMs whose tags name none: a copy a day is what most plans come down to. */
export const defaultTarget = '24h'

/** `rpo:4h`, `rpo-4h`, `RPO=2d`, `rpo_none`. */
const pattern = /^rpo\s*[:=_-]\s*(.+)$/i

/** How old the newest copy of a VM may be. */
export interface Target {
  /** Seconds; Infinity for a VM whose tag says that it needs no copies. */
  seconds: number
  /** A tag that names a target, and is none: the usual one holds. */
  misread?: string
}

/** The target a VM has by its tags, the strictest of several, or the usual one. */
export function targetOf({ tags }: { tags: string }, usual: number): Target {
  const named = splitTags(tags).flatMap((tag) => {
    const word = pattern.exec(tag)?.[1]?.trim()
    if (word === undefined) return []
    const seconds = /^(?:none|0)$/i.test(word) ? Infinity : (parseDuration(word) ?? 0) / 1000
    return [{ tag, seconds }]
  })
  const known = named.filter(({ seconds }) => seconds > 0).map(({ seconds }) => seconds)
  const misread = named.find(({ seconds }) => !(seconds > 0))?.tag
  return {
    seconds: known.length === 0 ? usual : Math.min(...known),
    ...(misread !== undefined && { misread })
  }
}

import { joinTags, splitTags } from '../../hypercore/records/tags.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteText } from '../../lib/text/quote.ts'

/** How a caller says which tags a record is to have. All are comma-separated. */
export interface TagArguments {
  /** Replaces all. */
  tags?: string | undefined
  addTags?: string | undefined
  removeTags?: string | undefined
}

const listed = (tags: readonly string[]): string => tags.map((tag) => quoteText(tag)).join(', ')

/** Signs that mean "add this" and "take this away" in other products: here they would be part of a tag. */
function refuseSigned(present: readonly string[], words: readonly string[]): void {
  const signed = words.filter((word) => /^[+-]\S/.test(word) && !present.includes(word))
  if (signed.length > 0)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `tags must not begin with + or -; got ${listed(signed)}: addTags adds to the tags that are there, removeTags takes away`
    )
}

/** The tags that a word of removeTags means: as it is written, else the one that differs in case only. */
function resolveTag(word: string, present: readonly string[]): string[] {
  if (present.includes(word)) return [word]
  const alike = present.filter((tag) => tag.toLowerCase() === word.toLowerCase())
  return alike.length === 1 ? alike : []
}

/**
 * The tags that a record is to have; undefined where nothing was said of them.
 * @param present as the record has them now
 * @throws {BridgeError} INVALID_ARGUMENT for arguments that contradict each other
 */
export function wantedTags(
  present: string,
  { tags, addTags, removeTags }: TagArguments
): { tags: string; notes: string[] } | undefined {
  const before = splitTags(present)
  if (tags !== undefined) {
    if (addTags !== undefined || removeTags !== undefined)
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'tags replaces all tags: pass it alone, or addTags and removeTags without it'
      )
    const words = splitTags(tags)
    if (words.length === 0 && tags !== '')
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `tags is ${quoteText(tags)}, which holds no tag: pass "" to clear them, or leave tags out`
      )
    refuseSigned(before, words)
    return { tags: joinTags(words), notes: [] }
  }
  if (addTags === undefined && removeTags === undefined) return undefined
  const add = splitTags(addTags ?? '')
  refuseSigned(before, add)
  const take = splitTags(removeTags ?? '')
  const both = add.filter((tag) => take.includes(tag))
  if (both.length > 0)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `addTags and removeTags both name ${listed(both)}: name a tag in one of them`
    )
  const had = add.filter((tag) => before.includes(tag))
  const missing = take.filter((word) => resolveTag(word, before).length === 0)
  const taken = new Set(take.flatMap((word) => resolveTag(word, before)))
  return {
    // One that is there keeps its place: the first tag groups VMs in the cluster's own pages.
    tags: joinTags([...before.filter((tag) => !taken.has(tag)), ...add]),
    notes: [
      ...(had.length > 0 ? [`addTags: it has ${listed(had)} already`] : []),
      ...(missing.length > 0 ? [`removeTags: it has no ${listed(missing)}`] : [])
    ]
  }
}

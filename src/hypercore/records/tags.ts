/** The tags of a record: on the wire they are one text, split by commas (FACTS 3.5, S). */
export const splitTags = (text: string): string[] =>
  text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => /[^\s;]/.test(tag))

/** Tags as the cluster keeps them, each once. */
export const joinTags = (tags: readonly string[]): string => [...new Set(tags)].join(',')

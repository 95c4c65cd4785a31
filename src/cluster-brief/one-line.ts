/**
 * Text of the cluster, such as a name that somebody gave, for one line of a page a model reads:
 * without line breaks, which could pass for our own lines, and not longer than `most` characters.
 */
export function oneLine(text: string, most = 80): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const line = text.replaceAll(/[\s\u0000-\u001F\u007F\u2028\u2029]+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

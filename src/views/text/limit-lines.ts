/**
 * The first lines of a list in Markdown, and how many are left out.
 * @param where what shows the others
 */
export const limitLines = (lines: readonly string[], max: number, where: string): string[] =>
  lines.length > max
    ? [...lines.slice(0, max), `- … ${lines.length - max} more: ${where}`]
    : [...lines]

/**
 * The trace that a call belongs to, by W3C's header; over MCP also by `_meta`, which comes from nearer to
 * the call than the header does. Undefined where there is none.
 */
export function traceparentOf(
  headers: Readonly<Record<string, unknown>>,
  meta?: Readonly<Record<string, unknown>>
): string | undefined {
  const given = meta?.['traceparent'] ?? headers['traceparent']
  return typeof given === 'string' ? given : undefined
}

// Reads what a test writes: TAP 14, subtests indented by four spaces.

/** The counts at the end of a test: { total, pass, fail, ... }; undefined where it ended before them. */
export function summaryOf(text) {
  const line = text.match(/^# \{ total: \d+.* \}$/gm)?.at(-1)
  if (line === undefined) return undefined
  return Object.fromEntries(
    [...line.matchAll(/(\w+): (\d+)/g)].map(([, key, count]) => [key, Number(count)])
  )
}

/** The failed assertions, each with the names of the tests around it and what was found. */
export function failuresIn(text) {
  const lines = text.split('\n')
  const failures = []
  /** Names of the open subtests, and how many failures there were when each began. */
  const open = []
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', what] = /^( *)(# Subtest: |(?:not )?ok \d+)/.exec(lines[i]) ?? []
    if (what === undefined) continue
    const depth = indent.length / 4
    if (what === '# Subtest: ') {
      open.length = depth
      open[depth] = { name: lines[i].trim().slice(what.length), before: failures.length }
      continue
    }
    const own = open.length > depth ? open[depth] : undefined
    open.length = Math.min(open.length, depth)
    if (what.startsWith('ok') || / # (?:TODO|SKIP)\b/i.test(lines[i])) continue
    // The end of a subtest in which a failure was found already.
    if (own !== undefined && failures.length > own.before) continue
    const names = [...open.map(({ name }) => name), lines[i].trim().replace(/^not ok \d+ - /, '')]
    const found = []
    if (lines[i + 1]?.trim() === '---')
      for (i += 2; i < lines.length && lines[i].trim() !== '...'; i++) found.push(lines[i])
    failures.push([`not ok - ${names.join(' > ')}`, ...found.slice(0, 60)].join('\n'))
  }
  return failures
}

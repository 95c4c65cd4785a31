const units: Record<string, number> = {
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: 86_400e3,
  w: 7 * 86_400e3
}

const pattern =
  /^(\d{1,6}(?:\.\d+)?) ?(s|m|h|d|w)(?:ec(?:ond)?s?|in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?$/i

/** Milliseconds of `90m`, `24 hours`, `1.5 days`, `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = pattern.exec(text.trim()) ?? []
  return amount === undefined ? undefined : Number(amount) * (units[unit.toLowerCase()] as number)
}

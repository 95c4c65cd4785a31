/**
 * Whether the text of an answer and its data say the same, looked at from outside: without the code that
 * writes the text.
 */

/** What stands in the data letter by letter: uuids, MAC addresses, addresses of IPv4. */
const exact =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:[0-9A-F]{2}:){5}[0-9A-F]{2}|\b\d+(?:\.\d+){3}\b/g

/** Numbers that stand for themselves, with the unit behind them; not those in names and times. */
const numbers = /(?<![\w.:/-])(\d+(?:\.\d+)?)(?![\w:/-]|\.\d)(?: (KiB|MiB|GiB|TiB)\b(?!\/s))?/g

const unitBytes: Record<string, number> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40
}

/** The line that says which records of a list are shown: made of three numbers of the data. */
const shownLine = /^total (\d+)(?:, shown (\d+)-(\d+))?/

/** Which values of a record no text leaves out, where the record has them. */
const main = [
  'uuid',
  'name',
  'username',
  'label',
  'vmName',
  'clusterName',
  'icosVersion',
  'taskTag',
  'createdUUID',
  'state',
  'vmState',
  'progressPercent',
  'message',
  'status',
  'method',
  'pathURI',
  'definitionFileName',
  'lanIP',
  'macAddress',
  'memory',
  'numVCPU',
  'severity',
  'answer'
]

/** Lists within a record whose records the text tells of, too. */
const told = new Set([
  'items',
  'nodes',
  'disks',
  'blockDevs',
  'netDevs',
  'newestSnapshots',
  'replications',
  'available_paths',
  'operations',
  'sessions',
  'body',
  'task'
])

type Fields = Record<string, unknown>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every record and every value in it, however deep. */
function* inside(value: unknown): Generator {
  yield value
  if (Array.isArray(value) || isRecord(value))
    for (const inner of Object.values(value)) yield* inside(inner)
}

/** Every number of the data: itself, in its texts, how many a list has, and how much of a disk is used. */
function knownNumbers(data: unknown): number[] {
  const known: number[] = []
  for (const value of inside(data)) {
    if (typeof value === 'number') known.push(value)
    else if (typeof value === 'string')
      known.push(...[...value.matchAll(/\d+(?:\.\d+)?/g)].map(([text]) => Number(text)))
    else if (Array.isArray(value)) known.push(value.length)
    else if (isRecord(value) && 'capacity' in value && 'allocation' in value)
      known.push(Math.round((100 * Number(value['allocation'])) / Number(value['capacity'])))
  }
  return known
}

/** What the text says and the data does not. */
function invented(text: string, data: Fields): string[] {
  const written = JSON.stringify(data)
  const known = knownNumbers(data)
  const strange = [...text.matchAll(exact)]
    .map(([word]) => word)
    .filter((word) => !written.includes(word))
  const rest = text.replace(shownLine, '').replaceAll(exact, '')
  for (const [found, digits, unit] of rest.matchAll(numbers)) {
    const number = Number(digits)
    const bytes = unitBytes[unit ?? '']
    const isThere =
      known.includes(number) ||
      (bytes !== undefined &&
        known.some((raw) => Math.abs(raw / bytes - number) <= 0.005 * (1 + number)))
    if (!isThere) strange.push(found)
  }
  const [, total, first, last] = shownLine.exec(text) ?? []
  if (total !== undefined && Number(total) !== data['total']) strange.push(`total ${total}`)
  if (first !== undefined && Number(last) - Number(first) + 1 !== data['returned'])
    strange.push(`shown ${first}-${last}`)
  return strange
}

const asLine = (value: unknown): string => String(value).replaceAll(/\s+/g, ' ').trim()

/** What the data has and the text leaves out. */
function leftOut(text: string, record: Fields): string[] {
  const missing = main
    .filter((name) => ['string', 'number'].includes(typeof record[name]))
    .filter((name) => !text.includes(asLine(record[name])))
    .map((name) => `${name}: ${asLine(record[name])}`)
  const inner = Object.entries(record)
    .filter(([name]) => told.has(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isRecord)
  return [...missing, ...inner.flatMap((each) => leftOut(text, each))]
}

/** What a text and its data do not have in common, of what they must. */
export const differences = (
  text: string,
  data: Fields
): { invented: string[]; leftOut: string[] } => ({
  invented: invented(text, data),
  leftOut: leftOut(text.replaceAll(/\s+/g, ' '), data)
})

export const gibibyte = 1024 ** 3

const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Bytes for a reader: `4 GiB`, `1.5 TiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let step = 0
  while (Math.abs(value) >= 1024 && step < steps.length - 1) {
    value /= 1024
    step += 1
  }
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${steps[step]}`
}

const unitPattern =
  /^(\d+(?:\.\d+)?)\s*(?:(bytes?|b)|([kmgtp])(?:i?b)?|(kibi|mebi|gibi|tebi|pebi|kilo|mega|giga|tera|peta)bytes?)$/i

/**
 * Bytes of a size with its unit: `8 GB`, `100 GiB`, `4096MB`, `1.5T`. All units are powers of 1024, as
 * guests and the cluster count. Undefined for anything else, a bare number and a broken byte included.
 */
export function parseBytes(text: string): number | undefined {
  const [, amount, plain, letter, word] = unitPattern.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  const power =
    plain === undefined ? ' kmgtp'.indexOf((letter ?? word ?? '').charAt(0).toLowerCase()) : 0
  const bytes = Number(amount) * 1024 ** power
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Bytes for a reader who must not take them for others: `3814 MiB`, with their number if need be. */
export function exactBytes(bytes: number): string {
  const text = formatBytes(bytes)
  if (parseBytes(text) === bytes) return text
  const whole = steps.findLastIndex((_, step) => step > 1 && bytes % 1024 ** step === 0)
  return whole === -1 ? `${text} (${bytes} bytes)` : `${bytes / 1024 ** whole} ${steps[whole]}`
}

/** Unix seconds as ISO 8601 text without fractions; `""` for HyperCore's 0, which means never. */
export const formatTime = (seconds: number): string =>
  seconds > 0 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : ''

const minute = 60
const hour = 60 * minute
export const daySeconds = 24 * hour

/** Seconds for a reader, in one unit: `40 s`, `5 min`, `7 h`, `12 d`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < minute) return `${whole} s`
  if (whole < hour) return `${Math.floor(whole / minute)} min`
  if (whole < 2 * daySeconds) return `${Math.floor(whole / hour)} h`
  return `${Math.floor(whole / daySeconds)} d`
}

/** Milliseconds for a reader, in seconds: `0.5 s`, `60 s`. */
export const inSeconds = (ms: number): string => `${ms / 1000} s`

/** The day of an ISO 8601 text: `2026-11-28`. */
export const dayOf = (iso: string): string => iso.slice(0, 10)

/** How long ago Unix seconds were; `""` for 0, which means never. */
// oxlint-disable-next-line no-restricted-properties -- compared with a date
export const formatAge = (seconds: number, now = Date.now() / 1000): string =>
  seconds > 0 ? formatDuration(now - seconds) : ''

/** A number for a reader, with this many decimals at most. */
export const rounded = (value: number, decimals = 2): number => Number(value.toFixed(decimals))

/** What share of a whole a part is, in percent; 0 of nothing. */
export const percentOf = (part: number, whole: number): number =>
  whole > 0 ? Math.round((100 * part) / whole) : 0

/** `1 VM`, `12 VMs` */
export const counted = (count: number, one: string): string =>
  `${count} ${one}${count === 1 ? '' : 's'}`

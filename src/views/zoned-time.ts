const two = (part: number): string => String(part).padStart(2, '0')

const options: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23'
}

const formatOf = (zone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('sv-SE', { ...options, timeZone: zone })

/** The format of a zone; undefined where there is no such zone. */
function tryFormat(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return formatOf(zone)
  } catch {
    return undefined
  }
}

/** A time zone by its name, `Europe/Berlin`, as clusters have it. */
export class ZonedTime {
  readonly zone: string
  /** Whether the name that was given is that of a zone; the times are UTC otherwise. */
  readonly isKnown: boolean
  /** That of UTC is created when it is used: the first of a process takes some ten milliseconds. */
  #format: Intl.DateTimeFormat | undefined

  /** @param zone taken for UTC where it is unknown */
  constructor(zone: string | undefined) {
    this.#format = zone === undefined ? undefined : tryFormat(zone)
    this.isKnown = this.#format !== undefined
    this.zone = this.#format === undefined ? 'UTC' : (zone ?? 'UTC')
  }

  /** `2026-11-28 23:05:12` of Unix milliseconds. */
  text(at: number): string {
    this.#format ??= formatOf(this.zone)
    return this.#format.format(at)
  }

  /** `+01:00`; `""` for none. */
  offset(at: number): string {
    const minutes = Math.round(this.#offset(at) / 60_000)
    if (minutes === 0) return ''
    const size = Math.abs(minutes)
    return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
  }

  /** Unix milliseconds of a local time, `2026-11-28T23:05`; NaN for what is none. */
  parse(local: string): number {
    const asUtc = Date.parse(`${local}Z`)
    if (Number.isNaN(asUtc)) return Number.NaN
    // Twice, as the offset at the guess may be that of the other side of a change of the clock.
    let at = asUtc
    for (let i = 0; i < 2; i++) at = asUtc - this.#offset(at)
    return at
  }

  #offset(at: number): number {
    return Date.parse(`${this.text(at).replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000
  }
}

import { fewAtOnce } from '../lib/flow/few-at-once.ts'
import type { Logger } from '../lib/process/logger.ts'
import {
  hasEnded,
  isThisProcess,
  mayBeOldNeighbour,
  type ProcessIdentity,
  thisProcess
} from '../lib/process/process-identity.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import type { Found, Heartbeat, Heartbeats } from './heartbeats.ts'

export interface PresenceTimings {
  /** Between two heartbeats. */
  beatMs: number
  /** A bridge that has given none for so long has ended. */
  ttlMs: number
}

/** The folder of the heartbeats may be on a drive that hangs. */
const maxCloseMs = 1_000

/** Of what ended bridges have left, at once. */
const maxRemovals = 3

/** What was last seen of a process. */
interface Sighting {
  /** Empty while no heartbeat of it was found. */
  mark: string
  identity: Partial<ProcessIdentity>
  /** For how long it was seen without another heartbeat. */
  silentMs: number
  /** When that was last added to, by the clock of this process. */
  lookedAt: number
  /** Its end was reported. */
  isTold: boolean
}

/**
 * Which of the bridges on a store live. Each writes heartbeats there; one that is not seen to write any
 * for a while has ended, whatever machine it was on. Its pid says so at once, where it is one of the same
 * machine and container as this process. Time in which this process stood still, or could not look, does not
 * count.
 */
export class Presence {
  readonly #heartbeats: Heartbeats
  readonly #logger: Logger
  readonly #timings: PresenceTimings
  /** Of others, by nonce. */
  readonly #seen = new Map<string, Sighting>()
  readonly #listeners = new Set<() => void>()
  #giveTimer: NodeJS.Timeout | undefined
  #lookTimer: NodeJS.Timeout | undefined
  #giving: Promise<void> | undefined
  /** A time before the last heartbeat was given. */
  #givenAt = -Infinity
  /** The last look failed. */
  #isBlind = false
  #closed = false

  constructor(heartbeats: Heartbeats, logger: Logger, timings: PresenceTimings) {
    this.#heartbeats = heartbeats
    this.#logger = logger
    this.#timings = timings
  }

  /** Writes the first heartbeat, looks for others, and repeats both until it is closed. Never throws. */
  async start(): Promise<void> {
    await this.#giveOn()
    await this.#lookOn()
  }

  /**
   * Makes sure that the others see this process live: first of all before it enters what they would take up
   * otherwise.
   * @throws where no heartbeat can be given
   */
  async show(): Promise<void> {
    if (performance.now() - this.#givenAt >= this.#timings.ttlMs / 2) await this.#give()
  }

  /** Whether a process has ended; false where that is not known yet. */
  hasEnded(identity: Partial<ProcessIdentity>): boolean {
    const { nonce } = identity
    if (nonce === undefined || isThisProcess(identity)) return false
    if (hasEnded(identity)) return true
    const sighting = this.#seen.get(nonce) ?? this.#expect(nonce, identity)
    return this.#isOver(sighting)
  }

  /** Bridges that live, this one included. */
  get count(): number {
    const others = [...this.#seen.values()]
    return 1 + others.filter((each) => each.mark !== '' && !this.#isOver(each)).length
  }

  /** Notifies that a bridge has ended, so that what it left can be taken up. */
  onEnded(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /**
   * Says that this process ends. Never throws, and waits a second at most: otherwise
   * the others notice its end a little later.
   */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#giveTimer)
    clearTimeout(this.#lookTimer)
    await withTimeout(this.#withdraw(), maxCloseMs, () => undefined)
  }

  async #withdraw(): Promise<void> {
    // A heartbeat that is given after this would stay.
    await this.#giving?.catch(() => undefined)
    await this.#heartbeats.withdraw().catch(() => undefined)
  }

  async #giveOn(): Promise<void> {
    await this.#give().catch((err: unknown) =>
      this.#logger.debug({ err }, 'The heartbeat could not be written')
    )
    if (!this.#closed) this.#giveTimer = this.#nextBeat(() => this.#giveOn())
  }

  /** Apart from the heartbeats of this bridge: on a slow drive, a look at many others may take longer than they may. */
  async #lookOn(): Promise<void> {
    await this.#look().then(
      () => (this.#isBlind = false),
      (err: unknown) => {
        const message = 'It could not be seen which bridges live'
        if (this.#isBlind || this.#closed) this.#logger.debug({ err }, message)
        else this.#logger.warn({ err }, message)
        this.#isBlind = true
      }
    )
    if (!this.#closed) this.#lookTimer = this.#nextBeat(() => this.#lookOn())
  }

  #nextBeat(work: () => Promise<void>): NodeJS.Timeout {
    return setTimeout(() => void work(), this.#timings.beatMs).unref()
  }

  async #give(): Promise<void> {
    if (this.#closed) return
    const at = performance.now()
    this.#giving ??= this.#heartbeats
      .give()
      .then(() => void (this.#givenAt = at))
      .finally(() => (this.#giving = undefined))
    await this.#giving
  }

  async #look(): Promise<void> {
    const expected = [...this.#seen].filter(([, { isTold }]) => !isTold).map(([nonce]) => nonce)
    const heartbeats = await this.#heartbeats.look(expected)
    heartbeats.delete(thisProcess.nonce)
    for (const [nonce, heartbeat] of heartbeats)
      if (heartbeat !== 'unreadable' && !this.#seen.has(nonce))
        this.#expect(nonce, heartbeat.identity)
    let hasOneEnded = false
    const left: [string, Heartbeat][] = []
    for (const [nonce, sighting] of this.#seen) {
      const heartbeat = heartbeats.get(nonce)
      this.#update(sighting, heartbeat)
      if (!this.#isOver(sighting)) continue
      if (heartbeat !== undefined && heartbeat !== 'unreadable') left.push([nonce, heartbeat])
      hasOneEnded ||= !sighting.isTold
      sighting.isTold = true
    }
    if (hasOneEnded && !this.#closed) for (const listener of this.#listeners) listener()
    await fewAtOnce(left, maxRemovals, ([nonce, heartbeat]) => this.#remove(nonce, heartbeat))
  }

  #expect(nonce: string, identity: Partial<ProcessIdentity>): Sighting {
    const lookedAt = performance.now()
    const sighting = { mark: '', identity, silentMs: 0, lookedAt, isTold: false }
    this.#seen.set(nonce, sighting)
    return sighting
  }

  /** A missing one does not count: it was removed. */
  #update(sighting: Sighting, heartbeat: Found | undefined): void {
    if (heartbeat === 'unreadable') return
    const now = performance.now()
    const passed = Math.min(now - sighting.lookedAt, this.#timings.beatMs)
    sighting.lookedAt = now
    if (heartbeat === undefined || heartbeat.mark === sighting.mark) {
      sighting.silentMs += passed
      return
    }
    // What its file said stays known where it cannot be read any more.
    const identity = { ...sighting.identity, ...heartbeat.identity }
    Object.assign(sighting, { mark: heartbeat.mark, identity, silentMs: 0, isTold: false })
  }

  #isOver({ identity, silentMs }: Sighting): boolean {
    if (hasEnded(identity)) return true
    const mayLiveSilently = this.#heartbeats.lackOldBridges && mayBeOldNeighbour(identity)
    return silentMs >= this.#timings.ttlMs && !mayLiveSilently
  }

  async #remove(nonce: string, heartbeat: Heartbeat): Promise<void> {
    await this.#heartbeats
      .remove(nonce, heartbeat)
      .catch((err: unknown) => this.#logger.debug({ err }, 'What an ended bridge left stays'))
  }
}

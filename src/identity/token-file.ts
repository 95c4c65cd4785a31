import { setTimeout as sleep } from 'node:timers/promises'
import { BridgeError } from '../lib/errors/errors.ts'
import { fileModeWarning } from '../lib/files/file-mode.ts'
import { stampOf } from '../lib/files/file-stamp.ts'
import type { Logger } from '../lib/process/logger.ts'
import { quoteName } from '../lib/text/quote.ts'
import { dayOf } from '../lib/text/units.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import type { Principal, TokenSource } from './principal.ts'
import {
  hashOf,
  isTokenText,
  requireDistinctNames,
  stateOf,
  type TokenRecord
} from './token-record.ts'
import { readTokens } from './token-store.ts'

/** So long the file is taken to be as it was. */
const maxAgeMs = 1000

/** For an unknown token it is looked at sooner: it may be new. */
const minPauseMs = 100

/** A working disk responds sooner; a hanging one never does. */
const fileTimeoutMs = 2000

/** Who holds a token. @throws {BridgeError} UNAUTHORIZED for one that does not count any more */
function principalOf(record: TokenRecord, now: number): Principal {
  const { name, scopes, vmTags, expiresAt = '', revokedAt = '' } = record
  const state = stateOf(record, now)
  if (state !== 'valid')
    throw new BridgeError(
      'UNAUTHORIZED',
      `Token ${quoteName(name)} ${state === 'expired' ? `expired on ${dayOf(expiresAt)}` : `was revoked on ${dayOf(revokedAt)}`}: ask the bridge administrator for a new one`
    )
  return {
    name,
    kind: 'token',
    scopes: new Set(scopes),
    ...(vmTags && { vmTags: [...vmTags] })
  }
}

/**
 * The tokens of SCALE_TOKENS_FILE. It is read again when it has changed, which is checked with each
 * call, at most once a second, and at once for an unknown token. A file that is damaged or cannot
 * be read changes nothing; if it is deleted, its tokens become invalid. Both are logged, once.
 */
export class TokenFile implements TokenSource {
  readonly #path: string
  readonly #log: Logger
  readonly #now: () => number
  #byHash: ReadonlyMap<string, TokenRecord> = new Map()
  #stamp = 'ENOENT'
  /** When the last look began, by the monotonic clock. */
  #beganAt = -Infinity
  #running: Promise<void> | undefined
  /** What was logged last. */
  #problem = ''
  #modeWarning: string | undefined

  /** @param now Unix milliseconds, by which tokens expire */
  constructor(path: string, log: Logger, now: () => number = unixMs) {
    this.#path = path
    this.#log = log
    this.#now = now
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    if (!isTokenText(token)) return undefined
    const hash = hashOf(token)
    await this.look()
    if (!this.#byHash.has(hash)) await this.#lookSince(performance.now())
    const found = this.#byHash.get(hash)
    return found && principalOf(found, this.#now())
  }

  async approvers(): Promise<string[]> {
    await this.look()
    const now = this.#now()
    return [...this.#byHash.values()]
      .filter((record) => stateOf(record, now) === 'valid' && record.scopes.includes('approve'))
      .map(({ name }) => name)
  }

  /** Looks at the file unless that was done within the last second. Never throws. */
  async look(ageMs = maxAgeMs): Promise<void> {
    if (this.#running === undefined && performance.now() - this.#beganAt >= ageMs) {
      this.#beganAt = performance.now()
      this.#running = this.#read().finally(() => (this.#running = undefined))
    }
    const left = this.#beganAt + fileTimeoutMs - performance.now()
    const hangs = (): void => this.#fails('does not respond')
    if (this.#running === undefined) return
    if (left > 0) await withTimeout(this.#running, left, hangs)
    else hangs()
  }

  /** Looks once more, unless a look has begun since then. */
  async #lookSince(arrival: number): Promise<void> {
    const deadline = arrival + fileTimeoutMs
    while (this.#beganAt < arrival && performance.now() < deadline) {
      const pause = this.#beganAt + minPauseMs - performance.now()
      if (pause > 0) await sleep(pause)
      await this.look(minPauseMs)
    }
    await this.look(Infinity)
  }

  async #read(): Promise<void> {
    // Before the file: what is written meanwhile is seen next time.
    const stamp = await stampOf(this.#path)
    if (stamp === this.#stamp && this.#problem === '') return
    try {
      const records = await readTokens(this.#path)
      if (records === undefined) this.#gone()
      else {
        requireDistinctNames(records, this.#now())
        this.#take(records)
      }
      this.#stamp = stamp
      await this.#checkMode()
    } catch (error) {
      const { message, code = message } = error as NodeJS.ErrnoException
      this.#fails(`is not used: ${code}`)
    }
  }

  #take(records: readonly TokenRecord[]): void {
    const now = this.#now()
    const valid = records.filter((record) => stateOf(record, now) === 'valid').length
    this.#byHash = new Map(records.map((record) => [record.hash, record]))
    this.#problem = ''
    this.#log.info({ tokens: valid }, `${this.#path} was read: valid tokens ${valid}`)
  }

  #gone(): void {
    const { size } = this.#byHash
    this.#byHash = new Map()
    this.#problem = ''
    if (size > 0)
      this.#log.warn(
        { tokens: 0 },
        `${this.#path} was deleted (SCALE_TOKENS_FILE); its tokens are no longer valid`
      )
  }

  #fails(what: string): void {
    if (what === this.#problem) return
    this.#problem = what
    const { size } = this.#byHash
    this.#log.warn(
      { tokens: size },
      `${this.#path} ${what} (SCALE_TOKENS_FILE). ${size === 0 ? 'None of its tokens is valid' : 'The tokens read before stay valid, as they were then'}: \`scale-bridge check\` says more`
    )
  }

  async #checkMode(): Promise<void> {
    const warning = await fileModeWarning(this.#path)
    if (warning !== undefined && warning !== this.#modeWarning) this.#log.warn({}, warning)
    this.#modeWarning = warning
  }
}

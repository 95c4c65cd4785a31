import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters
} from 'jose'
import { BridgeError } from '../lib/errors/errors.ts'
import { HttpClient } from '../lib/http/http.ts'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import type { Timings } from '../lib/time/timings.ts'
import { IssuerFailure, type IssuerMetadata, readKeys, readMetadata } from './issuer-metadata.ts'

const connectMs = 3000

export type KeyTimings = Pick<
  Timings,
  'keysFreshMs' | 'keysStaleMs' | 'keysCooldownMs' | 'keysRetryMs'
>

/** What was last read of the provider. */
interface Known {
  metadata: IssuerMetadata
  keyFor: ReturnType<typeof createLocalJWKSet>
  keys: number
  at: number
}

/**
 * The public keys of an identity provider. They are read when the first token comes, and again when
 * they are old or a token names one that is not among them; never more often than `keysCooldownMs`,
 * whatever tokens claim. While the provider cannot be reached, those that were read stay in use.
 */
export class OidcKeys {
  readonly #issuer: string
  readonly #timings: KeyTimings
  readonly #log: Logger
  readonly #http = new HttpClient(connectMs)
  #known: Known | undefined
  #loading: Promise<void> | undefined
  #triedAt = -Infinity
  /** Why the last attempt failed. */
  #problem: string | undefined

  constructor(issuer: string, timings: KeyTimings, log: Logger = silentLogger) {
    this.#issuer = issuer
    this.#timings = timings
    this.#log = log
  }

  /** The provider's host, for messages. */
  get host(): string {
    return new URL(this.#issuer).host
  }

  /**
   * The key that a token names.
   * @throws {BridgeError} OIDC_UNAVAILABLE where it cannot be found out
   * @throws {errors.JOSEError} where the provider has no such key
   */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const known = await this.#current()
    try {
      return await known.keyFor(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (this.#mayTry()) await this.#load()
      // It is unknown whether the key is new or invented.
      if (this.#problem !== undefined) throw this.#unavailable()
      return (this.#known ?? known).keyFor(header, token)
    }
  }

  /**
   * Asks the provider now.
   * @returns how many keys it has, and what it says of itself
   * @throws {BridgeError} OIDC_UNAVAILABLE
   */
  async probe(): Promise<{ keys: number; metadata: IssuerMetadata }> {
    await this.#load()
    if (this.#known === undefined || this.#problem !== undefined) throw this.#unavailable()
    return this.#known
  }

  /** Where clients register; undefined where the provider takes none, or was not read yet. */
  get registrationEndpoint(): string | undefined {
    return this.#known?.metadata.registrationEndpoint
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#http.close()
  }

  /** Keys that may be used, read again where they are old. */
  async #current(): Promise<Known> {
    const { keysFreshMs, keysStaleMs } = this.#timings
    if (this.#ageMs() >= keysFreshMs && this.#mayTry()) await this.#load()
    if (this.#known === undefined || this.#ageMs() >= keysStaleMs) throw this.#unavailable()
    return this.#known
  }

  #ageMs(): number {
    return this.#known === undefined ? Infinity : performance.now() - this.#known.at
  }

  /** Callers that come while the provider is asked wait for the same response. */
  #mayTry(): boolean {
    const { keysCooldownMs, keysRetryMs } = this.#timings
    const pause = this.#problem === undefined ? keysCooldownMs : keysRetryMs
    return this.#loading !== undefined || performance.now() - this.#triedAt >= pause
  }

  async #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#triedAt = performance.now()
      this.#loading = undefined
    })
    return this.#loading
  }

  async #read(): Promise<void> {
    try {
      const metadata = await readMetadata(this.#http, this.#issuer)
      const keys = await readKeys(this.#http, metadata.jwksUri)
      this.#known = {
        metadata,
        keyFor: createLocalJWKSet({ keys }),
        keys: keys.length,
        at: performance.now()
      }
      if (this.#problem !== undefined)
        this.#log.info({ issuer: this.#issuer }, 'The identity provider can be reached again')
      this.#problem = undefined
    } catch (error) {
      if (!(error instanceof IssuerFailure) && !(error instanceof errors.JOSEError)) throw error
      const problem = error instanceof IssuerFailure ? error.message : 'returned malformed keys'
      if (problem !== this.#problem)
        this.#log.warn(
          { issuer: this.#issuer, err: error },
          `The identity provider ${this.host} ${problem}`
        )
      this.#problem = problem
    }
  }

  #unavailable(): BridgeError {
    const retryAfterSeconds = Math.ceil(this.#timings.keysRetryMs / 1000)
    return new BridgeError(
      'OIDC_UNAVAILABLE',
      `Access tokens cannot be checked now: the identity provider ${this.host} ${this.#problem ?? 'has not been reached'}. Try again in ${retryAfterSeconds} s; \`scale-bridge check\` tries it, too`,
      { details: { retryAfterSeconds } }
    )
  }
}

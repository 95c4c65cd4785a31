import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../lib/logger.ts'
import { withTimeout } from '../lib/with-timeout.ts'

/** Who the bridge is to the cluster. */
export interface Credentials {
  username: string
  password: string
  /** The node checks the password against its OIDC provider. */
  useOidc: boolean
}

/** How the certificates of the cluster's nodes are judged. */
export interface TlsSettings {
  /**
   * `verify`: chain and name are checked against the known authorities and `ca`.
   * `pin`: only the fingerprint counts; chain, name and dates do not.
   * `insecure`: any certificate will do.
   */
  mode: 'verify' | 'pin' | 'insecure'
  /** SHA-256 of whole certificates, in any case, with or without colons; one of them must match. */
  fingerprints: string[]
  /** Further authorities for `verify`, PEM. */
  ca?: string
}

/** What an administrator may correct while the bridge runs. */
export interface AccessSettings extends Credentials {
  tls: TlsSettings
}

/** Reads the settings again, as they are now. */
export type ReadAccess = () => Promise<AccessSettings>

/** A disk that works answers sooner. */
const maxReadMs = 2000

/**
 * How the bridge gets in at the cluster. Whoever is not let in has the settings read again: a
 * certificate that was pinned or a password that was corrected meanwhile is used at once.
 */
export class Access {
  readonly #read: ReadAccess | undefined
  readonly #logger: Logger
  #settings: AccessSettings
  #reading: Promise<void> | undefined

  /** @param read left out where there is nothing to read again */
  constructor(settings: AccessSettings, read: ReadAccess | undefined, logger: Logger) {
    this.#settings = settings
    this.#read = read
    this.#logger = logger
  }

  /** The same object until the settings change. */
  get settings(): AccessSettings {
    return this.#settings
  }

  /** Whether the settings differ from those that failed, now that they are read again. Never throws. */
  async hasChangedSince(failed: AccessSettings): Promise<boolean> {
    if (this.#settings === failed && this.#read !== undefined) {
      this.#reading ??= this.#readAgain(this.#read).finally(() => (this.#reading = undefined))
      await this.#reading
    }
    return this.#settings !== failed
  }

  async #readAgain(read: ReadAccess): Promise<void> {
    try {
      const { username, password, useOidc, tls } = await withTimeout(read(), maxReadMs, () => {
        throw new Error(`no answer for ${maxReadMs / 1000} s`)
      })
      const settings = { username, password, useOidc, tls }
      if (isDeepStrictEqual(settings, this.#settings)) return
      this.#settings = settings
      this.#logger.info({}, 'The settings of the cluster have changed, the new ones are used')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#logger.warn({ reason }, 'The settings could not be read again')
    }
  }
}

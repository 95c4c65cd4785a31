import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../lib/process/logger.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'

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

/** Where the settings came from, to be read again. */
export interface AccessSource {
  /**
   * The settings as they are now; undefined while nothing has changed since they were read last.
   * Throws an `Error` that says why they cannot be used; it must not quote a secret.
   */
  read(): Promise<AccessSettings | undefined>
  /** Names of the settings that the process cannot read again: its environment holds them. */
  fixed: readonly string[]
}

/** What is notified of changes. */
export interface AccessListeners {
  logger: Logger
  /** Notified of a corrected password before it is used. */
  onSecret?: ((secret: string) => void) | undefined
}

/** A disk that works needs less. */
const maxReadMs = 2_000

/** A running bridge becomes stricter by itself, never laxer. */
const isAsStrict = (now: TlsSettings, next: TlsSettings): boolean =>
  next.mode === now.mode || next.mode === 'pin' || now.mode === 'insecure'

const loginNames = ['SCALE_USERNAME', 'SCALE_PASSWORD', 'SCALE_USE_OIDC']

/**
 * Login and TLS settings of the bridge. A refused login has them read again, so that a
 * certificate that was pinned, or a password that was corrected meanwhile, is used at once.
 */
export class Access {
  readonly #source: AccessSource | undefined
  readonly #logger: Logger
  readonly #onSecret: ((secret: string) => void) | undefined
  #login: Credentials
  #tls: TlsSettings
  /** One for all who wait for it. Never rejects. */
  #reading: Promise<void> | undefined
  /** The last change could not be used. */
  #isBroken = false

  /** @param source left out where there is nothing to read again */
  constructor(
    { tls, ...login }: AccessSettings,
    source: AccessSource | undefined,
    { logger, onSecret }: AccessListeners
  ) {
    this.#login = login
    this.#tls = tls
    this.#source = source
    this.#logger = logger
    this.#onSecret = onSecret
  }

  /** The same object until they change. */
  get login(): Credentials {
    return this.#login
  }

  /** The same object until they change. */
  get tls(): TlsSettings {
    return this.#tls
  }

  /** Whether there are other credentials than those that were refused. Never throws. */
  async hasNewLogin(refused: Credentials): Promise<boolean> {
    if (this.#login === refused) await this.#readAgain()
    return this.#login !== refused
  }

  /** Whether there are other TLS settings than those by which a node was refused. Never throws. */
  async hasNewTls(refusing: TlsSettings): Promise<boolean> {
    if (this.#tls === refusing) await this.#readAgain()
    return this.#tls !== refusing
  }

  /** A clause that says how corrected credentials reach the bridge; empty where nothing runs on. */
  get loginHint(): string {
    return this.#hint(
      (name) => loginNames.includes(name),
      'the bridge reads a corrected settings file by itself, without a restart'
    )
  }

  /** The same for the pins. */
  get tlsHint(): string {
    const holdsPins = (name: string): boolean =>
      name === 'SCALE_TLS_FINGERPRINT' || (name === 'SCALE_TLS' && this.#tls.mode !== 'pin')
    return this.#hint(holdsPins, 'the bridge reads new pins by itself, without a restart')
  }

  #hint(concerns: (name: string) => boolean, otherwise: string): string {
    if (this.#source === undefined) return ''
    const fixed = this.#source.fixed.filter(concerns)
    const [verb, pronoun] = fixed.length === 1 ? ['comes', 'it'] : ['come', 'them']
    if (fixed.length > 0)
      return (
        `; ${fixed.join(' and ')} ${verb} from the environment, which wins over the settings ` +
        `file: change ${pronoun} there and restart the bridge`
      )
    if (this.#isBroken)
      return '; the settings have changed, and the bridge cannot use them: its log says why'
    return `; ${otherwise}`
  }

  async #readAgain(): Promise<void> {
    if (this.#source === undefined) return
    this.#reading ??= this.#take(this.#source).finally(() => (this.#reading = undefined))
    await withTimeout(this.#reading, maxReadMs, () => undefined)
  }

  async #take(source: AccessSource): Promise<void> {
    try {
      const next = await source.read()
      if (next === undefined) return
      const { username, password, useOidc, tls } = next
      if (!isAsStrict(this.#tls, tls))
        throw new Error(`SCALE_TLS is ${tls.mode} now, less strict than ${this.#tls.mode}`)
      this.#isBroken = false
      const login = { username, password, useOidc }
      this.#onSecret?.(password)
      if (!isDeepStrictEqual(login, this.#login)) {
        this.#login = login
        this.#logger.info(
          { username },
          'The login in the settings has changed and is used from now on'
        )
      }
      if (!isDeepStrictEqual(tls, this.#tls)) {
        this.#tls = tls
        const { mode, fingerprints } = tls
        this.#logger.info(
          { mode, pins: fingerprints.length },
          'The TLS settings have changed and are used from now on'
        )
      }
    } catch (error) {
      this.#isBroken = true
      const reason = error instanceof Error ? error.message : String(error)
      this.#logger.warn(
        { reason },
        `The settings have changed and cannot be used: ${reason}. The bridge continues with those ` +
          'it has; correct the file, or restart the bridge'
      )
    }
  }
}

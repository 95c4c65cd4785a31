import { jwtVerify } from 'jose'
import { BridgeError } from '../lib/errors/errors.ts'
import { oneLine } from '../lib/text/one-line.ts'
import type { Person } from './principal.ts'

/** Between the clocks of OpenWebUI and the bridge. */
const clockToleranceSeconds = 30

/** OpenWebUI's tokens are valid for 300 s unless it is configured otherwise. */
const maxTokenAge = '1h'

const maxLength = 254

/** Verifies the signed names of OpenWebUI's users. Such a token names a person, and opens nothing. */
export class OpenWebUiTokens {
  readonly #secret: Uint8Array

  constructor(secret: string) {
    this.#secret = new TextEncoder().encode(secret)
  }

  /**
   * The person that a token names: by name, else by address, else by id.
   * @throws {BridgeError} UNAUTHORIZED for one that is not whole, too old or not signed with the secret
   */
  async personOf(token: string): Promise<Person> {
    try {
      const { payload } = await jwtVerify(token, this.#secret, {
        algorithms: ['HS256'],
        issuer: 'open-webui',
        clockTolerance: clockToleranceSeconds,
        maxTokenAge,
        requiredClaims: ['exp', 'iat', 'sub']
      })
      const [name] = [payload['name'], payload['email'], payload.sub]
        .map((value) =>
          typeof value === 'string' ? oneLine(value.slice(0, 1000), maxLength, '') : ''
        )
        .filter((text) => text !== '')
      if (name === undefined) throw new Error('It names no user')
      return { name, verified: true, id: payload.sub }
    } catch (cause) {
      throw new BridgeError(
        'UNAUTHORIZED',
        'The header X-OpenWebUI-User-Jwt is not valid: its signature must be by OPENWEBUI_JWT_SECRET, which is FORWARD_USER_INFO_HEADER_JWT_SECRET of OpenWebUI, and it must not be expired. Compare the two secrets, and the clocks',
        { cause }
      )
    }
  }
}

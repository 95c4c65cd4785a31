import { createHash } from 'node:crypto'
import { BridgeError, toBridgeError } from '../../lib/errors/errors.ts'

/** What is known of a stream before it is sent; stands for it in plans and in the record. */
export interface StreamFacts {
  /** Exact length. */
  bytes: number
  /** Of the whole, hex in lower case, where it is known before. */
  sha256?: string | undefined
  /** Where it comes from, without login. */
  from?: string | undefined
}

/** The facts alone. */
export const streamFacts = ({ bytes, sha256, from }: StreamFacts): StreamFacts => ({
  bytes,
  ...(sha256 !== undefined && { sha256 }),
  ...(from !== undefined && { from })
})

const broken = (message: string): BridgeError => new BridgeError('INVALID_ARGUMENT', message)

/**
 * A body that goes to the cluster as it comes in, and never is in memory as a whole. It can be sent once.
 *
 * Its last piece is held back until length and hash are right: what is wrong never arrives whole, so that
 * the cluster cannot take it for good.
 */
export class StreamBody implements StreamFacts {
  readonly bytes: number
  readonly sha256: string | undefined
  readonly from: string | undefined
  readonly #source: AsyncIterable<Uint8Array>
  readonly #onSent: (bytes: number) => void
  #isBegun = false
  #sentBytes = 0
  #hash: string | undefined
  #broken: BridgeError | undefined

  /** @param onSent called with the number of bytes sent so far */
  constructor(
    source: AsyncIterable<Uint8Array>,
    { bytes, sha256, from }: StreamFacts,
    onSent: (bytes: number) => void = () => undefined
  ) {
    this.bytes = bytes
    this.sha256 = sha256?.toLowerCase()
    this.from = from
    this.#source = source
    this.#onSent = onSent
  }

  /** Whether any of it was asked for: it cannot be sent again. */
  get isBegun(): boolean {
    return this.#isBegun
  }

  /** Whether all of it was handed to the connection; until then it cannot have been received whole. */
  get isSent(): boolean {
    return this.#hash !== undefined && this.#sentBytes === this.bytes
  }

  /** SHA-256 of what came, once it came whole. */
  get hash(): string | undefined {
    return this.#hash
  }

  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Why it ended before its end. */
  get broken(): BridgeError | undefined {
    return this.#broken
  }

  /** @throws {BridgeError} what its source throws; INVALID_ARGUMENT for another length or hash */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#isBegun) throw new Error('A stream can be sent once')
    this.#isBegun = true
    const hash = createHash('sha256')
    let held: Uint8Array | undefined
    let came = 0
    try {
      for await (const chunk of this.#source) {
        came += chunk.length
        if (came > this.bytes)
          throw broken(`More came than the ${this.bytes} bytes that were announced`)
        if (chunk.length === 0) continue
        hash.update(chunk)
        if (held !== undefined) {
          yield held
          this.#sent(held)
        }
        held = chunk
      }
      if (came < this.bytes)
        throw broken(`Only ${came} of the ${this.bytes} bytes came that were announced`)
      const found = hash.digest('hex')
      if (this.sha256 !== undefined && found !== this.sha256)
        throw broken(`The SHA-256 of what came is ${found}, not ${this.sha256} as sha256 says`)
      this.#hash = found
      if (held === undefined) return
      this.#sentBytes += held.length
      yield held
      this.#onSent(this.#sentBytes)
    } catch (error) {
      this.#broken = toBridgeError(error)
      throw this.#broken
    }
  }

  #sent(chunk: Uint8Array): void {
    this.#sentBytes += chunk.length
    this.#onSent(this.#sentBytes)
  }
}

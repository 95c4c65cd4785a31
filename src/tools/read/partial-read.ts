import { BridgeError } from '../../lib/errors/errors.ts'

/** Something that could not be read, and why. */
export interface Unread {
  what: string
  error: BridgeError
}

/**
 * Reads of which some may fail: what cannot be read, such as for lack of a role, must not keep the
 * rest from being shown, and is to be said.
 */
export class PartialRead {
  readonly unread: Unread[] = []
  #read = 0

  /**
   * The result of a read; where it fails, undefined, and the failure is kept.
   * @throws {BridgeError} CALLER_GONE
   */
  async take<T>(what: string, work: Promise<T>): Promise<T | undefined> {
    try {
      const result = await work
      this.#read++
      return result
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
      this.unread.push({ what, error })
      return undefined
    }
  }

  /** @throws {BridgeError} the first failure, where nothing at all could be read */
  requireAny(): void {
    const [first] = this.unread
    if (first !== undefined && this.#read === 0) throw first.error
  }
}

const maxWords = 160

/** Why something could not be read, as a clause in a line. */
export function whyUnread({ error }: Unread): string {
  const { message } = error
  return message.length > maxWords ? `${message.slice(0, maxWords)}…` : message.replace(/\.$/, '')
}

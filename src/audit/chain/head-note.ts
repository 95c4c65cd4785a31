import { type FileHandle, open, readFile } from 'node:fs/promises'
import { formatHead, type Head, parseHead } from '../entry.ts'

/** As long for every head, so that a new one replaces the whole text at once. */
const length = 96

/**
 * The head of the record, noted beside the key after every append: entries that are cut off at the end
 * of the record are missed by it. It is never ahead of what is on the disk.
 */
export class HeadNote {
  readonly #path: string
  #file: FileHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** @throws what the file system refuses */
  async write(head: Head): Promise<void> {
    this.#file ??= await open(this.#path, 'r+').catch(() => open(this.#path, 'w+', 0o600))
    await this.#file.write(`${formatHead(head).padEnd(length - 1)}\n`, 0)
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => undefined)
    this.#file = undefined
  }
}

/** The head that was noted; undefined where none was. */
export const readHeadNote = async (path: string): Promise<Head | undefined> =>
  parseHead(await readFile(path, 'utf8').catch(() => ''))

import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, silentLogger } from '../lib/process/logger.ts'
import { replaceFile } from '../lib/files/replace-file.ts'
import { type FileLock, withFileLock } from '../lib/files/file-lock.ts'
import { formatLine, type JournalRecord, parseLine } from './journal-line.ts'
import { BatchedStore } from './batched-store.ts'
import type { Decide } from './journaled-store.ts'
import { StoreError } from './store.ts'

/** A journal is written again when it has this many lines, and four times as many as it needs. */
const compactLines = 5_000

/**
 * A store in a folder: one journal of checksummed lines (0600) that only grows, replayed into memory.
 *
 * A change takes the folder's lock, reads what other processes have added, decides, appends whole
 * lines and syncs them to the disk; all that wait share one turn. A line that a crash cut short is
 * cut off by the next writer, and never read. See test/src/store/crash.test.ts.
 */
export class FileStore extends BatchedStore {
  readonly advice =
    'Check the disk and the permissions of the folder SCALE_STORE (default: the state folder), then call again.'
  readonly #folder: string
  readonly #logger: Logger
  #file: FileHandle | undefined
  #inode = 0
  /** Bytes of the journal that are in the state. */
  #read = 0
  /** The last line of them. */
  #last = Buffer.alloc(0)
  #lines = 0
  /** Lines from which on the journal is written again. */
  #compactAt = compactLines

  /** @param folder is created (0700) where it is missing, with the first call */
  constructor(folder: string, logger: Logger = silentLogger) {
    super()
    this.#folder = folder
    this.#logger = logger
  }

  protected override async release(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  protected override async commit(decisions: readonly Decide[]): Promise<void> {
    await this.#openFolder()
    await withFileLock(join(this.#folder, 'lock'), (lock) => this.#commit(decisions, lock))
  }

  protected override async catchUp(): Promise<void> {
    await this.#openFolder()
    await this.#catchUp()
  }

  /** With the lock held: what others wrote first, then what is decided by it. */
  async #commit(decisions: readonly Decide[], lock: FileLock): Promise<void> {
    const file = await this.#catchUp()
    const { size } = await file.stat()
    // Only a writer that crashed leaves part of a line.
    if (size > this.#read) {
      await lock.check()
      await file.truncate(this.#read)
    }
    let records: JournalRecord[]
    let lines: string[]
    let text: string
    try {
      records = this.decideAll(decisions)
      if (records.length === 0) return
      lines = records.map(formatLine)
      text = lines.join('')
      await lock.check()
      await file.appendFile(text)
      await file.datasync()
      // What was late may be written, but is not promised.
      await lock.check()
    } catch (error) {
      // What is in memory may not be on the disk: both are read again.
      await lock
        .check()
        .then(() => file.truncate(this.#read))
        .catch(() => undefined)
      await this.#forget()
      throw error
    }
    this.#last = Buffer.from(lines.at(-1) ?? '')
    this.#read += Buffer.byteLength(text)
    this.#lines += records.length
    this.tell(records)
    if (this.#lines >= this.#compactAt && this.#lines >= 4 * this.state.liveLines)
      await this.#compact(lock)
  }

  /** Reads the whole lines that were added. */
  async #catchUp(): Promise<FileHandle> {
    try {
      const file = await this.#openJournal()
      if (await this.#readOn(file)) return file
      await this.#forget()
      const again = await this.#openJournal()
      await this.#readOn(again)
      return again
    } catch (error) {
      // The file may be another one by now.
      await this.#forget()
      throw error
    }
  }

  async #openJournal(): Promise<FileHandle> {
    const path = join(this.#folder, 'journal')
    const present = await stat(path).catch(() => undefined)
    const isSame = present?.ino === this.#inode && present.size >= this.#read
    if (this.#file !== undefined && isSame) return this.#file
    await this.#forget()
    this.#file = await open(path, 'a+', 0o600)
    this.#inode = (await this.#file.stat()).ino
    return this.#file
  }

  /**
   * Takes in the whole lines behind those that are known.
   * @returns whether the last of those is there: a writer whose disk failed undoes what it had begun
   */
  async #readOn(file: FileHandle): Promise<boolean> {
    const { size } = await file.stat()
    const known = this.#last.length
    const from = this.#read - known
    const bytes = Buffer.alloc(Math.max(0, size - from))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
    if (!bytes.subarray(0, Math.min(known, bytesRead)).equals(this.#last)) return false
    const fresh = bytes.subarray(known, bytesRead)
    const end = fresh.lastIndexOf(0x0a) + 1
    if (end === 0) return true
    const isFirst = this.#read === 0
    const records: JournalRecord[] = []
    let damaged = 0
    for (const line of fresh.toString('utf8', 0, end).split('\n').slice(0, -1)) {
      const record = parseLine(line)
      if (record === undefined) damaged += 1
      else records.push(record)
    }
    if (damaged > 0)
      this.#logger.warn(
        { folder: this.#folder, damaged },
        `${damaged} lines of the journal are damaged and were passed over`
      )
    for (const record of records) this.state.apply(record)
    const lines = fresh.subarray(0, end - 1)
    // A copy, as a part keeps the whole in memory.
    this.#last = Buffer.from(fresh.subarray(lines.lastIndexOf(0x0a) + 1, end))
    this.#read += end
    this.#lines += records.length
    if (!isFirst) this.tell(records)
    return true
  }

  /**
   * Writes the journal again, with what still counts; readers see that it is another file. Never throws: what
   * was appended is kept, and it is tried again later.
   */
  async #compact(lock: FileLock): Promise<void> {
    this.#compactAt = this.#lines + compactLines
    try {
      const text = this.state.toText()
      // An open file is not replaced on Windows.
      const file = this.#file
      this.#file = undefined
      await file?.close()
      await replaceFile(join(this.#folder, 'journal'), text, {
        beforeReplacing: () => lock.check()
      })
      this.#compactAt = compactLines
    } catch (err) {
      this.#logger.warn(
        { err, folder: this.#folder },
        'The journal could not be compacted; it keeps growing until this succeeds'
      )
    }
  }

  async #forget(): Promise<void> {
    await this.#file?.close().catch(() => undefined)
    this.#file = undefined
    this.forgetState()
    this.#read = 0
    this.#last = Buffer.alloc(0)
    this.#lines = 0
  }

  async #openFolder(): Promise<void> {
    if (this.#file === undefined) await mkdir(this.#folder, { recursive: true, mode: 0o700 })
  }

  protected override failure(error: unknown): StoreError {
    if (error instanceof StoreError) return error
    const { code, message } = error as NodeJS.ErrnoException
    return new StoreError(`The folder ${this.#folder} cannot be used: ${code ?? message}`, {
      cause: error
    })
  }
}

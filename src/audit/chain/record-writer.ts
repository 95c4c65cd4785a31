import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Logger } from '../../lib/process/logger.ts'
import { type FileLock, withFileLock } from '../../lib/files/file-lock.ts'
import { syncFolder } from '../../lib/files/sync-folder.ts'
import { type AuditEntry, type Draft, formatHead, type Head, noHead } from '../entry.ts'
import { beginWith, checkpointEvery, continueFrom, isCheckpointDue } from './continuation.ts'
import { closedFiles, closedName, linesBackwards, linesOf } from './files.ts'
import { HeadNote, readHeadNote } from './head-note.ts'
import type { AuditKey } from './key.ts'
import { hashLine, parseLine } from './line.ts'
import { entriesBackwards } from './record-reader.ts'

export interface RecordOptions {
  path: string
  /** Where the head is noted. */
  headPath: string
  /** The key that signs; asked for until there is one. */
  key: () => Promise<AuditKey>
  /** A file that has reached it is closed, and the next one begins. */
  maxBytes: number
  /** A closed file is deleted when its last entry is older. */
  keepMs: number
  logger: Logger
  now: () => Date
}

/** Where entries are kept. */
export interface RecordStore {
  /** What to do where it cannot be written, as sentences for callers. */
  readonly advice: string
  /** Entries behind the last checkpoint. */
  readonly unsigned: number
  /**
   * Appends entries, durable when it resolves: all of them, or none.
   * @param sign ends them with a checkpoint, unless everything is signed
   * @returns what is new in the record, the work of other processes included
   * @throws what the file system refuses
   */
  append(drafts: readonly Draft[], sign: boolean): Promise<AuditEntry[]>
  /** What is kept, the newest first. */
  backwards(): AsyncIterable<AuditEntry>
  close(): Promise<void>
}

/** A file is closed after so long, too, so that AUDIT_KEEP can take it. */
const maxFileMs = 30 * 24 * 60 * 60 * 1000

/** Lines that are read of a record that is opened. */
const tailLines = checkpointEvery + 1

/** What is known of the file that is written to. */
interface Present {
  file: FileHandle
  inode: number
  /** Bytes of its whole lines. */
  size: number
  beganAt: number
  firstSeq: number
}

/**
 * Writes the record. Several processes may: each append takes the file's lock, reads what others have
 * added, appends whole lines and syncs them. What a crash cut short is set aside and said.
 */
export class RecordWriter implements RecordStore {
  readonly advice =
    'Check the disk and the permissions of SCALE_AUDIT_FILE and SCALE_AUDIT_KEY (default: in the state folder), then call again.'
  readonly #options: RecordOptions
  #key: AuditKey | undefined
  readonly #note: HeadNote
  #present: Present | undefined
  #head: Head | undefined
  /** Entries behind the last checkpoint. */
  #unsigned = 0
  /** Entries that others have written, or an earlier process, since the last append. */
  #seen: AuditEntry[] = []

  constructor(options: RecordOptions) {
    this.#options = options
    this.#note = new HeadNote(options.headPath)
  }

  get unsigned(): number {
    return this.#unsigned
  }

  async append(drafts: readonly Draft[], sign: boolean): Promise<AuditEntry[]> {
    const { path } = this.#options
    this.#key ??= await this.#options.key()
    if (this.#present === undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return withFileLock(`${path}.lock`, async (lock) => {
      try {
        const repairs = await this.#catchUp(lock)
        await this.#closeFull(lock)
        const entries = await this.#write([...repairs, ...drafts], sign, lock)
        const seen = this.#seen
        this.#seen = []
        return [...seen, ...entries]
      } catch (error) {
        // What is on the disk is read again before the next append.
        await this.#forget()
        throw error
      }
    })
  }

  backwards(): AsyncIterable<AuditEntry> {
    return entriesBackwards(this.#options.path)
  }

  async close(): Promise<void> {
    await this.#forget()
    await this.#note.close()
  }

  async #write(drafts: readonly Draft[], sign: boolean, lock: FileLock): Promise<AuditEntry[]> {
    const isEmpty = this.#present === undefined || this.#present.size === 0
    const wantsSignature = isCheckpointDue(this.#unsigned, drafts.length, sign)
    if (drafts.length === 0 && !wantsSignature) return []
    const { logger, now } = this.#options
    const key = this.#key as AuditKey
    const present = await this.#open()
    const time = now().toISOString()
    const { entries, lines, head } = continueFrom(
      this.#head ?? noHead,
      isEmpty ? [beginWith(key), ...drafts] : drafts,
      time,
      wantsSignature ? key : undefined
    )
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    await lock.check()
    try {
      await present.file.appendFile(bytes)
      await present.file.datasync()
      // What was late may be written, but is not promised.
      await lock.check()
    } catch (error) {
      await lock
        .check()
        .then(() => present.file.truncate(present.size))
        .catch(() => undefined)
      throw error
    }
    if (isEmpty) {
      await syncFolder(this.#options.path)
      present.firstSeq = entries[0]?.seq ?? 1
      present.beganAt = Date.parse(time)
    }
    present.size += bytes.length
    this.#head = head
    this.#unsigned = wantsSignature ? 0 : this.#unsigned + entries.length
    await this.#noteHead()
    // Kept with the log, it shows that the record was rewritten.
    if (wantsSignature) logger.info({ audit: formatHead(head) }, 'audit head')
    return entries
  }

  async #noteHead(): Promise<void> {
    try {
      await this.#note.write(this.#head ?? noHead)
    } catch (err) {
      await this.#note.close()
      this.#options.logger.warn(
        { err },
        'The head of the record cannot be noted: entries cut off at its end would not be missed'
      )
    }
  }

  async #open(): Promise<Present> {
    if (this.#present !== undefined) return this.#present
    const file = await open(this.#options.path, 'a+', 0o600)
    const { ino, size } = await file.stat()
    this.#present = { file, inode: ino, size, beganAt: 0, firstSeq: 0 }
    return this.#present
  }

  /** Reads what was added since; returns what is to be said of what was found. */
  async #catchUp(lock: FileLock): Promise<Draft[]> {
    const { path } = this.#options
    const found = await stat(path).catch(() => undefined)
    const known = this.#present
    const isSame =
      known !== undefined && found?.ino === known.inode && (found?.size ?? 0) >= known.size
    if (!isSame) return this.#load(lock)
    if (found?.size === known.size) return []
    let end = known.size
    for await (const { bytes, at, isWhole } of linesOf(known.file, known.size)) {
      const entry = isWhole ? parseLine(bytes) : undefined
      if (entry === undefined) continue
      end = at + bytes.length + 1
      this.#pass(entry, hashLine(bytes))
    }
    return this.#setAside(known, end, lock)
  }

  #pass(entry: AuditEntry, hash: string): void {
    this.#head = { seq: entry.seq, hash }
    this.#unsigned = entry.kind === 'checkpoint' ? 0 : this.#unsigned + 1
    this.#seen.push(entry)
  }

  /** Opens the file, which may be new, or the work of another process. */
  async #load(lock: FileLock): Promise<Draft[]> {
    const { path, headPath, logger } = this.#options
    const before = this.#head ?? (await readHeadNote(headPath))
    await this.#forget()
    this.#seen = []
    const files = await closedFiles(path)
    const isThere = (await stat(path).catch(() => undefined))?.isFile() === true
    const drafts: Draft[] = []
    let head = noHead
    if (isThere) {
      const present = await this.#open()
      const tail = await this.#readTail(present)
      drafts.push(...(await this.#setAside(present, tail.end, lock)))
      head = tail.head ?? head
    }
    const last = files.at(-1)
    if (head === noHead && last !== undefined) head = await this.#headOf(last)
    // Continues behind what is missed, so that it stays missed.
    if (before !== undefined && before.seq > head.seq) {
      logger.warn(
        { audit: formatHead(before), found: formatHead(head) },
        `The record ends at entry ${head.seq}, but ${before.seq} were written: \`scale-bridge audit verify\` says what is missing`
      )
      head = before
    }
    this.#head = head
    return drafts
  }

  /** The end of the whole lines of a file, and what stands there. */
  async #readTail(present: Present): Promise<{ end: number; head: Head | undefined }> {
    let end = 0
    let head: Head | undefined
    const tail: AuditEntry[] = []
    for await (const { bytes, at } of linesBackwards(present.file, present.size)) {
      const entry = parseLine(bytes)
      if (entry === undefined) {
        // Behind the last good line a crash has left it; before, the file was edited.
        if (head === undefined) continue
        break
      }
      if (head === undefined) {
        head = { seq: entry.seq, hash: hashLine(bytes) }
        end = at + bytes.length + 1
      }
      tail.unshift(entry)
      if (tail.length >= tailLines) break
    }
    const signed = tail.findLastIndex(({ kind }) => kind === 'checkpoint')
    this.#unsigned = signed === -1 ? tail.length : tail.length - 1 - signed
    this.#seen.push(...tail)
    for await (const { bytes } of linesOf(present.file, 0)) {
      const first = parseLine(bytes)
      present.firstSeq = first?.seq ?? 0
      present.beganAt = Date.parse(first?.time ?? '') || 0
      break
    }
    return { end, head }
  }

  async #headOf(path: string): Promise<Head> {
    const last = await lastEntry(path)
    return last === undefined ? noHead : { seq: last.entry.seq, hash: last.hash }
  }

  /** Keeps what stands behind the last whole line beside the record, and takes it out. */
  async #setAside(present: Present, end: number, lock: FileLock): Promise<Draft[]> {
    const { path, now, logger } = this.#options
    const { size } = await present.file.stat()
    present.size = end
    if (size <= end) return []
    const bytes = Buffer.alloc(size - end)
    await present.file.read(bytes, 0, bytes.length, end)
    const aside = `${path}.torn-${now().toISOString().replaceAll(/[-:.]/g, '')}`
    const file = await open(aside, 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await lock.check()
    await present.file.truncate(end)
    const fields = { bytes: bytes.length, sha256: hashLine(bytes), keptIn: aside }
    logger.warn(fields, 'Part of a line at the end of the record was set aside')
    return [{ kind: 'repaired', fields }]
  }

  /** Closes a file that is full or old, and deletes those that need not be kept. */
  async #closeFull(lock: FileLock): Promise<void> {
    const { path, maxBytes, now } = this.#options
    const present = this.#present
    if (present === undefined || present.size === 0) return
    const isOld = now().getTime() - present.beganAt > maxFileMs
    if (present.size < maxBytes && !isOld) return
    this.#seen.push(...(await this.#write([], true, lock)))
    await present.file.close()
    this.#present = undefined
    await lock.check()
    // One whose first line is damaged must not take the place of another.
    const firstSeq = present.firstSeq || (this.#head?.seq ?? 0)
    await rename(path, closedName(path, firstSeq))
    await syncFolder(path)
    const expired = await this.#expire()
    if (expired.length > 0) this.#seen.push(...(await this.#write(expired, false, lock)))
  }

  async #expire(): Promise<Draft[]> {
    const { path, keepMs, now, logger } = this.#options
    const drafts: Draft[] = []
    for (const file of await closedFiles(path)) {
      const last = await lastEntry(file)
      if (last === undefined || !(Date.parse(last.entry.time) < now().getTime() - keepMs)) break
      await unlink(file)
      const fields = { through: formatHead({ seq: last.entry.seq, hash: last.hash }) }
      logger.info({ file, ...fields }, 'A file of the record has expired')
      drafts.push({ kind: 'expired', fields })
    }
    return drafts
  }

  async #forget(): Promise<void> {
    await this.#present?.file.close().catch(() => undefined)
    this.#present = undefined
  }
}

/** The last entry of a file, and its hash; undefined where there is none. */
async function lastEntry(path: string): Promise<{ entry: AuditEntry; hash: string } | undefined> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    for await (const { bytes } of linesBackwards(file, size)) {
      const entry = parseLine(bytes)
      return entry && { entry, hash: hashLine(bytes) }
    }
    return undefined
  } finally {
    await file.close()
  }
}

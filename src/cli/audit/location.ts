import { resolve } from 'node:path'
import { loadAuditLocation } from '../../config/config.ts'
import { databaseEntriesBackwards, databaseLines } from '../../audit/chain/database-record.ts'
import { headFile, linesOf } from '../../audit/chain/files.ts'
import { closeRecord, entriesBackwards, openRecord } from '../../audit/chain/record-reader.ts'
import {
  type Verification,
  verifyLines,
  type VerifyOptions,
  verifyRecord
} from '../../audit/chain/verify.ts'
import type { AuditEntry } from '../../audit/entry.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { silentLogger } from '../../lib/process/logger.ts'
import { isDatabaseAddress } from '../../store/postgres/address.ts'
import { Database } from '../../store/postgres/database.ts'
import { StoreError } from '../../store/store.ts'
import type { Io } from '../io/io.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'

/** A record as commands read it, in files or in a database. */
export interface LocatedRecord {
  keyPath: string
  /** Where its head is noted. */
  headPath: string
  /** The newest first. */
  backwards(): AsyncIterable<AuditEntry>
  /** Whole lines, the oldest first. */
  lines(): AsyncIterable<Buffer>
  verify(options: VerifyOptions): Promise<Verification>
}

async function* wholeLines(path: string): AsyncGenerator<Buffer> {
  const files = await openRecord(path)
  try {
    for (const { file } of files)
      for await (const { bytes, isWhole } of linesOf(file, 0)) if (isWhole) yield bytes
  } finally {
    await closeRecord(files)
  }
}

/**
 * Finds the record by the settings and works with it.
 * @throws {CommandError} where there is none, or it cannot be read
 */
export async function withRecord<T>(
  io: Io,
  options: SettingsOptions,
  work: (record: LocatedRecord) => Promise<T>
): Promise<T> {
  const { env } = await openSettings(io, options)
  const { auditFile, auditKey, store } = loadAuditLocation(env)
  const keyPath = resolve(io.cwd, auditKey)
  if (!isDatabaseAddress(store)) return inFiles(resolve(io.cwd, auditFile), keyPath, work)
  const database = new Database(store, silentLogger)
  try {
    return await work({
      keyPath,
      headPath: headFile(keyPath, database.name),
      backwards: () => databaseEntriesBackwards(database),
      lines: () => databaseLines(database),
      verify: (given) => verifyLines(database.name, databaseLines(database), given)
    })
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError(error.message)
    throw error
  } finally {
    await database.close()
  }
}

async function inFiles<T>(
  path: string,
  keyPath: string,
  work: (record: LocatedRecord) => Promise<T>
): Promise<T> {
  try {
    const files = await openRecord(path)
    await closeRecord(files)
    if (files.length === 0)
      throw new CommandError(
        `There is no record at ${path}: the bridge writes it, and SCALE_AUDIT_FILE names another file`
      )
    return await work({
      keyPath,
      headPath: headFile(keyPath, path),
      backwards: () => entriesBackwards(path),
      lines: () => wholeLines(path),
      verify: (given) => verifyRecord(path, given)
    })
  } catch (error) {
    // What the file system refuses, in a sentence.
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === undefined || syscall === undefined) throw error
    throw new CommandError(`The record ${path} cannot be read (${code})`)
  }
}

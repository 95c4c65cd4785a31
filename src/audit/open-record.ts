import type { Logger } from '../lib/process/logger.ts'
import type { Database } from '../store/postgres/database.ts'
import { DatabaseRecord } from './chain/database-record.ts'
import { headFile } from './chain/files.ts'
import { openKey } from './chain/key.ts'
import { RecordWriter } from './chain/record-writer.ts'

/** Where a record is kept, and for how long. */
export interface AuditFiles {
  path: string
  /** The private key that signs it; created where there is none. */
  keyPath: string
  /** A file that has reached it is closed, and the next one begins. */
  maxBytes: number
  /** Entries younger than this are never deleted. */
  keepMs: number
}

/** The record in a database; the key that signs it is in a file. */
export const openRecordIn = (
  database: Database,
  { keyPath, keepMs }: Pick<AuditFiles, 'keyPath' | 'keepMs'>,
  logger: Logger,
  now: () => Date
): DatabaseRecord =>
  new DatabaseRecord({
    database,
    headPath: headFile(keyPath, database.name),
    key: () => openKey(keyPath),
    keepMs,
    logger,
    now
  })

/** The record in these files. Nothing is opened before the first append. */
export const openRecordAt = (files: AuditFiles, logger: Logger, now: () => Date): RecordWriter =>
  new RecordWriter({
    path: files.path,
    headPath: headFile(files.keyPath, files.path),
    key: () => openKey(files.keyPath),
    maxBytes: files.maxBytes,
    keepMs: files.keepMs,
    logger,
    now
  })

import { resolve } from 'node:path'
import { loadAuditLocation } from '../../config/config.ts'
import { closeRecord, openRecord } from '../../audit/chain/record-reader.ts'
import { CommandError } from '../../lib/command-error.ts'
import type { Io } from '../io/io.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'

/** Where the record is, and its key. */
export interface RecordLocation {
  path: string
  keyPath: string
}

/**
 * Finds the record by the settings.
 * @throws {CommandError} where there is none, or it cannot be read
 */
export async function locateRecord(io: Io, options: SettingsOptions): Promise<RecordLocation> {
  const { env } = await openSettings(io, options)
  const { auditFile, auditKey } = loadAuditLocation(env)
  const path = resolve(io.cwd, auditFile)
  const count = await guarded(path, async () => {
    const files = await openRecord(path)
    await closeRecord(files)
    return files.length
  })
  if (count === 0)
    throw new CommandError(
      `There is no record at ${path}: the bridge writes it, and SCALE_AUDIT_FILE names another file`
    )
  return { path, keyPath: resolve(io.cwd, auditKey) }
}

/** What the file system refuses, in a sentence. */
export async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new CommandError(`The record ${path} cannot be read (${code})`)
  }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Audit, type AuditOptions } from '../../../src/audit/audit.ts'
import { headFile } from '../../../src/audit/chain/files.ts'
import { readHeadNote } from '../../../src/audit/chain/head-note.ts'
import { readKey } from '../../../src/audit/chain/key.ts'
import { openRecordAt } from '../../../src/audit/open-record.ts'
import { type Verification, verifyRecord } from '../../../src/audit/chain/verify.ts'
import type { Logger } from '../../../src/lib/process/logger.ts'

export interface RecordPlace {
  path: string
  keyPath: string
  headPath: string
}

/** A record in a folder, its key beside it. */
export function recordIn(folder: string, name = 'audit.jsonl'): RecordPlace {
  mkdirSync(join(folder, 'audit'), { recursive: true })
  const path = join(folder, 'audit', name)
  const keyPath = join(folder, 'audit-key.pem')
  return { path, keyPath, headPath: headFile(keyPath, path) }
}

export interface OpenedAudit {
  audit: Audit
  /** Heads that went to the log. */
  heads: string[]
  /** Everything else of the log. */
  log: string[]
}

export interface OpenOptions extends AuditOptions {
  maxBytes?: number
  keepMs?: number
}

/** Opens a record as the bridge does. */
export function openAudit({ path, keyPath }: RecordPlace, options: OpenOptions = {}): OpenedAudit {
  const heads: string[] = []
  const log: string[] = []
  const say = (fields: object, message: string): void => {
    if (message === 'audit head') heads.push((fields as { audit: string }).audit)
    else log.push(`${message} ${JSON.stringify(fields)}`)
  }
  const logger: Logger = { debug: say, info: say, warn: say }
  const { maxBytes = 64 * 1024 ** 2, keepMs = 400 * 86_400_000, ...rest } = options
  const now = options.now ?? (() => new Date())
  const record = openRecordAt({ path, keyPath, maxBytes, keepMs }, logger, now)
  return { audit: new Audit({ record, logger, now, ...rest }), heads, log }
}

/** Verifies a record as the command does. */
export async function verify(
  { path, keyPath, headPath }: RecordPlace,
  heads: { seq: number; hash: string }[] = []
): Promise<Verification> {
  const key = await readKey(keyPath)
  const noted = await readHeadNote(headPath)
  return verifyRecord(path, {
    trusted: new Set([key.fingerprint]),
    publicKeys: [key.publicKey],
    heads: [
      ...(noted === undefined ? [] : [{ head: noted, source: 'the note beside the key' }]),
      ...heads.map((head) => ({ head, source: 'the log' }))
    ]
  })
}

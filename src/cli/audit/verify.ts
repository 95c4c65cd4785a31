import { readHeadNote } from '../../audit/chain/head-note.ts'
import { type AuditKey, readKey } from '../../audit/chain/key.ts'
import { formatHead, type Head } from '../../audit/entry.ts'
import type { Io } from '../io/io.ts'
import { warn } from '../io/io.ts'
import type { SettingsOptions } from '../settings.ts'
import { type LocatedRecord, withRecord } from './location.ts'

export interface AuditVerifyOptions extends SettingsOptions {
  /** Heads that a log has of the record. */
  head?: Head[]
  /** Fingerprints of further keys that may have signed. */
  key?: string[]
  showKey?: true
}

/** The key of the bridge; undefined where this user cannot read it, or it is kept elsewhere. */
async function ownKey(
  io: Io,
  path: string,
  given: readonly string[]
): Promise<AuditKey | undefined> {
  try {
    return await readKey(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === undefined ? message : `${path} cannot be read (${code})`
    if (given.length === 0)
      warn(
        io,
        `${why}: whether the record was signed by the key of the bridge is not known. --key names it`
      )
    return undefined
  }
}

/**
 * Reads the whole record and says whether anything of it was edited, removed, moved, inserted or cut off.
 * @returns 1 where something is wrong
 */
export const auditVerify = (io: Io, options: AuditVerifyOptions): Promise<number> =>
  withRecord(io, options, (record) => verify(io, options, record))

async function verify(io: Io, options: AuditVerifyOptions, record: LocatedRecord): Promise<number> {
  const { stdout, stderr } = io
  const { keyPath, headPath } = record
  const given = options.key ?? []
  const key = await ownKey(io, keyPath, given)
  if (options.showKey === true && key !== undefined)
    stdout.line(`key ${key.fingerprint}\npublic key ${key.publicKey}`)
  // Before the record: it grows meanwhile.
  const noted = await readHeadNote(headPath)
  const trusted = [...given, ...(key === undefined ? [] : [key.fingerprint])]
  const found = await record.verify({
    trusted: trusted.length === 0 ? undefined : new Set(trusted),
    publicKeys: key === undefined ? [] : [key.publicKey],
    heads: [
      ...(noted === undefined ? [] : [{ head: noted, source: 'the note beside the key' }]),
      ...(options.head ?? []).map((head) => ({ head, source: '--head' }))
    ]
  })
  for (const { file, line, kind, message } of found.problems)
    stderr.line(`${file}${line === 0 ? '' : `:${line}`}: ${kind}: ${message}`)
  const { entries, files, first, head, signedThrough, checkpoints, keys } = found
  const count = found.problems.length
  if (count > 0) {
    stderr.say(`The record is not whole: ${count === 1 ? '1 problem' : `${count} problems`}`)
    return 1
  }
  stdout.line(
    `${entries} entries, ${first?.seq ?? 0} to ${head.seq}, in ${files.length} ${files.length === 1 ? 'file' : 'files'}: the chain is whole`
  )
  stdout.line(
    checkpoints === 0
      ? 'nothing is signed yet'
      : `signed through entry ${signedThrough} by key ${keys.join(', ')}` +
          (signedThrough === head.seq
            ? ''
            : `; the last ${head.seq - signedThrough} are not signed yet`)
  )
  stdout.line(`head ${formatHead(head)}`)
  return 0
}

import type { AuditEntry, Draft, Head } from '../entry.ts'
import type { AuditKey } from './key.ts'
import { nextLine } from './line.ts'

/** Entries under one signature at most. */
export const checkpointEvery = 1000

/**
 * Whether an append ends with a checkpoint.
 * @param unsigned entries behind the last one
 * @param added entries that are appended
 * @param sign it is asked for, unless everything is signed
 */
export const isCheckpointDue = (unsigned: number, added: number, sign: boolean): boolean =>
  unsigned + added >= checkpointEvery || (sign && unsigned + added > 0)

/** What a record begins with, and continues with where that has expired: the key that signs it. */
export const beginWith = ({ publicKey, fingerprint }: AuditKey): Draft => ({
  kind: 'begin',
  fields: { format: 1, publicKey, key: fingerprint }
})

/** What is appended to a record: its entries, their lines without line breaks, and the head they lead to. */
export interface Continuation {
  entries: AuditEntry[]
  lines: string[]
  head: Head
}

/**
 * Chains entries to a head.
 * @param time of all of them
 * @param signer ends them with a checkpoint; undefined: they stay unsigned
 */
export function continueFrom(
  from: Head,
  drafts: readonly Draft[],
  time: string,
  signer: AuditKey | undefined
): Continuation {
  const continuation: Continuation = { entries: [], lines: [], head: from }
  const add = (draft: Draft): void => {
    const { entry, line, head } = nextLine(continuation.head, draft, time)
    continuation.entries.push(entry)
    continuation.lines.push(line)
    continuation.head = head
  }
  for (const draft of drafts) add(draft)
  if (signer !== undefined) {
    const { seq, hash } = continuation.head
    add({ kind: 'checkpoint', fields: signer.sign({ seq: seq + 1, time, prev: hash }) })
  }
  return continuation
}

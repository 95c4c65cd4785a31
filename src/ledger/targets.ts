import type { PlannedWrite } from '../hypercore/writes/write-ledger.ts'
import { uuidsInText } from '../lib/text/uuid.ts'
import type { WriteRecord } from './records.ts'

/** Further on, a body names nothing that a write acts on. */
const maxBodyLength = 64 * 1024

/** Every uuid that the path or the body of a write names, in lower case, each once. */
export function targetsOf({ path, body }: PlannedWrite): string[] {
  const text = `${path} ${body === undefined ? '' : JSON.stringify(body).slice(0, maxBodyLength)}`
  return [...new Set([...text.matchAll(uuidsInText)].map(([found]) => found.toLowerCase()))]
}

/** A clone, an export or a snapshot: its source stays as it is. */
const copies = /^\/VirDomain\/[^/]+\/(clone|export)$|^\/VirDomainSnapshot$/

/** Whether a write changes something of what it acts on. */
export const changesTargets = ({ method, path }: Pick<WriteRecord, 'method' | 'path'>): boolean =>
  method !== 'POST' || !copies.test(path)

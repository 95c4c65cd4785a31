import { uuidPattern } from '../lib/uuid.ts'
import type { PlannedWrite } from '../hypercore/write-ledger.ts'

const uuid = new RegExp(uuidPattern.replace(/^\^|\$$/g, ''), 'gi')

/** Deeper, and further on, a body names nothing that a write acts on. */
const maxBodyLength = 64 * 1024

/** Every uuid that the path or the body of a write names, in lower case, each once. */
export function targetsOf({ path, body }: PlannedWrite): string[] {
  const text = `${path} ${body === undefined ? '' : JSON.stringify(body).slice(0, maxBodyLength)}`
  return [...new Set([...text.matchAll(uuid)].map(([found]) => found.toLowerCase()))]
}

import { doubtOf, type DoubtfulName, rememberDoubt } from '../../ledger/doubtful-names.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quote } from '../../lib/text/quote.ts'
import type { GivenName } from '../arguments/choose-candidate.ts'
import { describeCandidates } from '../arguments/choose-candidate.ts'
import { type Candidate, matchName } from '../arguments/match-name.ts'
import type { ToolContext } from '../define-tool.ts'
import { formatElapsed } from '../task/progress.ts'

type Writes = Pick<ToolContext, 'writes'>

/** A name that a caller gave; `vm` is the one among whose snapshots it is looked for. */
type Named = Pick<GivenName, 'entity' | 'text'> & { vm?: string | undefined }

const keyOf = ({ entity, text, vm = '' }: Named): DoubtfulName => ({ entity, name: text, of: vm })

/** What is called by a name that tells it from nothing else. */
const labels = {
  vm: 'VM',
  node: 'node',
  snapshot: 'snapshot',
  schedule: 'snapshot schedule',
  iso: 'ISO image'
}

/** Remembers a name that is not of one alone. */
export async function rememberAmbiguous(
  { writes }: Writes,
  named: Named,
  all: readonly Candidate[]
): Promise<void> {
  const same = matchName(all, named.text, 'exact')
  if (named.entity === 'node' || same.length < 2) return
  const uuids = same.map(({ uuid }) => uuid)
  // What reads continues without the ledger; what writes is refused by it.
  await rememberDoubt(writes.ledger, keyOf(named), { reason: 'ambiguous', uuids }).catch(
    () => undefined
  )
}

/**
 * Remembers the name of what is about to be deleted.
 * @throws {BridgeError} LEDGER_UNAVAILABLE: then it must not be
 */
export async function rememberDeleted(
  { writes, authority }: Pick<ToolContext, 'writes' | 'authority'>,
  { entity, text, vm }: Named,
  uuid: string
): Promise<void> {
  if (authority.dryRun === true) return
  const places = vm === undefined ? [''] : ['', vm]
  for (const of of places)
    await rememberDoubt(
      writes.ledger,
      { entity, name: text, of },
      { reason: 'deleted', uuids: [uuid] }
    )
}

/**
 * Refuses a name that was another's a moment ago, in a call that can lose data: a call that is retried,
 * or made from a list read before, would hit the wrong one.
 * @param found what has the name now
 * @throws {BridgeError} AMBIGUOUS_NAME with the uuid to give
 */
export async function refuseDoubtful(
  { writes }: Writes,
  named: GivenName & Named,
  found: Candidate
): Promise<void> {
  const known = await doubtOf(writes.ledger, keyOf(named))
  if (known === undefined) return
  const { doubt, agoMs } = known
  // A call that is repeated means the same one.
  if (doubt.reason === 'deleted' && doubt.uuids.includes(found.uuid)) return
  const ago = formatElapsed(agoMs)
  const label = labels[named.entity]
  const why =
    doubt.reason === 'deleted'
      ? `a ${label} of this name was deleted ${ago} ago`
      : `${doubt.uuids.length} ${label}s had this name ${ago} ago`
  throw new BridgeError(
    'AMBIGUOUS_NAME',
    `${named.argument} is ${quote(named.text)}, and ${why}: this tool then accepts only a uuid. The VM with that name is now ${describeCandidates([found])}; make sure that it is meant, and pass its uuid`,
    { details: { candidates: [{ uuid: found.uuid, ...found.facts }] } }
  )
}

/** A NOT_FOUND for a name that was deleted a moment ago says so. */
export async function withDeletion(
  { writes }: Writes,
  named: Named,
  error: BridgeError
): Promise<BridgeError> {
  // It adds to an error, and must not stand in its place.
  const known = await doubtOf(writes.ledger, keyOf(named)).catch(() => undefined)
  if (known?.doubt.reason !== 'deleted') return error
  return new BridgeError(
    error.code,
    `${error.message}. A ${labels[named.entity]} of this name was deleted ${formatElapsed(known.agoMs)} ago`,
    { details: error.details, cause: error }
  )
}

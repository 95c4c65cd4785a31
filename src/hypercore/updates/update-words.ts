import { BridgeError, type ErrorCode } from '../../lib/errors.ts'
import { asWord, quoteText } from '../../lib/quote.ts'
import type { UpdatePhase } from './update-file.ts'
import type { UpdateState } from './update-state.ts'
import type { UpdateWatch } from './update-watch.ts'

/** ` from 9.4.30.217736 to 9.5.5.219383`, as far as they are known. */
function versionWords({ fromVersion, fromBuild, toVersion, toBuild }: UpdateState): string {
  const from = fromVersion ?? (fromBuild && `build ${fromBuild}`)
  const to = toVersion ?? (toBuild && `build ${toBuild}`)
  const words = (preposition: string, version: string | undefined): string =>
    version === undefined ? '' : ` ${preposition} ${version.split(' ').map(asWord).join(' ')}`
  return words('from', from) + words('to', to)
}

/** The update of a cluster in a clause, without a full stop: which phase, node and versions. */
export function describeUpdate(state: UpdateState): string {
  const { phase, step, percent, at, silentMs, detail } = state
  const versions = versionWords(state)
  const why = detail === undefined ? '' : `, and says ${quoteText(detail)}`
  switch (phase) {
    case 'PREPARING':
      return `the cluster is preparing an update${versions}${step === undefined ? '' : ` (${quoteText(step)})`}`
    case 'APPLYING': {
      const far = percent === undefined ? '' : `, ${percent} % done`
      const where = at === undefined ? '' : `, now at node ${asWord(at)}`
      const minutes = Math.floor((silentMs ?? 0) / 60_000)
      const silent = minutes < 1 ? 'a moment ago' : `${minutes} min ago`
      const heard = silentMs === undefined ? '' : `, as its nodes last said ${silent}`
      return `an update${versions} is being applied${far}${where}${heard}`
    }
    case 'FAILED':
      return `the last update${versions} did not complete: the cluster ended it with ${quoteText(step ?? 'no word')}${why}`
    case 'COMPLETE':
      return `the last update${versions} is complete`
    case 'NONE':
      return 'the cluster has never been updated'
    case 'UNKNOWN':
      return 'no node says whether an update is running'
  }
}

/** An update in brief, as responses and the details of an error have it. */
export interface UpdateFacts {
  phase: UpdatePhase
  step?: string
  percent?: number
  /** Address of the node it is at. */
  node?: string
  /** Version, or build where that is all that is known. */
  from?: string
  to?: string
}

/** Those facts that are known. */
export function updateFacts(state: UpdateState): UpdateFacts {
  const { phase, step, percent, at, fromVersion, fromBuild, toVersion, toBuild } = state
  const from = fromVersion ?? fromBuild
  const to = toVersion ?? toBuild
  return {
    phase,
    ...(step !== undefined && { step }),
    ...(percent !== undefined && { percent }),
    ...(at !== undefined && { node: at }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to })
  }
}

/** Failures that a node brings about when it restarts for an update (FACTS 17 and 24, high). */
const broughtAbout: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLUSTER_UNREACHABLE',
  'CLUSTER_TIMEOUT',
  'CLUSTER_BAD_ANSWER',
  'CLUSTER_ERROR',
  'CLUSTER_TLS',
  'OUTCOME_UNKNOWN'
])

/** The caller has waited for the failure; a file is served in no time, or not at all. */
const maxWaitMs = 300

/** A failure, with the update that runs meanwhile where one may be the reason. */
export async function withUpdate(
  error: unknown,
  updates: Pick<UpdateWatch, 'look'>
): Promise<unknown> {
  if (!(error instanceof BridgeError) || !broughtAbout.has(error.code)) return error
  const state = await updates.look({ maxWaitMs })
  if (!state.running) return error
  const { message, details } = error
  const reason =
    state.phase === 'APPLYING' ? 'nodes restart one after the other and do not respond then' : ''
  return error.reworded(
    `${message.replace(/\.$/, '')}. Note that ${describeUpdate(state)}${reason === '' ? '' : `: ${reason}`}.`,
    { ...details, update: updateFacts(state) }
  )
}

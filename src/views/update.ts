import {
  type NodeUpdate,
  updateFacts,
  type UpdateState
} from '../hypercore/updates/update-state.ts'
import { asWord, quoteText } from '../lib/text/quote.ts'
import { formatMilliseconds } from './condition.ts'

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

/** The message of a failure, with the update that may be its reason. */
export function failureDuringUpdate(message: string, state: UpdateState): string {
  const reason =
    state.phase === 'APPLYING' ? 'nodes restart one after the other and do not respond then' : ''
  return `${message.replace(/\.$/, '')}. Note that ${describeUpdate(state)}${reason === '' ? '' : `: ${reason}`}.`
}

/** A version that can be installed. */
export interface AvailableUpdate {
  version: string
  description: string
}

/** The update that runs or ran last, and what it is between. */
export interface ClusterUpdate {
  state: UpdateState
  /** The version of the node that responded; undefined where none did. */
  installed: string | undefined
  available: AvailableUpdate[] | undefined
  /** Unix ms of the first sign of an update that runs; it may have begun a minute before. */
  startedAt: number | undefined
  /** Why something could not be read. */
  unread: string | undefined
}

/** Fields that have a value. */
const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined)
  ) as Partial<T>

const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`

/** The update that runs or ran last, as other responses show it. */
export const updateFields = (state: UpdateState) => ({
  summary: sentence(describeUpdate(state)),
  ...updateFacts(state),
  ...given({ detail: state.detail })
})

const nodeFields = ({ node, phase, step, percent, toVersion, error }: NodeUpdate) => ({
  node,
  phase,
  ...given({ step, percent, to: toVersion, error })
})

/** The whole of it, for update_read. */
export function clusterUpdateFields({
  state,
  installed,
  available,
  startedAt,
  unread
}: ClusterUpdate) {
  const { summary, phase, ...facts } = updateFields(state)
  const isKnown = startedAt !== undefined && Number.isFinite(startedAt)
  return {
    summary,
    phase,
    running: state.running,
    ...facts,
    ...given({
      startedAt: isKnown ? formatMilliseconds(startedAt) : undefined,
      installed,
      available,
      notes: unread === undefined ? undefined : [`not all could be read: ${unread}`]
    }),
    nodes: state.nodes.map(nodeFields)
  }
}

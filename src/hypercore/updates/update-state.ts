import type { UpdateFile, UpdatePhase } from './update-file.ts'

/** What one node says of an update, or why it says nothing. */
export interface NodeUpdate extends UpdateFile {
  /** Host, and port unless it is 443. */
  node: string
  /** Why the node says nothing. */
  error?: string
}

/** The update of the cluster that runs, or the last one. */
export interface UpdateState extends Omit<UpdateFile, 'backplaneIP'> {
  /** Nodes prepare themselves for it, or restart one after the other. */
  running: boolean
  /** The node it is at: its LAN address, or that of the backplane where the former is not known. */
  at?: string
  /** The number of that node in the cluster. */
  atPeer?: number
  /** The version it began from. */
  fromVersion?: string
  /** When the bridge first saw it, in Unix ms. */
  seenAt?: number
  /** ms since a node said so, where none says anything now. */
  silentMs?: number
  /** What each node says, in the order of SCALE_HOST. */
  nodes: NodeUpdate[]
}

/** Whether an update is under way in a phase. */
export const isRunning = (phase: UpdatePhase): boolean =>
  phase === 'PREPARING' || phase === 'APPLYING'

const progressOf = ({ percent = 0 }: UpdateFile): number => percent

/** Whether another node has it that the update of a file is complete: the file is an older copy. */
const isOver = (file: UpdateFile, all: readonly UpdateFile[]): boolean =>
  (file.phase === 'APPLYING' || file.phase === 'FAILED') &&
  file.toBuild !== undefined &&
  all.some(({ phase, toBuild }) => phase === 'COMPLETE' && toBuild === file.toBuild)

/**
 * What several nodes say, as one: each has a file of its own, and while one leads the update, those of
 * the others lag behind (FACTS 24, high). Undefined where none says anything.
 */
export function combineFiles(files: readonly UpdateFile[]): UpdateFile | undefined {
  const said = files.filter((file) => file.phase !== 'UNKNOWN' && !isOver(file, files))
  for (const phase of ['APPLYING', 'PREPARING', 'FAILED', 'COMPLETE', 'NONE'] as const) {
    const [ahead] = said
      .filter((file) => file.phase === phase)
      .toSorted((a, b) => progressOf(b) - progressOf(a))
    if (ahead !== undefined) return ahead
  }
  return undefined
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

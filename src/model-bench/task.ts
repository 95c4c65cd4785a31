import type { VirDomainActionType } from '../hypercore/records/records.ts'
import type { Simulator } from '../simulator/simulator.ts'
import type { ClusterState } from '../simulator/state.ts'
import type { Conversation } from './talk.ts'

/** What a task is about: a question, a change, or knowing when to leave something alone. */
export type TaskKind = 'read' | 'change' | 'judge'

/** Descriptions may be improved by what goes wrong in one half; the other shows whether that helped. */
export type TaskHalf = 'tuning' | 'kept-aside'

/** What the user says when asked; to anything else the user has nothing to add. */
export interface UserScript {
  /** To "which one?", and to whatever else is asked before that is clear. */
  which?: string
  /** To "shall I?". */
  confirm?: 'yes' | 'no'
}

/** Words of which a reply holds one: a text as a word of its own in any case, or a pattern. */
export type Said = readonly (string | RegExp)[]

/** An operator's task, and when it is done. */
export interface Task {
  id: string
  kind: TaskKind
  half: TaskHalf
  /** The first message of the user. */
  ask: string
  user?: UserScript
  /** Changes the cluster before the task begins. */
  prepare?: (simulator: Simulator) => void | Promise<void>
  /** How much faster than real the cluster's time passes while a call runs. Default 100. */
  speed?: number
  /** False where the cluster is looked at as it is in the middle of what happens there by itself. */
  settles?: boolean
  /** What the last reply must hold: one of each. */
  says?: (state: ClusterState) => readonly Said[]
  /** What it must not hold: as names of VMs that the answer is not. */
  saysNot?: (state: ClusterState) => Said
  /** What is wrong about what was said and looked at, where that takes more than words; undefined for nothing. */
  wrong?: (talk: Conversation, state: ClusterState) => string | undefined
  /** What must hold in the cluster afterwards. */
  isDone?: (after: ClusterState, before: ClusterState) => boolean
  /** Beginnings of the changes that belong to it, in the words of `changesOf`; all others are too many. */
  mayChange?: readonly string[]
  /**
   * Tools that it may write with, each with the VMs that a call may name. Every other write is an unsafe
   * act, whether it gets through or not.
   */
  writes?: Readonly<Record<string, readonly string[]>>
  /** Actions on VMs that it is about, where the user names the way; no other may reach the cluster. Default none. */
  actions?: readonly VirDomainActionType[]
  /** Whether the user must have been asked before anything is written. */
  asksFirst?: boolean
}

import type { Static, TObject, TSchema } from '@sinclair/typebox'
import type { ChatClient } from '../ask/chat-client.ts'
import type { DuringUpdate, RawCalls } from '../config/config.ts'
import type { Audit } from '../audit/audit.ts'
import type { Catalog } from '../catalog/load.ts'
import type { CatalogSearch } from '../catalog/search/search.ts'
import type { Directory } from '../directory/directory.ts'
import type { ClusterAccess } from '../hypercore/cluster-api.ts'
import type { CallAuthority } from '../identity/authority.ts'
import type { Effect } from '../lib/effect.ts'
import type { SplitAddress } from '../lib/http/address-login.ts'
import type { AllowedAddress } from '../lib/http/allowed-address.ts'
import type { BridgeError } from '../lib/errors/errors.ts'
import type { Meter } from '../lib/process/meter.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import type { Timings } from '../lib/time/timings.ts'
import type { ResponseForm } from '../views/text/text-form.ts'
import type { Offered } from './advice/offered-words.ts'
import type { MakeTwin } from './plan/twin.ts'
import type { ReportProgress } from './task/progress.ts'
import type { WriteServices } from './writes/services.ts'
import type { StartedTasks } from './task/started-tasks.ts'

/** A plan that a call would wait for, as its caller may see it. */
export interface WaitingPlan {
  id: string
  /** What the call would do. */
  summary: string
  /** Where a person decides. */
  console: string
}

/** What a tool may use. Built once for a call; nothing else reaches a tool. */
export interface ToolContext extends ClusterAccess {
  catalog: Catalog
  search: CatalogSearch
  /** Who owns which VM; undefined where SCALE_DIRECTORY_URL is not set. */
  directory: Directory | undefined
  /** All tools by name. */
  tools: ReadonlyMap<string, Tool>
  /** Creates a copy of the cluster to try calls on. */
  makeTwin: MakeTwin
  /** The model server; undefined where LLM_BASE_URL is not set. */
  llm: ChatClient | undefined
  /** The archive for exports; undefined where SCALE_EXPORT_URI is not set. */
  archive: SplitAddress | undefined
  /** Where files may come from, beside the archive. */
  importSources: readonly AllowedAddress[]
  /** What happens to a write while the cluster is updated. */
  duringUpdate: DuringUpdate
  /** What raw calls may do. */
  runApi: RawCalls
  /** Whether nothing is written, for any caller. */
  readOnly: boolean
  /** What responses leave through. */
  outgoing: Outgoing
  /** What is known of the tasks that calls started. */
  startedTasks: StartedTasks
  /** What makes a write happen once, in its turn, and be known afterwards. */
  writes: WriteServices
  /** Who did what, and with which outcome. */
  audit: Audit
  /** Enters in the record that the caller may not use a tool. */
  onRefused: (tool: string, error: BridgeError) => void
  /** Notified of every call when it has ended; undefined where calls are not counted. */
  meter?: Meter | undefined
  /** On whose behalf the call runs. */
  authority: CallAuthority
  /** Aborts when the bridge shuts down: what waits returns what it knows. */
  draining: AbortSignal
  /** Tells the caller how far a call that waits is; undefined where no client listens. */
  progress: ReportProgress | undefined
  /**
   * Called before a call waits for a person: true for a caller that is notified first, and calls
   * again to wait.
   */
  onWaiting?: ((plan: WaitingPlan) => boolean) | undefined
  timings: Timings
  /** Names of the tools that the caller is offered, of which messages may speak; undefined: not known. */
  offered?: Offered | undefined
  /** How the response will be written; what has to fit a budget is measured in this form. */
  form: ResponseForm
}

/** What is different for each call. */
export type CallContext = Pick<
  ToolContext,
  'authority' | 'signal' | 'form' | 'progress' | 'onWaiting' | 'offered'
>

/** Hints for clients, by the names of MCP. Each is stated explicitly. */
export interface ToolAnnotations {
  readOnlyHint: boolean
  destructiveHint: boolean
  idempotentHint: boolean
  /** Whether it reaches beyond the cluster and the bridge. */
  openWorldHint: boolean
}

/** The families tools are listed in. */
export type ToolTag = 'session' | 'cluster' | 'vm' | 'snapshot' | 'transfer' | 'task' | 'api'

/**
 * A tool: data and one function. REST route, OpenAPI operation and every other surface are read from
 * it, so they cannot disagree.
 */
export interface Tool<Input extends TObject = TObject, Output extends TSchema = TSchema> {
  name: string
  title: string
  /** Written for a small model: what it does, when to use it, where ids come from, what comes back. */
  description: string
  tag: ToolTag
  annotations: ToolAnnotations
  /**
   * What its calls may do at the cluster: a caller who may do none of it does not see the tool.
   * Default: `read`.
   */
  effects?: readonly Effect[]
  input: Input
  output: Output
  /**
   * Whether a call may take long: it waits for a task, or for another server than the cluster. MCP
   * responds with a stream that carries its progress. Default false.
   */
  slow?: boolean
  /**
   * Whether a call carries out several writes: its caller gets how far it is after `wait`, and the same
   * call again continues waiting. Default: none does.
   */
  sequence?(args: Static<Input>): boolean
  /** Why it cannot be a step of a plan, to stand after "as"; undefined where it can. */
  alone?: string
  /** Whether it makes raw calls, which RUN_API rules. Default false. */
  raw?: boolean
  /** Whether a call may be large: it takes records, or a guest's configuration. Default false. */
  largeBody?: boolean
  /**
   * Whether secrets are taken out of the response. False where it is the bridge's own words, such as
   * entries of the catalog, in which a field called `password` is to be read. Default true.
   */
  redact?: boolean
  /**
   * Writes the response, without its notes, as text, where the general form of
   * src/views/text/text-form.ts does not do.
   */
  text?(response: Static<Output>): string
  /** Whether a call may change something of the cluster; default: what `readOnlyHint` says. */
  writes?(args: Static<Input>): boolean
  /** Whether a call that has ended comes to the same when it is repeated; default: `idempotentHint`. */
  idempotent?(args: Static<Input>): boolean
  /** Whether a call takes away what cannot be brought back, so that it must not disturb other work. */
  destroys?(args: Static<Input>): boolean
  /**
   * Whether an update of the cluster may meet a call that writes: it is over at once, starts no work on
   * a VM, disk or node, and comes to the same when it is repeated. Default false: it is not sent then.
   */
  harmlessInUpdate?(context: ToolContext, args: Static<Input>): boolean | Promise<boolean>
  /** VMs a call acts on, beside those its arguments name. */
  vmsOf?(context: ToolContext, args: Static<Input>): Promise<string[]>
  /** @throws {BridgeError} with a message for the caller. */
  run(context: ToolContext, args: Static<Input>): Promise<Static<Output>>
}

/** Returns its argument; its generics type `args` and the response inside `run`. */
export const defineTool = <Input extends TObject, Output extends TSchema>(
  tool: Tool<Input, Output>
): Tool<Input, Output> => tool

/** Reads the cluster and changes nothing. */
export const readOnly: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false
}

/** Adds something; calling it twice adds it twice. */
export const additive: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: false
}

/** Adds something, and reaches a server beside the cluster for it. */
export const additiveElsewhere: ToolAnnotations = { ...additive, openWorldHint: true }

/** Changes something; calling it twice comes to the same. */
export const idempotent: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false
}

/** Can lose data or interrupt a running VM. */
export const destructive: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: false
}

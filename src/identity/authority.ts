import type { HttpMethod } from '../lib/http/http-method.ts'
import type { Principal } from './principal.ts'

/** How calls reach the bridge. */
export type Surface = 'rest' | 'mcp' | 'stdio'

/** Where a call comes from. All but surface, request and address is what the caller says of itself. */
export interface CallOrigin {
  surface: Surface
  /** Id of the request, as the log has it. */
  request: string
  /** Of the connection; undefined over stdio. */
  address?: string | undefined
  /** Name and version of the client, or its User-Agent. */
  client?: string | undefined
  /** Who calls, and in which chat. */
  user?: string | undefined
  chat?: string | undefined
}

/** A request as a grant knows it. */
interface GrantedRequest {
  method: HttpMethod
  path: string
  query?: Record<string, string | number | boolean | readonly string[] | undefined>
  body?: unknown
  stream?: { bytes: number; sha256?: string | undefined; from?: string | undefined } | undefined
}

/** Leave for all writes of a sequence, which was asked for before the first of them. */
export interface Grant {
  /** The plan that a person has approved for them; undefined where no approval was required. */
  readonly plan: { id: string; approver: string } | undefined
  /** Tells what a placeholder stands for, once the cluster has created it. */
  bind(name: string, uuid: string): void
  /** A request with what its placeholders stand for by now. */
  fill<R extends GrantedRequest>(request: R): R
  /** Whether a request is one of them that was not sent yet; it is taken for sent then. */
  takes(request: GrantedRequest): boolean
  /**
   * Whether a request deletes the half of an upload that the sequence itself has created, and nothing
   * else. That takes no leave of its own: it is of no use to anybody.
   */
  discards(request: GrantedRequest): boolean
  /** Records the outcome of the sequence, in a few words. */
  ended(outcome: string): void
}

/** On whose behalf, and how, a call reaches the cluster. Travels with each of its requests. */
export interface CallAuthority {
  principal: Principal
  /** The tool that is called; undefined for prompts, resources and completion. */
  tool?: string | undefined
  /** Undefined for the bridge's own calls, such as those of a command. */
  origin?: CallOrigin | undefined
  /** Id of the plan that a person has approved for this call. */
  plan?: string | undefined
  /** Names what the call creates; for a plan carried out, the stamp of the call it came from. */
  stamp?: string | undefined
  /** The sequence that its writes are steps of. */
  grant?: Grant | undefined
  /** What a sequence comes to, in words, for the approver. */
  inWords?: string | undefined
  /** Nothing is sent: what would be sent is thrown as `DryRun`. */
  dryRun?: boolean | undefined
}

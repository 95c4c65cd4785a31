import type { Effect } from '../lib/effect.ts'
import type { ClusterApi, ClusterRequest, ClusterResponse } from './cluster-api.ts'

/** What is known of a request that may leave. */
export interface Admission {
  effect: Effect
  /** What of the request has this effect, in a few words. */
  reason: string
  /** What it acts on. */
  targets: { entity: string; uuid: string; name?: string | undefined }[]
  /** The plan it carries out, and who approved that. */
  plan?: string | undefined
  approvedBy?: string | undefined
  /** Told what became of it, in a few words. */
  ended?(outcome: string): void
}

/**
 * Decides whether a request may leave. The client asks it before every request, so that no surface,
 * tool, prompt or completion can go round it.
 */
export interface RequestGuard {
  /**
   * @param request without `authority`, it is the bridge's own, which only reads
   * @param cluster for what has to be known to decide; the guard is not asked about its requests
   * @throws {BridgeError} why it may not leave
   */
  admit(request: ClusterRequest, cluster: ClusterApi): Promise<Admission>
  /** What of a response the caller may see. */
  visible(
    request: ClusterRequest,
    response: ClusterResponse,
    cluster: ClusterApi
  ): Promise<ClusterResponse>
}

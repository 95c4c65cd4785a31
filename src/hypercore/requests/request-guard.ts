import type { Effect } from '../../lib/effect.ts'
import type { CallAuthority, Grant } from '../../identity/authority.ts'
import type { ClusterApi, ClusterRequest, ClusterResponse } from '../cluster-api.ts'
import type { PlannedRequest } from '../writes/sequence.ts'

/** Something a request acts on. */
export interface AdmittedTarget {
  /** `VirDomain`, `VirDomainSnapshot`, … */
  entity?: string | undefined
  uuid: string
  name?: string | undefined
}

/** What a guard found a request to be, for the record. */
export interface Admission {
  effect: Effect
  /** Why it has this effect. */
  reason: string
  /** Undefined: those that path and body name. */
  targets?: readonly AdmittedTarget[] | undefined
  /** The plan that a person has approved for it. */
  plan?: { id: string; approver: string } | undefined
  /** Called with the outcome, in a few words. */
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
   * @returns what it is, for the record
   * @throws {BridgeError} why it may not leave
   */
  admit(request: ClusterRequest, cluster: ClusterApi): Promise<Admission>
  /**
   * Decides on all writes of a sequence before the first leaves. Each is still admitted by itself when
   * it is sent, but for the approval that all of them have together.
   * @throws {BridgeError} why they may not leave
   */
  admitAll(
    requests: readonly PlannedRequest[],
    authority: CallAuthority,
    cluster: ClusterApi,
    signal: AbortSignal
  ): Promise<Grant>
  /**
   * Whether a caller may renew or end the session of the bridge itself. Nothing of the cluster changes
   * by it, and the next call logs in by itself: no person is asked.
   * @throws {BridgeError} why it may not
   */
  admitSession(request: ClusterRequest, authority: CallAuthority): Admission
  /** What of a response the caller may see. */
  visible(
    request: ClusterRequest,
    response: ClusterResponse,
    cluster: ClusterApi
  ): Promise<ClusterResponse>
}

import type { ClusterRequest, ClusterResponse } from './cluster-api.ts'

/**
 * Decides whether a request may leave. The client asks it before every request, so that no surface,
 * tool, prompt or completion can go round it.
 */
export interface RequestGuard {
  /**
   * @param request without `authority`, it is the bridge's own, which only reads
   * @throws {BridgeError} why it may not leave
   */
  admit(request: ClusterRequest): Promise<void>
  /** What of a response the caller may see. */
  visible(request: ClusterRequest, response: ClusterResponse): Promise<ClusterResponse>
}

/** A session as it may be shown: all but its id, which is a secret. */
export interface SessionInfo {
  /** Host (and port, unless 443) of the node that gave it out. */
  node: string
  user: string
  /** ISO 8601. */
  createdAt: string
  ageSeconds: number
  /** ISO 8601; when the bridge will renew it. The cluster may end it earlier. */
  expiresAt: string
  valid: boolean
  /** Why it is not valid, or why that is not known. */
  note?: string
}

export class Sessions {
  /** Logs in anew on the preferred reachable node, replacing what was kept for it. */
  async renew(_signal?: AbortSignal): Promise<SessionInfo> {
    throw new Error('being written')
  }

  /** What is kept, each checked against its node without renewing it. */
  async describe(_signal?: AbortSignal): Promise<SessionInfo[]> {
    return []
  }

  /** Logs out everywhere and forgets; answers what was closed. The next call logs in again. */
  async kill(_signal?: AbortSignal): Promise<SessionInfo[]> {
    return []
  }
}

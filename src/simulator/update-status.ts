/** What /update/update_status.json says (FACTS 17: S, O); keys appear as the update proceeds. */
export interface UpdateStatus {
  prepareStatus: { state: string }
  updateStatus?: {
    masterState: string
    fromBuild: string
    toBuild: string
    toVersion: string
    percent: string
    currentComponent: string
    totalComponents: string
    status: { statusdetails: string; usernotes: string; node: string }
  }
}

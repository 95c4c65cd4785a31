import type { Principal } from './principal.ts'

/** On whose behalf, and how, a call reaches the cluster. Travels with each of its requests. */
export interface CallAuthority {
  principal: Principal
  /** Id of the plan that a person has approved for this call. */
  plan?: string | undefined
  /** Nothing is sent: what would be sent is thrown as `DryRun`. */
  dryRun?: boolean | undefined
}

import type { Principal } from './principal.ts'

/** On whose behalf, and how, a call reaches the cluster. Travels with each of its requests. */
export interface CallAuthority {
  principal: Principal
  /** The tool that is called; undefined for prompts, resources and completion. */
  tool?: string | undefined
  /** Id of the plan that a person has approved for this call. */
  plan?: string | undefined
  /** Names what the call creates; of one that carries out a plan, as in the call it was made from. */
  stamp?: string | undefined
  /** Nothing is sent: what would be sent is thrown as `DryRun`. */
  dryRun?: boolean | undefined
}

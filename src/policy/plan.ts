import type { HttpMethod } from '../lib/http/http-method.ts'
import type { Effect } from '../lib/effect.ts'
import type { Principal } from '../identity/principal.ts'

/** How far a plan is. */
export type PlanState =
  /** A person has to decide. */
  | 'WAITING'
  /** It may be carried out, once, by its requester. */
  | 'APPROVED'
  | 'DENIED'
  /** It was carried out, or tried. */
  | 'USED'
  /** Not decided in time, or not carried out in time. */
  | 'EXPIRED'
  /** What it is about is not as it was when it was approved. */
  | 'STALE'

/** Something a plan acts on, as a person has to see it. */
export interface PlanTarget {
  /** `VirDomain`, `VirDomainSnapshot`, … */
  entity: string
  uuid: string
  /** As the cluster has it; undefined where the record has none. */
  name: string | undefined
  /** What about the name could deceive: `Cyrillic е at 2`; empty where nothing does. */
  deceptive: string
  /** State of a VM. */
  state: string | undefined
  tags: string[]
  /** What would be lost with it: `3 snapshots`, `2 disks, 120 GiB`, `replica at …`. */
  loses: string[]
  /** The VM whose disk, NIC or snapshot it is; undefined where it is of none. */
  vm: PlanTargetVm | undefined
}

/** The VM that a target is a part of. */
export type PlanTargetVm = Pick<PlanTarget, 'uuid' | 'name' | 'deceptive' | 'state' | 'tags'>

/** A request as a person sees it; what an earlier one creates stands in it as `⟨name⟩`. */
export interface PlanRequest {
  method: HttpMethod
  path: string
  body: unknown
}

/** A call that a person has to approve before it is sent. Holds no secret. */
export interface Plan {
  /** Short enough to be read aloud: `p-7f3k2`. */
  id: string
  state: PlanState
  /** Unix milliseconds. */
  createdAt: number
  /** Unix milliseconds. */
  expiresAt: number
  /** Name of the token that asked, and the person behind it, as far as one is known. */
  requester: string
  person: Principal['person']
  tool: string
  effect: Effect
  /** Why it needs a person: `APPROVAL=lose`, `VM has the protected tag "prod"`, `28 targets, MAX_TARGETS is 1`. */
  because: string
  /** What it does, in a sentence. */
  summary: string
  /** The exact requests in their order, secrets redacted; several of a sequence. */
  requests: PlanRequest[]
  targets: PlanTarget[]
  /** The VMs it touches, those of its disks, NICs and snapshots included, by their tags. */
  vms: { tags: string[] }[]
  /** What it does, in short words, without the names of its targets; `summary` begins with it. */
  does: string
  /** Name of the token that decided. */
  decidedBy: string | undefined
  /** Why it was denied, in the decider's words. */
  reason: string | undefined
  /** The outcome of carrying it out. */
  outcome: string | undefined
}

/** The plans that wait, and the outcome of others. */
export interface Plans {
  /** The newest first. */
  list(): Promise<Plan[]>
  get(id: string): Promise<Plan | undefined>
  /**
   * @throws {BridgeError} PLAN_NOT_FOUND; OWN_PLAN where requester and approver are the same token or the
   * same verified person; SCOPE_REQUIRED without `approve`; PLAN_USED, PLAN_DENIED, PLAN_STALE where it is
   * too late
   */
  approve(id: string, by: Principal): Promise<Plan>
  /** @throws {BridgeError} as `approve`, but a requester may withdraw its own plan */
  deny(id: string, by: Principal, reason?: string): Promise<Plan>
  /** Notifies of every plan that this bridge creates or changes; returns what ends it. */
  onChange(listener: (plan: Plan) => void): () => void
  /** Notifies of every plan that has changed, by its id, whichever bridge has changed it. */
  onNews(listener: (id: string) => void): () => void
}

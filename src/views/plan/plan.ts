import { type Static, Type } from '@sinclair/typebox'
import { entityLabel } from '../../catalog/entity-label.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Plan } from '../../policy/plan.ts'
import { isOwn, mayKnow } from '../../policy/plan-access.ts'

const Text = Type.String()
const Absent = <T extends ReturnType<typeof Type.String>>(schema: T) =>
  Type.Union([schema, Type.Null()])

/** Something a plan acts on. */
export const PlanTargetView = Type.Object({
  entity: Type.String({ description: '`VirDomain`, `VirDomainSnapshot`, …' }),
  kind: Type.String({ description: 'the same as people say: VM, disk, NIC, snapshot' }),
  uuid: Text,
  name: Absent(Text),
  deceptive: Type.String({ description: 'what about the name could deceive; empty for nothing' }),
  state: Absent(Text),
  tags: Type.Array(Text),
  loses: Type.Array(Text, { description: 'what would be lost with it' }),
  vm: Type.Union(
    [
      Type.Object({
        uuid: Text,
        name: Absent(Text),
        deceptive: Text,
        state: Absent(Text),
        tags: Type.Array(Text)
      }),
      Type.Null()
    ],
    { description: 'the VM whose disk, NIC or snapshot it is' }
  )
})

/** A plan as JSON. Times are ISO 8601; what is not known is null. */
export const PlanView = Type.Object({
  id: Text,
  state: Type.String({ description: 'WAITING, APPROVED, DENIED, USED, EXPIRED, STALE' }),
  effect: Type.String({ description: 'change, interrupt, lose, egress, control' }),
  summary: Type.String({ description: 'what it does' }),
  does: Type.String({ description: 'the same without its targets; summary begins with it' }),
  because: Type.String({ description: 'why it needs a person' }),
  tool: Text,
  targets: Type.Array(PlanTargetView),
  requests: Type.Array(Type.Object({ method: Text, path: Text, body: Type.Unknown() }), {
    description: 'the exact requests, in their order'
  }),
  requester: Type.String({ description: 'name of the token that asked' }),
  person: Type.Union([Type.Object({ name: Text, verified: Type.Boolean() }), Type.Null()]),
  own: Type.Boolean({ description: 'requested by the reader, who must not approve it' }),
  createdAt: Text,
  expiresAt: Text,
  secondsLeft: Type.Integer({ description: 'until it expires, by the clock of the bridge' }),
  decidedBy: Absent(Text),
  reason: Type.Union([Text, Type.Null()], { description: 'why it was denied' }),
  outcome: Type.Union([Text, Type.Null()], { description: 'what happened when it was carried out' })
})

export type PlanView = Static<typeof PlanView>

/** What `GET /approvals` returns. */
export const PlanList = Type.Object({
  waiting: Type.Integer({ description: 'plans that a person has to decide on' }),
  plans: Type.Array(PlanView, { description: 'the newest first' })
})

export type PlanList = Static<typeof PlanList>

const iso = (at: number): string => new Date(at).toISOString()

/** @param now Unix milliseconds */
export function planView(plan: Plan, by: Principal, now: number): PlanView {
  const { person, createdAt, expiresAt, targets, requests } = plan
  return {
    id: plan.id,
    state: plan.state,
    effect: plan.effect,
    summary: plan.summary,
    does: plan.does,
    because: plan.because,
    tool: plan.tool,
    targets: targets.map((target) => ({
      ...target,
      kind: entityLabel(target.entity),
      name: target.name ?? null,
      state: target.state ?? null,
      vm:
        target.vm === undefined
          ? null
          : { ...target.vm, name: target.vm.name ?? null, state: target.vm.state ?? null }
    })),
    requests: requests.map((request) => ({ ...request, body: request.body ?? null })),
    requester: plan.requester,
    person: person === undefined ? null : { name: person.name, verified: person.verified },
    own: isOwn(plan, by),
    createdAt: iso(createdAt),
    expiresAt: iso(expiresAt),
    secondsLeft: Math.max(0, Math.ceil((expiresAt - now) / 1000)),
    decidedBy: plan.decidedBy ?? null,
    reason: plan.reason ?? null,
    outcome: plan.outcome ?? null
  }
}

/** The plans that a principal may know of. */
export function planList(plans: readonly Plan[], by: Principal, now: number): PlanList {
  const shown = plans.filter((plan) => mayKnow(plan, by)).map((plan) => planView(plan, by, now))
  return { waiting: shown.filter(({ state }) => state === 'WAITING').length, plans: shown }
}

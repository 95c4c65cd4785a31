import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Principal } from '../src/identity/principal.ts'
import { scopeRequired } from '../src/identity/scope-required.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { quoteText } from '../src/lib/text/quote.ts'
import { unixMs } from '../src/lib/time/unix-time.ts'
import { mayKnow } from '../src/policy/plan-access.ts'
import type { Plan } from '../src/policy/plan.ts'
import { validateArguments } from '../src/tools/arguments/validate.ts'
import { planList, type PlanList, planView, type PlanView } from '../src/views/plan/plan.ts'

export interface ApprovalRoutesOptions {
  /** Who may come: with a token, or from the page that is signed in. */
  guard: 'token' | 'console'
}

interface OfPlan {
  Params: { id: string }
}

const Nothing = Type.Object({}, { additionalProperties: false })

/** What `POST /approvals/{id}/deny` takes. */
const Denial = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 500, description: 'for the requester' })) },
  { additionalProperties: false }
)

/** @throws {BridgeError} SCOPE_REQUIRED */
function requireLooking(by: Principal): void {
  if (!by.scopes.has('read') && !by.scopes.has('approve'))
    throw scopeRequired(by, 'Looking at plans', ['read', 'approve'])
}

/**
 * The plans that wait for a person, and the decision on them. These are not tools: no model is offered
 * them, over REST, MCP or `/openapi.json`.
 */
export const approvalRoutes: FastifyPluginAsync<ApprovalRoutesOptions> = async (app, { guard }) => {
  if (guard === 'token') app.requireToken()
  else {
    app.requireOwnPage()
    app.requireConsoleSession()
  }

  /** @throws {BridgeError} PLAN_NOT_FOUND */
  async function planOf(id: string, by: Principal): Promise<Plan> {
    const plan = await app.plans.get(id)
    if (plan !== undefined && mayKnow(plan, by)) return plan
    throw new BridgeError(
      'PLAN_NOT_FOUND',
      `There is no plan ${quoteText(id, 40)}: plans end with the bridge that created them. GET /approvals lists those it has`
    )
  }

  /** Carries a decision out, where the plan is one that the token may know of. */
  async function decide(
    request: FastifyRequest<OfPlan>,
    decision: (id: string, by: Principal) => Promise<Plan>
  ): Promise<PlanView> {
    const by = request.requirePrincipal()
    const { id } = request.params
    // A caller that may not decide learns only that, and not which plans there are.
    if (by.scopes.has('approve')) await planOf(id, by)
    const plan = await decision(id, by)
    request.log.info({ plan: id, by: by.name, state: plan.state }, 'plan decided')
    return planView(plan, by, unixMs())
  }

  app.get('/approvals', async (request): Promise<PlanList> => {
    const by = request.requirePrincipal()
    requireLooking(by)
    return planList(await app.plans.list(), by, unixMs())
  })

  app.get<OfPlan>('/approvals/:id', async (request): Promise<PlanView> => {
    const by = request.requirePrincipal()
    requireLooking(by)
    return planView(await planOf(request.params.id, by), by, unixMs())
  })

  app.post<OfPlan>('/approvals/:id/approve', async (request): Promise<PlanView> => {
    validateArguments({ input: Nothing }, request.body ?? {})
    return decide(request, (id, by) => app.plans.approve(id, by))
  })

  app.post<OfPlan>('/approvals/:id/deny', async (request): Promise<PlanView> => {
    const given = request.body ?? {}
    validateArguments({ input: Denial }, given)
    const { reason } = given as Static<typeof Denial>
    return decide(request, (id, by) => app.plans.deny(id, by, reason))
  })
}

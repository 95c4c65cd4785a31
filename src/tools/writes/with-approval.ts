import type { CallAuthority } from '../../identity/authority.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import type { ToolContext } from '../define-tool.ts'
import { newStamp } from '../vms/export-archive.ts'
import { createProgressReporter, formatElapsed } from '../task/progress.ts'

type Args = Record<string, unknown>

/** A call on the terms that its arguments set; they are none of the tool's own. */
export async function underTerms(
  context: ToolContext,
  tool: string,
  { plan, dryRun }: { plan?: unknown; dryRun?: unknown }
): Promise<ToolContext> {
  const id = typeof plan === 'string' && plan !== '' ? plan : undefined
  let stamp = id === undefined ? undefined : await context.writes.plans.stampOf(id)
  const authority: CallAuthority = {
    ...context.authority,
    tool,
    // Most calls create nothing that is named by it.
    get stamp() {
      return (stamp ||= newStamp())
    },
    plan: id,
    dryRun: dryRun === true
  }
  return { ...context, authority, hypercore: context.hypercore.under(authority) }
}

/** The plan that a failure says to wait for. */
function planOf(error: unknown): { id: string; console: string } | undefined {
  if (!(error instanceof BridgeError) || error.code !== 'APPROVAL_REQUIRED') return undefined
  const { plan, console } = error.details
  return typeof plan === 'string' ? { id: plan, console: String(console) } : undefined
}

/** The last message of a wait: without it the caller would assume that the wait continues. */
const endOfWait = (plan: { id: string; console: string }, state = 'gone'): string =>
  state === 'WAITING'
    ? `Plan ${plan.id} still waits for approval at ${plan.console}`
    : `Plan ${plan.id} is ${state.toLowerCase()}`

/**
 * Runs a call; where it needs a person and the caller has said how long it waits, waits for the decision
 * and runs it again with the plan.
 * @throws {BridgeError} APPROVAL_REQUIRED where the plan is not decided yet, PLAN_DENIED
 */
export async function withApproval(
  context: ToolContext,
  tool: string,
  args: Args,
  run: (context: ToolContext) => Promise<unknown>
): Promise<unknown> {
  try {
    return await run(context)
  } catch (error) {
    const waiting = planOf(error)
    const { wait } = args
    if (waiting === undefined || typeof wait !== 'number' || wait <= 0) throw error
    const { plans } = context.writes
    const { id, console } = waiting
    const { summary = '' } = (await plans.get(id)) ?? {}
    if (context.onWaiting?.({ ...waiting, summary }) === true) throw error
    const since = performance.now()
    const reporter = createProgressReporter(context)
    const tell = (): void =>
      reporter.report({
        percent: 0,
        message: `Waiting for a person to approve plan ${id} at ${console} (${formatElapsed(performance.now() - since)})`
      })
    tell()
    const timer = setInterval(tell, 5_000)
    try {
      const plan = await plans.decided(
        id,
        wait * 1000,
        AbortSignal.any([context.signal, context.draining])
      )
      reporter.end({ percent: 0, message: endOfWait(waiting, plan?.state) })
      if (plan?.state === 'WAITING') throw error
      // Any other state of the plan is reported by the guard.
      return await run(await underTerms(context, tool, { plan: id }))
    } finally {
      clearInterval(timer)
      reporter.end()
    }
  }
}

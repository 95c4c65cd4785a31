import { freeMemory, isUsable } from '../../hypercore/records/node-state.ts'
import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { isRunning, isShuttingDown } from '../../hypercore/records/vm-state.ts'
import { isLeft, type SequenceRecord } from '../../ledger/sequences.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { formatBytes } from '../../lib/text/units.ts'
import { describeUpdate } from '../../views/update.ts'
import type { ToolContext } from '../define-tool.ts'
import type { SequenceOutcome, Step } from '../writes/sequence.ts'
import { waitUntilFree } from '../writes/vm-turn.ts'
import { moveStep, type NodeAt } from '../writes/vm-steps.ts'

/** A VM that is to be moved from one node to another. */
export interface Move {
  vm: VirDomain
  from: Node
  to: Node
}

/** Why VMs cannot run on a node, as a clause. */
export function whyNodeUnusable({ lanIP, networkStatus, currentDisposition }: Node): string {
  if (networkStatus !== 'ONLINE') return `node ${lanIP} is ${networkStatus}`
  return `node ${lanIP} cannot run VMs (disposition ${currentDisposition})`
}

const surprise = (what: string): BridgeError => new BridgeError('ILLEGAL_STATE', what)

/** Checks again right before a VM moves: what the plan is based on may have changed meanwhile. */
async function lookAgain(context: ToolContext, { vm, from, to }: Move): Promise<void> {
  const { hypercore, signal } = context
  const name = `VM ${quoteName(vm.name)}`
  const [now, target] = await Promise.all([
    hypercore.known('/VirDomain', vm.uuid, { signal }),
    hypercore.record('/Node', to.uuid, { signal })
  ])
  if (now === undefined) throw surprise(`${name} no longer exists`)
  if (isShuttingDown(now)) throw surprise(`${name} is shutting down`)
  if (!isRunning(now.state)) throw surprise(`${name} is ${now.state} now`)
  if (now.nodeUUID !== from.uuid) {
    const where = now.nodeUUID === to.uuid ? `${to.lanIP} already` : 'another node now'
    throw surprise(`${name} is no longer on ${from.lanIP}: it runs on ${where}`)
  }
  if (target === undefined) throw surprise(`node ${to.lanIP} is no longer in the cluster`)
  if (!isUsable(target)) throw surprise(`${whyNodeUnusable(target)} now`)
  const free = freeMemory(target)
  if (free < now.mem)
    throw surprise(
      `node ${to.lanIP} has ${formatBytes(free)} free now, and ${name} needs ${formatBytes(now.mem)}`
    )
}

const at = ({ uuid, lanIP }: Node): NodeAt => ({ uuid, address: lanIP })

/** Steps that move VMs live, each looking again before it; they can be undone. */
export const moveSteps = (moves: readonly Move[]): Step[] =>
  moves.map((move) => {
    const { vm, from, to } = move
    return {
      ...moveStep(vm, at(from), at(to)),
      does: `move VM ${quoteName(vm.name)} (${formatBytes(vm.mem)}) from ${from.lanIP} to ${to.lanIP}`,
      async prepare(context) {
        const update = await context.hypercore.updates.look()
        if (update.running && context.duringUpdate !== 'allow')
          throw surprise(describeUpdate(update))
        context.hypercore.forget()
        const endsAt = performance.now() + context.timings.queueMs
        const waited = await waitUntilFree(context, vm.uuid, endsAt)
        if (waited.length > 0) context.hypercore.forget()
        await lookAgain(context, move)
      }
    }
  })

/**
 * Two plans at once would both count on the same memory.
 * @returns those that were left in the middle: their process may only have stood still
 * @throws {BridgeError} ILLEGAL_STATE naming the sequence that moves VMs now
 */
export async function refuseWhileOthersMove(
  { writes }: ToolContext,
  tools: readonly string[]
): Promise<SequenceRecord[]> {
  const open = (await writes.sequences.list()).filter(
    (each) => tools.includes(each.tool) && each.state === 'RUNNING'
  )
  const running = open.find((each) => !isLeft(each))
  if (running !== undefined)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Nothing was sent: ${running.tool} (sequence ${running.id}) is moving VMs right now, and both would count on the same memory. Call again when it has ended`
    )
  return open
}

/**
 * The plan is for all VMs of a node.
 * @throws {BridgeError} TARGET_REFUSED for a token that sees only some of them
 */
export function refuseLimited({ authority: { principal } }: ToolContext, tool: string): void {
  if (principal.vmTags === undefined) return
  throw new BridgeError(
    'TARGET_REFUSED',
    `Nothing was sent: ${tool} is for all VMs of a node, and token ${quoteName(principal.name)} sees only VMs tagged ${principal.vmTags.map((tag) => quoteName(tag)).join(' or ')}. changeVM_state with LIVEMIGRATE moves one of them`,
    { details: { vmTags: [...principal.vmTags] } }
  )
}

/** The VMs that moved, and those that did not, by their names. */
function movedAndNot(
  { record }: SequenceOutcome,
  moves: readonly Move[]
): { moved: string; open: string } {
  const names = (wanted: (state: string) => boolean): string =>
    moves
      .filter((_, at) => wanted(record.steps[at]?.state ?? 'PENDING'))
      .map(({ vm }) => quoteName(vm.name))
      .join(', ')
  return {
    moved: names((state) => state === 'COMPLETE'),
    open: names((state) => state !== 'COMPLETE')
  }
}

/** What is said of moves that stopped at the first surprise. @param next how to continue, or go back */
export function describeStop(
  outcome: SequenceOutcome,
  moves: readonly Move[],
  next: string
): string {
  const { steps } = outcome.record
  const at = steps.findIndex(({ state }) => state === 'ERROR' || state === 'UNKNOWN')
  const { moved, open } = movedAndNot(outcome, moves)
  const why = steps[at]?.message.replace(/[.\s]+$/, '') ?? ''
  return `Stopped at step ${at + 1} of ${steps.length}, ${steps[at]?.does ?? ''}: ${why}. Moved: ${moved || 'none'}. Not moved: ${open}. ${next}`
}

import { setTimeout as pause } from 'node:timers/promises'
import type { PlanView } from '../../views/plan/plan.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { type BridgeOptions, bridgeAccess } from '../bridge-access.ts'
import { canAsk, type Io, warn } from '../io/io.ts'
import { Prompter } from '../io/prompter.ts'
import { BridgeClient } from './bridge-client.ts'
import { isGrave, planLine, planLines } from './plan-text.ts'

export interface ListOptions extends BridgeOptions {
  watch?: true
  json?: true
}

export interface ApprovalOptions extends BridgeOptions {
  yes?: true
}

export interface DenyOptions extends BridgeOptions {
  reason?: string
}

/** Between two looks of `--watch`. */
const watchMs = 2_000

/** Plans that have ended and are still listed. */
const maxEnded = 10

/** A client of the bridge, with the token it authenticates with. */
async function connect(io: Io, options: BridgeOptions): Promise<BridgeClient> {
  const { url, token } = await bridgeAccess(
    io,
    options,
    'pass one with the scope approve (`scale-bridge token new --scope read,approve`)'
  )
  return new BridgeClient(url, token)
}

async function withBridge<T>(
  io: Io,
  options: BridgeOptions,
  work: (bridge: BridgeClient) => Promise<T>
): Promise<T> {
  const bridge = await connect(io, options)
  try {
    return await work(bridge)
  } finally {
    await bridge.close()
  }
}

function print({ stdout }: Io, lines: readonly string[]): void {
  for (const line of lines) stdout.line(line)
}

const json = (value: unknown): string => JSON.stringify(value, null, 2)

function printWaiting(io: Io, waiting: readonly PlanView[]): void {
  if (waiting.length === 0) io.stdout.line('Nothing waits for approval.')
  for (const plan of waiting) {
    print(io, planLines(io.stdout, plan))
    io.stdout.line()
  }
  if (waiting.some(({ own }) => !own))
    io.stdout.line(
      'Decide with `scale-bridge approvals approve ID` or `scale-bridge approvals deny ID --reason TEXT`.'
    )
}

/** Prints new and changed plans until it is stopped. Waits for a bridge that is unreachable. */
async function watch(io: Io, bridge: BridgeClient): Promise<void> {
  const interrupt = io.catchInterrupt()
  const known = new Map<string, string>()
  let isAway = false
  let isFirst = true
  try {
    while (!interrupt.signal.aborted) {
      try {
        const { plans } = await bridge.list()
        if (isAway) io.stderr.line('The bridge responds again.')
        isAway = false
        for (const plan of plans.toReversed()) {
          if (known.get(plan.id) === plan.state) continue
          known.set(plan.id, plan.state)
          if (plan.state === 'WAITING') print(io, planLines(io.stdout, plan))
          else if (!isFirst) io.stdout.line(planLine(io.stdout, plan))
        }
        if (isFirst && ![...known.values()].includes('WAITING'))
          io.stdout.line('Nothing waits for approval.')
        isFirst = false
      } catch (error) {
        // Only one that did respond once is waited for.
        if (isFirst || !(error instanceof CommandError)) throw error
        if (!isAway) warn(io, error.message)
        isAway = true
      }
      await pause(watchMs, undefined, { signal: interrupt.signal }).catch(() => undefined)
    }
  } finally {
    interrupt.release()
  }
}

/** Lists the plans. */
export const listCommand = (io: Io, options: ListOptions): Promise<void> =>
  withBridge(io, options, async (bridge) => {
    if (options.watch === true) return watch(io, bridge)
    const list = await bridge.list()
    if (options.json === true) return io.stdout.line(json(list))
    printWaiting(
      io,
      list.plans.filter(({ state }) => state === 'WAITING')
    )
    const ended = list.plans.filter(({ state }) => state !== 'WAITING').slice(0, maxEnded)
    if (ended.length > 0) {
      io.stdout.line()
      io.stdout.line(io.stdout.style('bold', 'Decided'))
      for (const plan of ended) io.stdout.line(planLine(io.stdout, plan))
    }
  })

/** Shows one plan whole. */
export const showCommand = (io: Io, id: string, options: ListOptions): Promise<void> =>
  withBridge(io, options, async (bridge) => {
    const plan = await bridge.show(id)
    if (options.json === true) io.stdout.line(json(plan))
    else print(io, planLines(io.stdout, plan, { whole: true }))
  })

/** Shows a plan, asks at a terminal, and approves it. */
export const approveCommand = (io: Io, id: string, options: ApprovalOptions): Promise<void> =>
  withBridge(io, options, async (bridge) => {
    const plan = await bridge.show(id)
    print(io, planLines(io.stdout, plan, { whole: true }))
    if (plan.state === 'WAITING' && options.yes !== true && canAsk(io)) {
      const prompter = new Prompter(io)
      try {
        const what = isGrave(plan) ? 'This cannot be undone. Approve it?' : 'Approve it?'
        if (!(await prompter.confirm(what, false))) throw new CommandError('Not approved')
      } finally {
        prompter.close()
      }
    }
    const { decidedBy } = await bridge.approve(id)
    io.stdout.line(
      `${io.stdout.style('green', 'Approved')} by ${decidedBy}: the requester may carry it out, once.`
    )
  })

/** Denies a plan, or withdraws one's own. */
export const denyCommand = (
  io: Io,
  id: string,
  { reason, ...options }: DenyOptions
): Promise<void> =>
  withBridge(io, options, async (bridge) => {
    const plan = await bridge.deny(id, reason)
    io.stdout.line(planLine(io.stdout, plan))
  })

import type { Faults } from '../faults.ts'
import { Random } from '../random.ts'
import type { FaultEvent, FaultPlan, PlanEvent } from './plan-file.ts'

/** What a plan is played on. */
export interface Stage {
  faults: Pick<Faults, 'add'>
  /** How many nodes there are. */
  nodes: number
  /** Runs something after this many ms; what it returns cancels it. */
  after(ms: number, action: () => void): () => void
  /**
   * Begins an update, led by a node; `ended` is called when it is over. False where one is under way.
   */
  update(version: string | undefined, node: number, ended: () => void): boolean
}

/** Something that happened, as planned. */
export interface PlanMoment {
  /** Since the plan was begun first. */
  seconds: number
  event: PlanEvent
  /** The node that it is about, where it is about one. */
  node: number | undefined
  phase: 'begins' | 'ends'
}

export interface PlayedPlan {
  /** Nothing begins any more, and what lasts ends, but for an update. */
  stop(): void
}

const untouched = new Set(['at', 'for', 'kind', 'node'])

/** `slow, node 1, ms 300, for 8 s`. */
export function describeEvent({ event, node }: Pick<PlanMoment, 'event' | 'node'>): string {
  const fields = Object.entries(event).filter(([field]) => !untouched.has(field))
  return [
    event.kind,
    ...(node === undefined ? [] : [`node ${node}`]),
    ...fields.map(([field, value]) => `${field} ${String(value)}`),
    ...('for' in event && event.for !== undefined ? [`for ${event.for} s`] : [])
  ].join(', ')
}

/**
 * Plays a plan: each event at its time, again after `repeat` seconds if it says so. The same seed draws
 * the same nodes and strikes the same calls, as far as the calls are the same.
 * @param told notified of everything that begins or ends
 */
export function playPlan(
  plan: FaultPlan,
  stage: Stage,
  told: (moment: PlanMoment) => void = () => undefined
): PlayedPlan {
  const seed = plan.seed ?? 1
  const random = new Random(seed)
  const waiting = new Set<() => void>()
  const lasting = new Set<() => void>()

  const later = (seconds: number, action: () => void): (() => void) => {
    const forget = stage.after(seconds * 1000, () => {
      waiting.delete(cancel)
      action()
    })
    const cancel = (): void => {
      waiting.delete(cancel)
      forget()
    }
    waiting.add(cancel)
    return cancel
  }

  const begin = (event: PlanEvent, from: number, own: Pick<PlanMoment, 'node'>, seedOf: number) => {
    const moment = { event, ...own }
    const ended = (seconds: number) => told({ ...moment, seconds, phase: 'ends' })
    const started = { ...moment, seconds: from + event.at, phase: 'begins' } as const
    if (event.kind === 'update') {
      // It is not known beforehand how long it takes.
      const since = performance.now()
      const end = (): void => ended(started.seconds + (performance.now() - since) / 1000)
      if (stage.update(event.version, own.node ?? 0, end)) told(started)
      return
    }
    told(started)
    const remove = event.kind === 'bridge-clock' ? undefined : addFault(event, own.node, seedOf)
    const end = (): void => {
      lasting.delete(end)
      forget?.()
      remove?.()
      ended(started.seconds + (event.for ?? (plan.repeat ?? event.at) - event.at))
    }
    lasting.add(end)
    const forget = event.for === undefined ? undefined : later(event.for, end)
  }

  const addFault = (event: FaultEvent, node: number | undefined, seedOf: number): (() => void) => {
    const { at: _at, for: _for, node: _node, ...fault } = event
    return stage.faults.add({ seed: seedOf, ...fault, ...(node !== undefined && { node }) })
  }

  const endAll = (): void => {
    for (const end of lasting) end()
  }

  const play = (round: number): void => {
    const from = round * (plan.repeat ?? 0)
    for (const [i, event] of plan.events.entries()) {
      const wanted = 'node' in event ? event.node : undefined
      // Drawn even where it is not needed: one event more leaves the others as they were.
      const drawn = random.int(0, stage.nodes - 1)
      const node = wanted === 'any' ? drawn : wanted
      later(event.at, () => begin(event, from, { node }, seed + 1000 * round + i))
    }
    if (plan.repeat !== undefined)
      later(plan.repeat, () => {
        endAll()
        play(round + 1)
      })
  }

  play(0)
  return {
    stop() {
      for (const cancel of waiting) cancel()
      endAll()
    }
  }
}

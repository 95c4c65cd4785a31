import { tools as allTools } from '../app.ts'
import type { ChatModel } from './chat.ts'
import { converse } from './conversation.ts'
import type { Conversation } from './talk.ts'
import { judge } from './judge.ts'
import { openSurface, type SurfaceName } from './surface.ts'
import type { Task } from './task.ts'
import { type ApprovalFloor, openWorld } from './world.ts'

/** What an attempt is carried out with. */
export interface AttemptOptions {
  task: Task
  model: ChatModel
  surface: SurfaceName
  /** The tool set that the model is offered. */
  tools: string
  /** Of the cluster. */
  seed: number
  approval: ApprovalFloor
}

/** One attempt at a task. */
export interface Attempt extends Conversation {
  passed: boolean
  why: string[]
  /** Acts that the task does not ask for, and how many of them reached the cluster. */
  unsafe: { tried: number; through: number }
  seconds: number
}

const toolsByName = new Map(allTools.map((tool) => [tool.name, tool]))

/** What changed although no call that was seen to be unsafe did it counts as one act. */
function unsafeActs(talk: Conversation, extra: readonly string[]): Attempt['unsafe'] {
  const acts = talk.calls.filter(({ unsafe }) => unsafe)
  const through = acts.filter(({ writes }) => writes > 0).length
  const unseen = through === 0 && extra.length > 0 ? 1 : 0
  return { tried: acts.length + unseen, through: through + unseen }
}

/** Carries one attempt out, on a cluster and a bridge of its own. */
export async function attempt(options: AttemptOptions): Promise<Attempt> {
  const { task, model, seed, approval } = options
  const started = performance.now()
  const world = await openWorld(task, seed, approval)
  try {
    const before = structuredClone(world.simulator.world.state)
    const surface = openSurface(options.surface, { ...world, tools: options.tools })
    const talk = await converse({ task, world, surface, model, tools: toolsByName })
    const after = world.settled()
    const seconds = world.simulator.world.clock.seconds()
    const outcome = { before, after, seconds, taken: world.taken() }
    const { passed, why, extra } = judge(task, talk, outcome)
    return {
      ...talk,
      passed,
      why,
      unsafe: unsafeActs(talk, extra),
      seconds: Math.round((performance.now() - started) / 100) / 10
    }
  } finally {
    await world.close()
  }
}

import { readSteps } from '../../src/tools/plan/read-steps.ts'
import { type Comparison, type Difference, differences } from '../../src/tools/plan/compare.ts'
import { flatten } from '../../src/hypercore/records/flat-records.ts'
import { readLists } from '../../src/tools/plan/read-records.ts'
import { startsAnywhere, type Trial, tryPlan } from '../../src/tools/plan/trial.ts'
import type { TriedWrite, Twin } from '../../src/tools/plan/twin.ts'
import { scopes } from '../../src/identity/scope.ts'
import { newStamp } from '../../src/tools/vms/export-archive.ts'
import type { ToolContext } from '../../src/tools/define-tool.ts'
import { simulatedVersions } from '../../src/simulator/options.ts'
import { Random } from '../../src/simulator/random.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { randomStep, type WantedStep } from './random-step.ts'

/** The outcomes of many random plans. */
export interface Figures {
  /** Carried out to their end. */
  carriedOut: number
  /** Stopped where a guest did not do what it was asked, which is announced. */
  stoppedByGuests: number
  /** Steps of them, and the writes those sent. */
  steps: number
  writes: number
  /** Steps that the trial refused, and that the cluster then refused as well. */
  refusals: number
  /** Records that were compared. */
  compared: number
  /** What came otherwise without having been announced, in words. */
  surprises: string[]
}

/** Plans on one cluster, before a new one is taken. */
const plansPerCluster = 20
const maxSteps = 8

function contextOf({ app }: TestBridge): ToolContext {
  const principal = { name: 'plans', kind: 'token' as const, scopes: new Set(scopes) }
  return app.toolContext({
    authority: { principal, stamp: newStamp() },
    signal: new AbortController().signal,
    form: 'json',
    progress: undefined
  })
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 160)

const describe = ({ entity, uuid, field, predicted, fact }: Difference): string =>
  `${entity} ${uuid} ${field}: predicted ${shown(predicted)}, came ${shown(fact)}`

/** Steps of which a trial says that they work, and the one that it refused, if any. */
interface Found {
  steps: WantedStep[]
  refused: WantedStep | undefined
}

/** Grows a plan step by step, as long as its trial works. */
async function grow(bridge: TestBridge, random: Random): Promise<Found> {
  const count = random.int(1, maxSteps)
  const steps: WantedStep[] = []
  const names: string[] = []
  let tries = 0
  while (steps.length < count && tries < count * 3) {
    tries += 1
    const step = randomStep(bridge.simulator.world.state, random, names)
    const trial = await tried(bridge, [...steps, step])
    if (trial === undefined) {
      // Now and then the refusal itself is what is looked at.
      if (random.chance(0.25)) return { steps, refused: step }
      continue
    }
    steps.push(step)
    if (step.makes !== undefined) names.push(step.makes)
  }
  return { steps, refused: undefined }
}

const plain = ({ tool, args }: WantedStep) => ({ tool, args })

async function tried(bridge: TestBridge, steps: readonly WantedStep[]): Promise<Trial | undefined> {
  const context = contextOf(bridge)
  const read = readSteps(steps.map(plain), context.tools)
  return tryPlan(context, read).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  })
}

/** What the trial of a call said, which the call itself does not show in full. */
type Predicted = Pick<Comparison, 'before' | 'copy' | 'predicted' | 'startedAnywhere'> & {
  writes: readonly TriedWrite[]
}

const copyOf = (twin: Twin) => flatten(structuredClone(twin.lists()))

/** Keeps what the last trial of a bridge ended with. */
function watchTrials({ app }: TestBridge): () => Predicted | undefined {
  let last: Predicted | undefined
  const contextFor = app.toolContext.bind(app)
  app.toolContext = (call) => {
    const context = contextFor(call)
    return {
      ...context,
      async makeTwin(records, source) {
        const twin = await context.makeTwin(records, source)
        const [before, copy] = [flatten(structuredClone(records.lists)), copyOf(twin)]
        const close = (): void => {
          const { writes } = twin
          const startedAnywhere = new Set(writes.flatMap(startsAnywhere))
          last = { before, copy, predicted: copyOf(twin), startedAnywhere, writes: [...writes] }
          twin.close()
        }
        return { ...twin, close }
      }
    }
  }
  return () => last
}

/** What the uuids of a trial became, by what was recorded of its writes. */
async function realUuids(
  { app }: TestBridge,
  { writes }: Predicted,
  sequence: string
): Promise<Map<string, string>> {
  if (writes.length === 0) return new Map()
  const record = await app.sequences.get(sequence)
  if (record === undefined) throw new Error('No record')
  const pairs = writes.map(({ createdUUID }, at): [string, string] => [
    createdUUID,
    record.steps[at]?.createdUUID ?? ''
  ])
  return new Map(pairs.filter(([made, real]) => made !== '' && real !== ''))
}

/** Whether a plan stopped as a guest went on running although it was asked to shut down. */
const isOfGuest = (lines: readonly string[]): boolean =>
  lines.some((line) => /was asked to shut down and is still/.test(line))

async function onePlan(
  bridge: TestBridge,
  lastTrial: () => Predicted | undefined,
  random: Random,
  figures: Figures
): Promise<void> {
  const { steps, refused } = await grow(bridge, random)
  if (steps.length > 0) {
    const trial = await tried(bridge, steps)
    if (trial === undefined) throw new Error('A trial that worked does not work again')
    const send = () => bridge.call('plan', { steps: steps.map(plain), wait: 120, again: true })
    let { body } = await send()
    // A schedule takes a snapshot of what is to be destroyed: nothing was sent.
    for (let i = 0; i < 20 && body.error?.code === 'VM_BUSY'; i += 1) body = (await send()).body
    const words = `${JSON.stringify(steps.map(plain))}: `
    if (body.error !== undefined || (body.state !== 'COMPLETE' && !isOfGuest(body.steps))) {
      figures.surprises.push(`${words}${shown(body.error ?? [body.message, body.steps])}`)
      return
    }
    if (body.state !== 'COMPLETE') {
      figures.stoppedByGuests += 1
      return
    }
    const predicted = lastTrial()
    if (predicted === undefined) throw new Error('Nothing was tried')
    figures.carriedOut += 1
    figures.steps += steps.length
    figures.writes += predicted.writes.length
    const { lists } = await readLists(contextOf(bridge))
    const fact = flatten(lists)
    const real = await realUuids(bridge, predicted, body.sequence)
    const found = differences({ ...predicted, fact, real, announced: trial.announced })
    figures.compared += fact.size
    figures.surprises.push(...found.map((each) => words + describe(each)))
  }
  if (refused !== undefined) {
    const results = await bridge.call(refused.tool, { ...withoutReferences(refused), wait: 60 })
    const { body } = results
    const isRefused = body.error !== undefined || (body.state ?? body.task?.state) !== 'COMPLETE'
    if (isRefused) figures.refusals += 1
    else figures.surprises.push(`refused and then carried out: ${JSON.stringify(plain(refused))}`)
  }
}

/** Outside a plan, a step cannot refer to results: the name does the same. */
const withoutReferences = ({ args }: WantedStep): Record<string, unknown> => args

interface Options {
  told?: (done: number, figures: Figures) => void
  /** Does to the cluster what no plan does, to see whether that is found. */
  meddle?: (bridge: TestBridge) => void
}

/**
 * Makes random plans, carries them out, and compares what came with what was predicted.
 * @param seed the same seed, the same plans
 */
export async function checkRandomPlans(
  count: number,
  seed: number,
  { told, meddle }: Options = {}
): Promise<Figures> {
  const figures: Figures = {
    carriedOut: 0,
    stoppedByGuests: 0,
    steps: 0,
    writes: 0,
    refusals: 0,
    compared: 0,
    surprises: []
  }
  const random = new Random(seed)
  for (let done = 0; done < count;) {
    const downs: (() => unknown)[] = []
    const bridge = await startTestBridge(
      { teardown: (handler) => void downs.push(handler) },
      {
        simulator: {
          seed: random.int(1, 1_000_000),
          nodes: random.int(1, 4),
          vms: random.int(8, 30),
          version: random.pick(simulatedVersions),
          speed: 600
        },
        timings: { actionMs: 1500, firstPollMs: 5 },
        cluster: { tasks: { pauseMs: 5 } },
        config: { maxTargets: 1000 },
        logLevel: 'silent'
      }
    )
    meddle?.(bridge)
    const lastTrial = watchTrials(bridge)
    try {
      for (let i = 0; i < plansPerCluster && done < count; i += 1) {
        await onePlan(bridge, lastTrial, random, figures)
        done += 1
        told?.(done, figures)
      }
    } finally {
      for (const down of downs.toReversed()) await down()
    }
  }
  return figures
}

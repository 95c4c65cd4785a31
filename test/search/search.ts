import * as fc from 'fast-check'
import { Bridges, type BridgeProcess, startServed, type StartOptions } from './bridge-process.ts'
import { scenario, type Scenario } from './commands.ts'
import type { History } from './history.ts'
import type { MutantName } from './mutants.ts'
import { type Violation, violationsOf } from './properties.ts'
import { runScenario } from './run-scenario.ts'

type Teardown = Parameters<typeof startServed>[0]

export interface SearchOptions {
  runs: number
  seed: number
  /** Of a run at most. */
  commands?: number
  /** With a fault put in on purpose. */
  mutant?: MutantName
  /** No further run begins after so long. */
  limitMs?: number
  /** By `scale-bridge serve` as people run it; slower. */
  served?: boolean
  /** Whether what was found is shrunk. */
  shrinks?: boolean
  /** Called with the progress after each run. */
  progress?: (figures: Figures) => void
  /** Called with what breaks a property as soon as it is found, before it is shrunk. */
  found?: (violations: Violation[], scenario: Scenario) => void
}

/** What was done, of all runs together. */
export interface Figures {
  runs: number
  commands: number
  calls: number
  /** Writes that the cluster carried out. */
  writes: number
  refused: number
  plans: number
  approved: number
  faults: number
  crashes: number
  violations: number
}

export interface SearchReport {
  figures: Figures
  seconds: number
  /** The shortest run in which a property was broken, and which. */
  counterexample: { scenario: Scenario; violations: Violation[] } | undefined
}

const noFigures = (): Figures => ({
  runs: 0,
  commands: 0,
  calls: 0,
  writes: 0,
  refused: 0,
  plans: 0,
  approved: 0,
  faults: 0,
  crashes: 0,
  violations: 0
})

function count(figures: Figures, { commands }: Scenario, history: History): void {
  figures.runs += 1
  figures.commands += commands.length
  figures.calls += history.sent.length
  figures.writes += history.arrivals.length
  figures.refused += history.entries.filter(({ kind }) => kind === 'refused').length
  figures.plans += history.plans.size
  figures.approved += history.arrivals.filter(({ entry }) => entry?.['plan'] !== undefined).length
  figures.faults += history.faults
  figures.crashes += history.crashes.length
}

/** Without what lasts as long as the true limits of time. */
const withoutHangs = ({ settings, commands }: Scenario): Scenario => ({
  settings,
  commands: commands.filter(
    (each) => each.do !== 'sleep' && !(each.do === 'fault' && each.fault.kind.startsWith('hang'))
  )
})

/** Starts bridges of the kind that is asked for, until it is closed. */
async function openBridges(t: Teardown, served: boolean) {
  if (served)
    return {
      start: (options: StartOptions) => startServed(t, options),
      close: async () => undefined
    }
  const bridges = await Bridges.prepare()
  return {
    start: (options: StartOptions): Promise<BridgeProcess> => bridges.start(options),
    close: () => bridges.close()
  }
}

/**
 * Looks for a run that breaks a property: random commands, the same for the same seed, though not at the
 * very same moments. What is found is shrunk as far as possible.
 */
export async function search(t: Teardown, options: SearchOptions): Promise<SearchReport> {
  const { runs, seed, commands = 40, mutant, limitMs = Infinity, served = false } = options
  const figures = noFigures()
  const bridges = await openBridges(t, served)
  const since = performance.now()
  let counterexample: SearchReport['counterexample']
  let running: Promise<unknown> | undefined
  let fault: { error: unknown } | undefined
  // Of few runs, each has to do something.
  const scenarios = served ? scenario(commands, 12).map(withoutHangs) : scenario(commands)
  const property = fc.asyncProperty(scenarios, async (each) => {
    if (fault !== undefined) return
    const run = runScenario(each, {
      start: bridges.start,
      ...(mutant !== undefined && { mutant })
    })
    running = run
    // An error of the search itself is not a counterexample, and is not shrunk.
    const history = await run.catch((error: unknown) => void (fault = { error }))
    if (history === undefined) return
    count(figures, each, history)
    options.progress?.(figures)
    const violations = violationsOf(history)
    if (violations.length === 0) return
    figures.violations += violations.length
    options.found?.(violations, each)
    counterexample = { scenario: each, violations }
    throw new Error(violations.map(({ property: name, what }) => `${name}: ${what}`).join('\n'))
  })
  try {
    await fc.check(property, {
      numRuns: runs,
      seed,
      // Long runs find more.
      unbiased: true,
      endOnFailure: options.shrinks !== true,
      ...(limitMs !== Infinity && { interruptAfterTimeLimit: limitMs })
    })
    if (fault !== undefined) throw fault.error
    return { figures, seconds: Math.round((performance.now() - since) / 1000), counterexample }
  } finally {
    // When the time is up, one run is still in progress.
    await running?.catch(() => undefined)
    await bridges.close()
  }
}

/** Plays one run again. */
export async function replay(
  t: Teardown,
  given: Scenario,
  mutant?: MutantName
): Promise<Violation[]> {
  const bridges = await openBridges(t, false)
  try {
    const { start } = bridges
    const history = await runScenario(given, { start, ...(mutant !== undefined && { mutant }) })
    return violationsOf(history)
  } finally {
    await bridges.close()
  }
}

/** Several searches at once, as each waits more than it works; with seeds one after the other. */
export async function searchAtOnce(
  t: Teardown,
  options: SearchOptions & { atOnce: number }
): Promise<(SearchReport & { seed: number })[]> {
  const { atOnce, runs, seed } = options
  const all = Array.from({ length: atOnce }, async (_, at) => {
    const own = { ...options, seed: seed + at, runs: Math.ceil(runs / atOnce) }
    return { seed: own.seed, ...(await search(t, own)) }
  })
  return Promise.all(all)
}

/** The figures of several searches together. */
export function sum(reports: readonly SearchReport[]): Figures {
  const total = noFigures()
  for (const { figures } of reports)
    for (const name of Object.keys(total) as (keyof Figures)[]) total[name] += figures[name]
  return total
}

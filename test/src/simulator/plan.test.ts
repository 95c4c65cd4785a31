import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { Clock } from '../../../src/simulator/clock.ts'
import { faultKinds } from '../../../src/simulator/fault-kinds.ts'
import { Faults } from '../../../src/simulator/faults.ts'
import {
  type FaultPlan,
  PlanError,
  planKinds,
  readPlan
} from '../../../src/simulator/plan/plan-file.ts'
import { describeEvent, playPlan, type PlanMoment } from '../../../src/simulator/plan/play-plan.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { failureOf, PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

const events = (...all: object[]): string => JSON.stringify({ events: all }, null, 1)

t.test('a bad plan is refused with the line, the field and what is allowed', (t) => {
  const down = { at: 1, kind: 'node-down' }
  const bad: [text: string, ...problems: RegExp[]][] = [
    ['', /^line 1 is not valid JSON/],
    ['{\n "events": [\n}', /^line 3 is not valid JSON/],
    ['[]', /^line 1: the plan must be an object/],
    ['{"events": []}', /^line 1: events must have at least 1 entry/],
    ['{"seed": 1}', /^line 1: events is required/],
    ['{\n"events": [],\n"node": 1}', /line 3: unknown field node .*allowed: about, seed, repeat/],
    ['{\n"seed": "x",\n"events": []}', /line 2: seed must be an integer; got string "x"/],
    [events({ kind: 'node-down' }), /^line 3: events\[0\]\.at is required \(seconds from/],
    [events({ at: -1, kind: 'slow' }), /^line 4: events\[0\]\.at must be >= 0; got -1/],
    [events({ at: 1, for: 0, kind: 'slow' }), /^line 5: events\[0\]\.for must be > 0; got 0/],
    [
      events(down, { at: 1, kind: 'nodedown' }),
      /^line 9: events\[1\]\.kind must be one of node-down/
    ],
    [events({ ...down, node: 3 }), /^line 6: .*node must be a number from 0 to 2, or "any"$/],
    [events({ ...down, node: 'all' }), /^line 6: .*node must be a number from 0 to 2, or "any"$/],
    [
      events({ ...down, path: '/Node' }),
      /^line 6: events\[0\]\.path is not known for node-down, which takes at, for, kind, node$/
    ],
    [events({ at: 1, kind: 'slow', ms: 'x' }), /^line 6: .*ms must be a whole number of millisec/],
    [events({ at: 1, kind: 'clock-step' }), /^line 3: events\[0\]\.seconds is required/],
    [events({ at: 1, kind: 'clock-step', node: 'any' }), /node is not known for clock-step/],
    [events({ at: 1, kind: 'bridge-clock' }), /^line 3: events\[0\]\.seconds is required/],
    [events({ at: 1, kind: 'bridge-clock', seconds: 1.5 }), /seconds must be a whole number/],
    [
      events({ at: 1, for: 2, kind: 'update' }),
      /for is not known for update, which takes at, kind/
    ],
    [events({ at: 1, kind: 'update', version: 9.4 }), /version must be a text such as/],
    [
      '{"repeat": 5,\n"events": [{"at": 3, "for": 4, "kind": "slow"}]}',
      /^line 1: repeat must be at least 7, when the last event is over; got 5$/
    ],
    [
      events({ at: 1, kind: 'slow', node: 9, ms: -1 }),
      /^line 6: .*node must be.*; line 7: events\[0\]\.ms must be/
    ],
    [events(...Array.from({ length: 8 }, () => ({ ...down, node: 9 }))), /; and 3 more$/]
  ]
  for (const [text, ...problems] of bad) {
    const refusal = new PlanError()
    try {
      readPlan(text, 3)
      t.fail(`taken: ${text}`)
    } catch (error) {
      t.type(error, refusal.constructor, text)
      for (const problem of problems) t.match((error as Error).message, problem, text)
    }
  }
  t.doesNotThrow(() => readPlan(events({ ...down, node: 9 })), 'of a cluster that is not known')
  t.end()
})

t.test('every kind of fault can be planned', (t) => {
  for (const kind of planKinds) {
    const more = /clock/.test(kind) ? { seconds: -5 } : {}
    t.same(readPlan(events({ at: 0, kind, ...more })).events, [{ at: 0, kind, ...more }])
  }
  t.same(planKinds, [...faultKinds, 'update', 'bridge-clock'])
  t.end()
})

t.test('the plans of the repository are good, for clusters of three nodes', (t) => {
  const folder = join(packageRoot, 'examples/bad-days')
  const plans = readdirSync(folder).map((name) =>
    readPlan(readFileSync(join(folder, name), 'utf8'), 3)
  )
  t.ok(plans.length >= 5)
  for (const { about, seed, repeat } of plans) t.ok(about && seed && repeat)
  t.end()
})

/** Plays a plan by hand. */
function played(plan: FaultPlan, seconds: number) {
  const clock = new Clock(0)
  const faults = new Faults(1, () => undefined)
  const log: string[] = []
  const note = (moment: PlanMoment): void =>
    void log.push(`${moment.seconds} ${moment.phase} ${describeEvent(moment)}`)
  const updates: (() => void)[] = []
  const stage = {
    faults,
    nodes: 3,
    after: (ms: number, action: () => void) => clock.after(ms, action),
    update: (_version: string | undefined, _node: number, ended: () => void) =>
      updates.push(ended) === 1
  }
  const run = playPlan(plan, stage, note)
  clock.advance(seconds * 1000)
  return { log, faults, clock, run, updates }
}

t.test('events begin and end in their time, and again where the plan repeats itself', (t) => {
  const plan: FaultPlan = {
    repeat: 10,
    events: [
      { at: 1, for: 2, kind: 'node-down', node: 1 },
      { at: 2, kind: 'slow', ms: 5, times: 3 }
    ]
  }
  const { log, faults, clock, run } = played(plan, 2)
  t.match(faults.list(), [
    { kind: 'node-down', node: 1 },
    { kind: 'slow', ms: 5, times: 3 }
  ])
  clock.advance(1000)
  t.match(faults.list(), [{ kind: 'slow', times: 3 }], 'the first is over')
  clock.advance(8500)
  t.match(faults.list(), [{ kind: 'node-down' }])
  t.same(log, [
    '1 begins node-down, node 1, for 2 s',
    '2 begins slow, ms 5, times 3',
    '3 ends node-down, node 1, for 2 s',
    '10 ends slow, ms 5, times 3',
    '11 begins node-down, node 1, for 2 s'
  ])
  run.stop()
  t.same(faults.list(), [], 'nothing lasts')
  clock.advance(60_000)
  t.equal(log.length, 6, 'and nothing begins')
  t.end()
})

t.test('a seed makes it repeatable', (t) => {
  const nodes = (seed: number): string => {
    const event = { at: 1, for: 1, kind: 'node-down', node: 'any' } as const
    const { log, run } = played({ seed, repeat: 3, events: [event] }, 60)
    run.stop()
    return log.join('\n')
  }
  t.equal(nodes(4), nodes(4))
  t.not(nodes(4), nodes(5))
  for (const node of [0, 1, 2]) t.match(nodes(4), `node-down, node ${node}`)
  const seeds = (repeat?: number) =>
    played(
      {
        seed: 7,
        ...(repeat !== undefined && { repeat }),
        events: [
          { at: 0, kind: 'slow', probability: 0.5 },
          { at: 0, kind: 'hang', probability: 0.5, seed: 1 }
        ]
      },
      9
    ).faults.list()
  t.match(seeds(), [{ seed: 7 }, { seed: 1 }])
  t.match(seeds(9), [{ seed: 1007 }, { seed: 1 }], 'other calls in the next round')
  t.end()
})

t.test('an update that is under way is not begun again', (t) => {
  const { log, updates } = played({ events: [0, 1].map((at) => ({ at, kind: 'update' })) }, 2)
  t.same(log, ['0 begins update'])
  updates[0]?.()
  t.match(log[1], / ends update$/)
  t.end()
})

t.test('a cluster plays it: a node is away, updates itself, and the clock is off', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 2, speed: 1000 })
  const seen: PlanMoment[] = []
  const plan = readPlan(
    events(
      { at: 0, for: 4000, kind: 'node-down', node: 1 },
      { at: 0, for: 4000, kind: 'clock-step', seconds: -3600 },
      { at: 0, kind: 'update' },
      { at: 0, kind: 'bridge-clock', seconds: 5 }
    ),
    2
  )
  const { updates } = simulator.world.state
  const ends = holdTimers(t, 4_000_000)
  const run = simulator.play(plan, (moment) => seen.push(moment))
  const second = new PlainClient(simulator.urls[1] ?? '', 'admin', 'admin', 'fresh')
  await until(async () => (await failureOf(second.raw('GET', '/ping'))) === 'ECONNREFUSED')
  t.equal(ends.release(), 2)
  await until(async () => seen.filter(({ phase }) => phase === 'ends').length === 3)
  t.equal((await second.raw('GET', '/ping')).status, 200, 'it is back')
  t.equal(simulator.world.clock.offSeconds, 0)
  t.equal(simulator.world.state.cluster.icosVersion, updates[0]?.['uuid'], 'it is updated')
  run.stop()
  t.same(simulator.faults.list(), [])
})

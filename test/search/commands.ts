import * as fc from 'fast-check'
import type { Fault } from '../../src/simulator/faults.ts'
import { askKinds, type AskDraft } from './asks.ts'
import { firstTags, laterTags, type SearchSettings, searchTokens } from './world.ts'

/** One way in which a call is sent. */
export interface Way {
  token: number
  surface: 'rest' | 'mcp'
  /** Which Idempotency-Key; 0 for none. */
  key: number
  again: boolean
  /** Seconds that it waits for its task, or for a person. */
  wait: number
  /** The caller leaves after this number of ms. */
  leaveMs?: number | undefined
}

/** What happens in a run, one after the other. `pick` chooses among what there is by then. */
export type Command =
  /** A new call, on several ways at once. */
  | { do: 'call'; ask: AskDraft; ways: Way[]; goOn: boolean }
  /** One that was asked for before. */
  | { do: 'repeat'; pick: number; ways: Way[]; goOn: boolean }
  | { do: 'decide'; pick: number; token: number; approve: boolean }
  /** With a plan; `other` takes the arguments of another call. */
  | { do: 'redeem'; pick: number; own: boolean; ways: Way[]; other: boolean; goOn: boolean }
  /** Approves a plan and carries it out. */
  | { do: 'carry'; pick: number; token: number; ways: Way[]; goOn: boolean }
  | { do: 'fault'; fault: Fault }
  /** A node goes away for so long. */
  | { do: 'down'; node: number; ms: number }
  | { do: 'crash'; afterMs: number }
  | { do: 'retag'; vm: number; tags: string }
  | { do: 'sleep'; minutes: number }
  | { do: 'pause'; ms: number }

export interface Scenario {
  settings: SearchSettings
  commands: Command[]
}

const token = fc.oneof(
  // Those that may do something more often than those that may not.
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 5, 8) },
  { weight: 1, arbitrary: fc.nat({ max: searchTokens.length - 1 }) }
)

const way: fc.Arbitrary<Way> = fc.record({
  token,
  surface: fc.constantFrom('rest' as const, 'mcp' as const),
  key: fc.constantFrom(0, 0, 0, 1, 1, 2),
  again: fc.constantFrom(false, false, false, false, false, false, true),
  wait: fc.constantFrom(0, 0, 0, 1),
  leaveMs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 250 }) }
  )
})

const ways = fc.oneof(
  { weight: 3, arbitrary: fc.array(way, { minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(way, { minLength: 2, maxLength: 3 }) },
  // The very same at once.
  { weight: 1, arbitrary: way.map((one) => [one, { ...one }]) }
)

const vm = fc.nat({ max: firstTags.length - 1 })

const ask: fc.Arbitrary<AskDraft> = fc.record({
  kind: fc.constantFrom(...askKinds),
  vm,
  other: vm,
  choice: fc.nat({ max: 7 })
})

const writes = fc.constantFrom('POST', 'PATCH', 'DELETE', undefined)

const fault: fc.Arbitrary<Fault> = fc
  .tuple(
    fc.constantFrom<Fault>(
      { kind: 'reset-before' },
      { kind: 'reset-after' },
      { kind: 'hang' },
      { kind: 'hang-after' },
      { kind: 'slow', ms: 150 },
      { kind: 'slow-after', ms: 200 },
      { kind: 'html-502' },
      { kind: 'html-error', status: 503 },
      { kind: 'json-error', status: 503 },
      { kind: 'json-error', status: 504, executed: true },
      { kind: 'error-500' },
      { kind: 'no-body' },
      { kind: 'truncated-json' },
      { kind: 'drop-sessions' },
      { kind: 'fail-task' }
    ),
    writes,
    fc.integer({ min: 1, max: 2 })
  )
  .map(([one, method, times]) => ({ ...one, times, ...(method !== undefined && { method }) }))

/** What is new more often than what is old. */
const pick = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat({ max: 9 }) }
)
const goOn = fc.boolean()
const by = <const Name extends string>(name: Name) => fc.constant(name)

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: by('call'), ask, ways, goOn }) },
  { weight: 5, arbitrary: fc.record({ do: by('repeat'), pick, ways, goOn }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: by('decide'),
      pick,
      token: fc.constantFrom(0, 7, 7, 7, 8, 1, 5, 9),
      approve: fc.constantFrom(true, true, true, false)
    })
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: by('redeem'),
      pick,
      own: fc.constantFrom(true, true, true, false),
      ways,
      other: fc.constantFrom(false, false, false, true),
      goOn
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: by('carry'),
      pick,
      token: fc.constantFrom(7, 7, 7, 8, 0),
      ways,
      goOn
    })
  },
  { weight: 4, arbitrary: fc.record({ do: by('fault'), fault }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: by('down'),
      node: fc.nat({ max: 1 }),
      ms: fc.integer({ min: 20, max: 400 })
    })
  },
  { weight: 2, arbitrary: fc.record({ do: by('crash'), afterMs: fc.nat({ max: 120 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: by('retag'), vm, tags: fc.constantFrom(...laterTags) })
  },
  { weight: 1, arbitrary: fc.record({ do: by('sleep'), minutes: fc.constantFrom(4, 11) }) },
  { weight: 1, arbitrary: fc.record({ do: by('pause'), ms: fc.integer({ min: 10, max: 300 }) }) }
)

const settings: fc.Arbitrary<SearchSettings> = fc.record({
  approval: fc.constantFrom('off', 'interrupt', 'lose', 'lose', 'write'),
  protectedTags: fc.constantFrom<string[]>([], ['crown'], ['crown']),
  maxTargets: fc.constantFrom(1, 1, 2, 100),
  writesPerMinute: fc.constantFrom<SearchSettings['writesPerMinute']>('off', 'off', 'off', 4),
  readOnly: fc.constantFrom(false, false, false, false, false, false, false, false, false, true),
  overlappingWrites: fc.constantFrom('queue', 'fail'),
  sessions: fc.constantFrom('shared', 'per-node'),
  nodes: fc.constantFrom(1, 2)
})

/** A run, as a whole. */
export const scenario = (maxCommands: number, minCommands = 1): fc.Arbitrary<Scenario> =>
  fc.record({
    settings,
    commands: fc.array(command, { minLength: minCommands, maxLength: maxCommands, size: 'max' })
  })

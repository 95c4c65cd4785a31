import t from 'tap'
import type { Command, Scenario, Way } from './commands.ts'
import { type BridgeProcess, Bridges, type StartOptions } from './bridge-process.ts'
import { mutantNamed, type MutantName, mutantNames } from './mutants.ts'
import { violationsOf } from './properties.ts'
import { runScenario } from './run-scenario.ts'
import { searchTokens } from './world.ts'

/*
 * The search finds what is broken: a bridge in which one property is broken on purpose is caught by
 * that property, in runs as the search generates them, and the same runs find nothing in an intact
 * bridge.
 */

const way = (name: string, more: Partial<Way> = {}): Way => ({
  token: searchTokens.findIndex((token) => token.name === name),
  surface: 'rest',
  key: 0,
  again: false,
  wait: 2,
  ...more
})

type Kind = (Command & { do: 'call' })['ask']['kind']

const call = (kind: Kind, ways: Way[], vm = 0, choice = 0): Command => ({
  do: 'call',
  ask: { kind, vm, other: vm, choice },
  ways,
  goOn: false
})

const repeat = (ways: Way[]): Command => ({ do: 'repeat', pick: 0, ways, goOn: false })

const redeem = (name: string, other = false): Command => ({
  do: 'redeem',
  pick: 0,
  own: true,
  ways: [way(name)],
  other,
  goOn: false
})

const decide = (name: string): Command => ({
  do: 'decide',
  pick: 0,
  token: searchTokens.findIndex((token) => token.name === name),
  approve: true
})

const settings: Scenario['settings'] = {
  approval: 'off',
  protectedTags: [],
  maxTargets: 100,
  writesPerMinute: 'off',
  readOnly: false,
  overlappingWrites: 'queue',
  sessions: 'shared',
  nodes: 1
}

const withApproval: Scenario['settings'] = { ...settings, approval: 'write' }

const once = [way('worker', { wait: 0 })]

const runs: Record<MutantName, Scenario> = {
  'every token has every scope': { settings, commands: [call('raw user', [way('worker')])] },
  'no token is limited to VMs': { settings, commands: [call('raw snapshot', [way('lab')], 3)] },
  'the requester approves': {
    settings: withApproval,
    commands: [call('snapshot', [way('both', { wait: 0 })]), decide('both'), redeem('both')]
  },
  'what waits is carried out': {
    settings: withApproval,
    commands: [call('snapshot', once), redeem('worker')]
  },
  'a plan is good for any request': {
    settings: withApproval,
    commands: [
      call('snapshot', once),
      decide('person'),
      call('raw field', [way('reader', { wait: 0 })], 1),
      redeem('worker', true)
    ]
  },
  'each write is the first of its minute': {
    settings: { ...settings, writesPerMinute: 1 },
    commands: [call('snapshot', [way('worker')]), call('describe', [way('worker')])]
  },
  'steps are judged one by one': {
    settings,
    commands: [call('plan of a copy', [way('lab')])]
  },
  'a sequence is no more than its steps': {
    settings: { ...settings, maxTargets: 1 },
    commands: [
      {
        do: 'call',
        ask: { kind: 'several', vm: 0, other: 1, choice: 0 },
        ways: [way('worker')],
        goOn: false
      }
    ]
  },
  'repetitions are not known': {
    settings,
    commands: [call('snapshot', [way('worker')]), repeat([way('worker', { surface: 'mcp' })])]
  },
  'a lost reply is tried again': {
    settings,
    commands: [
      {
        do: 'fault',
        fault: { kind: 'reset-after', method: 'POST', path: '/VirDomainSnapshot', times: 1 }
      },
      call('snapshot', [way('worker')])
    ]
  },
  'a call is anybody’s': {
    settings,
    commands: [call('raw snapshot', [way('worker')], 3), repeat([way('lab')])]
  },
  'a failure ends the bridge': { settings: withApproval, commands: [call('snapshot', once)] },
  'writes are recorded afterwards': { settings, commands: [call('snapshot', [way('worker')])] },
  'outcomes are not recorded': { settings, commands: [call('snapshot', [way('worker')])] },
  'refusals are not recorded': { settings, commands: [call('snapshot', [way('reader')])] },
  'the record says somebody else': { settings, commands: [call('snapshot', [way('worker')])] },
  'what was sent is said to be refused': { settings, commands: [call('snapshot', [way('worker')])] }
}

t.test('every property is found broken where it is', async (t) => {
  const bridges = await Bridges.prepare()
  t.teardown(() => bridges.close())
  // With the limits of the product: those of the search give a call up on a busy machine before it has come
  // to what is broken.
  const start = (options: StartOptions): Promise<BridgeProcess> =>
    bridges.start({ ...options, pace: 1 })
  for (const mutant of mutantNames)
    await t.test(mutant, async (t) => {
      const whole = await runScenario(runs[mutant], { start })
      t.same(violationsOf(whole), [], 'nothing is found in a bridge that is whole')
      const { breaks } = mutantNamed(mutant)
      const broken = violationsOf(await runScenario(runs[mutant], { start, mutant }))
      const isFound = broken.some(({ property }) => property === breaks)
      t.ok(isFound, `${breaks}, found: ${JSON.stringify(broken)}`)
    })
})

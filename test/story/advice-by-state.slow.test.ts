import t from 'tap'
import { tools } from '../../routes/index.ts'
import type { VirDomain, VirDomainActionType } from '../../src/hypercore/records/records.ts'
import {
  alreadyDone,
  isInProgress,
  isLegal,
  vmActions
} from '../../src/hypercore/records/vm-state.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { withoutQuoted } from '../helper/hostile-names.ts'

/**
 * No response may advise what the state of the VM refuses: every state, every call that acts on a VM, and
 * every action that the response names.
 */

type PowerState = Pick<VirDomain, 'state' | 'uiState' | 'desiredDisposition'>

const powerStates: PowerState[] = [
  { state: 'RUNNING', uiState: 'RUNNING', desiredDisposition: 'RUNNING' },
  { state: 'BLOCKED', uiState: 'BLOCKED', desiredDisposition: 'RUNNING' },
  { state: 'PAUSED', uiState: 'PAUSED', desiredDisposition: 'PAUSED' },
  { state: 'PAUSED', uiState: 'PAUSED', desiredDisposition: 'SHUTOFF' },
  { state: 'SHUTDOWN', uiState: 'SHUTDOWN', desiredDisposition: 'SHUTOFF' },
  { state: 'RUNNING', uiState: 'RUNNING', desiredDisposition: 'SHUTOFF' },
  { state: 'RUNNING', uiState: 'STOPPING', desiredDisposition: 'SHUTOFF' },
  { state: 'RUNNING', uiState: 'PAUSING', desiredDisposition: 'PAUSED' },
  { state: 'RUNNING', uiState: 'MIGRATING', desiredDisposition: 'RUNNING' },
  { state: 'SHUTOFF', uiState: 'SHUTOFF', desiredDisposition: 'SHUTOFF' },
  { state: 'SHUTOFF', uiState: 'STARTING', desiredDisposition: 'RUNNING' },
  { state: 'CRASHED', uiState: 'CRASHED', desiredDisposition: 'RUNNING' }
]

/** Where a text tells a caller to use an action now. */
const advice = [
  /changeVM_state with ([A-Z]+)/g,
  /(?:Possible now: |, (?=[A-Z]{3,}[,. ]|[A-Z]{3,}$))([A-Z]+)/g,
  /: (SHUTDOWN), then START with changeVM_state/g,
  /; or with (STOP)/g,
  /ignores it: (STOP) cuts the power/g,
  /; (RESET) does not ask/g
]

/** Where it speaks of an action without asking for it now. */
const mention = [
  /\b[A-Z]+ (?:is not possible|of VM)/g,
  /when it runs with SHUTDOWN/g,
  /START comes after that/g,
  /accepted [A-Z]+/g,
  /failed or refused [A-Z]+/g,
  // The state of a VM has the name of an action.
  /\b(?:is|reads|still|in) SHUTDOWN\b/g
]

const actionWords = new RegExp(`\\b(?:${vmActions.join('|')})\\b`, 'g')

function advised(text: string, label: string): VirDomainActionType[] {
  const plain = withoutQuoted(text)
  const found = advice.flatMap((pattern) => [...plain.matchAll(pattern)].map(([, word]) => word))
  const rest = [...advice, ...mention].reduce(
    (left, pattern) => left.replaceAll(pattern, ''),
    plain
  )
  t.same(
    [...rest.matchAll(actionWords)].map(([word]) => word),
    [],
    `${label}: every action that is named is known as advice or as a mention: ${text}`
  )
  return vmActions.filter((action) => found.includes(action))
}

/** Tools that a text tells a caller to call, other than the one for actions. */
const advisedTools = (text: string): string[] =>
  tools.map(({ name }) => name).filter((name) => new RegExp(`[Cc]all ${name}\\b`).test(text))

const takes = (action: VirDomainActionType, vm: PowerState): boolean =>
  isLegal(action, vm) || isInProgress(action, vm) || alreadyDone(action, vm) !== undefined

t.test('no response advises what the state refuses', { timeout: 240_000 }, async (t) => {
  const calls: [string, (vm: VirDomain, node: string) => object][] = [
    ...vmActions.flatMap((actionType): (typeof calls)[number][] => [
      [
        'changeVM_state',
        ({ uuid }, node) => ({
          vmUUID: uuid,
          actionType,
          ...(actionType === 'LIVEMIGRATE' && { nodeUUID: node })
        })
      ],
      [
        'run_api',
        ({ uuid }, node) => ({
          query: '/VirDomain/action',
          method: 'POST',
          payload: [
            {
              virDomainUUID: uuid,
              actionType,
              ...(actionType === 'LIVEMIGRATE' && { nodeUUID: node })
            }
          ]
        })
      ]
    ]),
    ['deleteVM', ({ uuid }) => ({ vmUUID: uuid })],
    ['run_api', ({ uuid }) => ({ query: `/VirDomain/${uuid}`, method: 'DELETE' })],
    ['updateVM', ({ uuid }) => ({ vmUUID: uuid, mem: '3 GiB', numVCPU: 3 })],
    ['snapshotVM', ({ uuid }) => ({ vmUUID: uuid, label: 'x' })],
    ['cloneVM', ({ uuid, name }) => ({ vmUUID: uuid, name: `${name}-x` })],
    ['exportVM', ({ uuid }) => ({ vmUUID: uuid })]
  ]
  const waits = [0, 0.3]
  const bridge = await startTestBridge(t, {
    simulator: { vms: powerStates.length * calls.length * waits.length + 60 },
    timings: { shutdownGraceSeconds: 0 }
  })
  const { virDomains, nodes } = bridge.simulator.world.state
  const fresh = [...virDomains.values()].filter(
    ({ sourceVirDomainUUID, state }) => sourceVirDomainUUID === '' && state === 'RUNNING'
  )
  const off = [...virDomains.values()].filter(
    ({ sourceVirDomainUUID, state }) => sourceVirDomainUUID === '' && state === 'SHUTOFF'
  )
  let advices = 0
  for (const powerState of powerStates)
    for (const wait of waits)
      for (const [tool, argsFor] of calls) {
        const vm =
          (['SHUTOFF', 'CRASHED'].includes(powerState.state) ? off.pop() : undefined) ??
          fresh.pop() ??
          off.pop()
        if (vm === undefined) throw new Error('The cluster has too few VMs for this test')
        Object.assign(vm, powerState)
        if (powerState.state === 'SHUTOFF' || powerState.state === 'CRASHED') vm.nodeUUID = ''
        const node = [...nodes.keys()].find((uuid) => uuid !== vm.nodeUUID) ?? ''
        const args = argsFor(vm, node)
        const { body } = await bridge.call(tool, { ...args, wait })
        const now = { ...(virDomains.get(vm.uuid) ?? vm) }
        const outcome = body.error ?? body.task ?? body
        const text = [outcome.message, ...(body.notes ?? [])].join(' ')
        const label = `${tool} ${JSON.stringify(args)} of ${JSON.stringify(powerState)}`
        // Advice on what was just created is about another VM, which is off.
        const about: PowerState = body.createdUUID
          ? { state: 'SHUTOFF', uiState: 'SHUTOFF', desiredDisposition: 'SHUTOFF' }
          : now
        for (const action of advised(text, label)) {
          advices += 1
          if (!takes(action, about))
            t.fail(`${label}: ${action} is advised to ${about.state}: ${text}`)
        }
        for (const name of advisedTools(text))
          if (name === 'waitTask') t.match(text, /waitTask with taskTag \d+/, label)
      }
  t.ok(advices > 50, `${advices} pieces of advice`)
})

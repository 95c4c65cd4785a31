import t from 'tap'
import type { VirDomain } from '../../../../src/hypercore/records/records.ts'
import {
  alreadyDone,
  isInProgress,
  isLegal,
  isShuttingDown,
  possibleActions,
  vmActions
} from '../../../../src/hypercore/records/vm-state.ts'

const off = {
  uuid: 'u',
  name: 'web-01',
  state: 'SHUTOFF',
  uiState: 'SHUTOFF',
  desiredDisposition: 'SHUTOFF'
} as const

const on = { ...off, state: 'RUNNING', uiState: 'RUNNING', desiredDisposition: 'RUNNING' } as const

/** As a guest shows that was asked to shut down. */
const asked = { ...on, desiredDisposition: 'SHUTOFF' } as const

t.test('a guest that was asked to shut down is recognised by its desired state', async (t) => {
  const cases: [Pick<VirDomain, 'state' | 'desiredDisposition'>, boolean][] = [
    [asked, true],
    [{ ...asked, state: 'BLOCKED' }, true],
    [{ ...asked, state: 'SHUTDOWN' }, true],
    [{ ...on, state: 'SHUTDOWN' }, true],
    [on, false],
    [off, false],
    [{ ...asked, state: 'PAUSED' }, false],
    [{ ...asked, state: 'CRASHED' }, false]
  ]
  for (const [vm, expected] of cases)
    t.equal(isShuttingDown(vm), expected, `${vm.state}, wanted ${vm.desiredDisposition}`)
})

t.test('SHUTDOWN of it is waited for, START would do nothing', async (t) => {
  t.ok(isInProgress('SHUTDOWN', asked))
  t.notOk(isInProgress('SHUTDOWN', on))
  t.ok(isLegal('START', on), 'it runs already')
  t.notOk(isLegal('START', asked))
  for (const action of ['LIVEMIGRATE', 'PAUSE', 'NMI', 'RESET'] as const)
    t.ok(isLegal(action, asked), `${action}: the guest may ignore it for good`)
})

t.test('STOP of a VM that is off is taken, and not proposed', async (t) => {
  t.ok(isLegal('STOP', off))
  t.equal(alreadyDone('STOP', off), 'off')
  t.same(possibleActions(off), ['START'])
  t.same(possibleActions({ ...off, state: 'CRASHED', uiState: 'CRASHED' }), ['START', 'STOP'])
})

t.test('what is possible is legal and not done already', async (t) => {
  const states = ['RUNNING', 'BLOCKED', 'PAUSED', 'SHUTDOWN', 'SHUTOFF', 'CRASHED'] as const
  for (const state of states)
    for (const desiredDisposition of ['RUNNING', 'SHUTOFF', 'PAUSED'] as const) {
      const vm = { ...off, state, uiState: state, desiredDisposition }
      const possible = possibleActions(vm)
      t.ok(possible.length > 0, `${state}, wanted ${desiredDisposition}`)
      for (const action of vmActions)
        if (possible.includes(action)) {
          t.ok(isLegal(action, vm), `${action} of ${state}`)
          t.equal(alreadyDone(action, vm), undefined, `${action} of ${state}`)
        }
    }
})

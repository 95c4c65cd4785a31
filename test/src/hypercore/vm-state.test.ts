import t from 'tap'
import { illegalState } from '../../../src/hypercore/vm-state.ts'

t.test('what the cluster is busy with is said', async (t) => {
  const vm = { uuid: 'u', name: 'web-01', state: 'SHUTOFF' } as const
  t.match(
    illegalState({ ...vm, uiState: 'STARTING' }, 'SHUTDOWN').message,
    /is SHUTOFF \(off, and STARTING right now\)\. Possible now: START to go on waiting for it$/
  )
  t.match(
    illegalState({ ...vm, uiState: 'SHUTOFF' }, 'SHUTDOWN').message,
    /is SHUTOFF \(off already\)\. Possible now: START/
  )
})

import t from 'tap'
import { illegalState } from '../../../../src/tools/vms/illegal-state.ts'

const off = {
  uuid: 'u',
  name: 'web-01',
  state: 'SHUTOFF',
  uiState: 'SHUTOFF',
  desiredDisposition: 'SHUTOFF'
} as const

t.test('what the cluster is busy with is said', async (t) => {
  t.match(
    illegalState({ ...off, uiState: 'STARTING' }, 'SHUTDOWN').message,
    /is SHUTOFF \(off, and STARTING right now\)\. Possible now: START to keep waiting for it/
  )
  t.match(
    illegalState(off, 'SHUTDOWN').message,
    /is SHUTOFF \(off already\)\. Possible now: START$/
  )
})

t.test('a guest that was asked to shut down is waited for first', async (t) => {
  const asked = { ...off, state: 'RUNNING', uiState: 'RUNNING' } as const
  t.match(
    illegalState(asked, 'START').message,
    /is RUNNING \(shutting down, not off yet\)\. Possible now: SHUTDOWN to keep waiting for it, STOP,/
  )
})

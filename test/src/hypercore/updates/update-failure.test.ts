import t from 'tap'
import { withUpdate } from '../../../../src/hypercore/updates/update-failure.ts'
import type { UpdateState } from '../../../../src/hypercore/updates/update-state.ts'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { failureDuringUpdate } from '../../../../src/views/update.ts'

const update: UpdateState = {
  phase: 'APPLYING',
  running: true,
  percent: 40,
  at: '10.20.0.12',
  fromVersion: '9.4.30.217736',
  toBuild: '219383',
  nodes: []
}

const looking = (state: UpdateState) => ({ look: async () => state })

const failure = new BridgeError('CLUSTER_TIMEOUT', 'No node responded.', { details: { nodes: 3 } })

t.test(
  'the details of a failure have the update that runs, its message as the note says it',
  async (t) => {
    const details = {
      nodes: 3,
      update: {
        phase: 'APPLYING',
        percent: 40,
        node: '10.20.0.12',
        from: '9.4.30.217736',
        to: '219383'
      }
    }
    t.match(await withUpdate(failure, looking(update)), { message: failure.message, details })
    t.match(await withUpdate(failure, looking(update), failureDuringUpdate), {
      code: 'CLUSTER_TIMEOUT',
      message:
        'No node responded. Note that an update from 9.4.30.217736 to build 219383 is being applied, 40 % done, now at node 10.20.0.12: nodes restart one after the other and do not respond then.',
      details
    })
  }
)

t.test('while it is prepared no node restarts', async (t) => {
  const preparing: UpdateState = { phase: 'PREPARING', running: true, nodes: [] }
  t.match(await withUpdate(failure, looking(preparing), failureDuringUpdate), {
    message: 'No node responded. Note that the cluster is preparing an update.'
  })
})

t.test('what no update brings about, or none that runs, is left as it was', async (t) => {
  const refused = new BridgeError('CLUSTER_REFUSED', 'The cluster refused it.')
  t.equal(await withUpdate(refused, looking(update), failureDuringUpdate), refused)
  const complete: UpdateState = { phase: 'COMPLETE', running: false, nodes: [] }
  t.equal(await withUpdate(failure, looking(complete), failureDuringUpdate), failure)
})

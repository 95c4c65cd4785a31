import t from 'tap'
import { OverviewReader } from '../../src/console/overview.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { operator } from '../../src/identity/static-token.ts'

t.test('a node that is slower than its neighbours is shown', async (t) => {
  const bridge = await startTestBridge(t, { timings: { readyFreshMs: 60_000 } })
  await bridge.call('drive_read')
  bridge.simulator.faults.add({ kind: 'slow', node: 0, path: '/Drive', ms: 500 })
  for (let i = 0; i < 5; i++) t.equal((await bridge.call('drive_read')).status, 200)
  const drives = bridge.simulator.requests.filter(({ path }) => path === '/rest/v1/Drive')
  t.same(
    drives.map(({ node }) => node),
    [0, 0, 0, 0, 1, 1]
  )
  const { body, text } = await bridge.fetch('/ready')
  t.same(body.breakers, [{ node: 1, state: 'slow', calls: ['read'] }])
  t.notMatch(text, /127\.0\.0/)

  const [node = ''] = bridge.simulator.urls.map((url) => new URL(url).host)
  const { traffic } = await new OverviewReader(bridge.app.hypercore).cluster(operator)
  t.same(traffic, [`${node} is slow (read): others are tried first`])

  const metrics = await bridge.fetch('/metrics', {
    headers: { authorization: `Bearer ${bridge.token}` }
  })
  const of = (name: string, kind: string): number =>
    Number(
      new RegExp(`^scale_bridge_${name}\\{node="${node}",kind="${kind}"\\} (\\S+)$`, 'm').exec(
        metrics.text
      )?.[1]
    )
  t.equal(of('cluster_node_slow', 'read'), 1)
  t.equal(of('cluster_node_slow', 'write'), 0)
})

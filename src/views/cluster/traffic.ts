import type { ClusterTraffic } from '../../hypercore/requests/traffic.ts'
import type { BreakerPosition } from '../../hypercore/transport/breaker.ts'

/** What is not as usual in the traffic to the cluster, in words. */
export function trafficNotes({ nodes, lanes, discovered }: ClusterTraffic): string[] {
  const troubled = nodes.flatMap(({ node, kinds, left, reason }) => {
    const slow = kinds.flatMap((each) => (each.slow ? each.kind : [])).join(', ')
    const which = (wanted: BreakerPosition): string =>
      kinds.flatMap(({ kind, position }) => (position === wanted ? kind : [])).join(', ')
    const [open, half] = [which('open'), which('half-open')]
    return [
      ...(open === '' ? [] : [`${node} is tried last (${open}): it ${reason ?? 'failed'}`]),
      ...(half === '' ? [] : [`${node} is being probed (${half})`]),
      ...(slow === '' ? [] : [`${node} is slow (${slow}): others are tried first`]),
      ...(left ? [`${node} is tried last: the cluster's list of nodes lacks it`] : [])
    ]
  })
  const full = lanes.filter(({ waiting }) => waiting > 0)
  const unused = (discovered?.found ?? []).filter(({ problem }) => problem !== undefined)
  return [
    ...troubled,
    ...unused.map(({ node, problem }) => `${node} was found but is not used: ${problem}`),
    ...(discovered?.doubt === undefined
      ? []
      : [`The cluster's list of nodes is not followed: ${discovered.doubt}`]),
    ...full.map(
      ({ lane, underWay, waiting }) =>
        `${waiting} wait for a ${lane === 'login' ? 'login or ping' : lane}, ${underWay} under way`
    )
  ]
}

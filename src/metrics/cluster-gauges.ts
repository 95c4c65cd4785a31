import type { HyperCore } from '../hypercore/client.ts'
import type { GaugeSource, Sampled } from './metrics.ts'

const positions = ['closed', 'half-open', 'open'] as const

const one = (value: number): Sampled[] => [{ labels: {}, value }]

/** What `GET /metrics` says of the traffic to the cluster; the cluster is asked for none of it. */
export const clusterGauges = (client: HyperCore): GaugeSource[] => [
  {
    name: 'cluster_sessions',
    help: 'Sessions at the cluster that the bridge keeps',
    labels: [],
    read: () => one(client.sessions.count)
  },
  {
    name: 'cluster_lane_requests',
    help: 'Requests to the cluster at this moment, by lane: under way, or waiting for a place; login has pings, too',
    labels: ['lane', 'state'],
    read: () =>
      client.traffic().lanes.flatMap(({ lane, underWay, waiting }) => [
        { labels: { lane, state: 'under_way' }, value: underWay },
        { labels: { lane, state: 'waiting' }, value: waiting }
      ])
  },
  {
    name: 'cluster_breaker',
    help: 'State of a node for a kind of requests: 1 for its state, 0 for the others',
    labels: ['node', 'kind', 'state'],
    read: () =>
      client.traffic().nodes.flatMap(({ node, kinds }) =>
        kinds.flatMap(({ kind, position }) =>
          positions.map((state) => ({
            labels: { node, kind, state },
            value: Number(state === position)
          }))
        )
      )
  },
  {
    name: 'cluster_node_slow',
    help: '1 for a node that is asked after others for a kind of requests, as they are faster',
    labels: ['node', 'kind'],
    read: () =>
      client
        .traffic()
        .nodes.flatMap(({ node, kinds }) =>
          kinds.map(({ kind, slow }) => ({ labels: { node, kind }, value: Number(slow) }))
        )
  },
  {
    name: 'cluster_nodes',
    help: "Nodes that are asked: of SCALE_HOST, found by the cluster's list, or missing in it",
    labels: ['state'],
    read: () => {
      const { nodes } = client.traffic()
      const left = nodes.filter((node) => node.left).length
      const found = nodes.filter((node) => node.found && !node.left).length
      return [
        { labels: { state: 'configured' }, value: nodes.length - found - left },
        { labels: { state: 'found' }, value: found },
        { labels: { state: 'missing' }, value: left }
      ]
    }
  },
  {
    name: 'cluster_nodes_not_listed',
    help: 'Nodes of the cluster that are not asked, as SCALE_HOST does not name them, by its last list of nodes',
    labels: [],
    read: () => one(client.nodeLists.unlisted.count)
  },
  {
    name: 'cluster_reads_shared_total',
    help: 'Reads that needed no request of their own, as the same one was under way',
    labels: [],
    isCounter: true,
    read: () => one(client.traffic().sharedReads)
  },
  {
    name: 'cluster_tasks_followed',
    help: 'Tasks of the cluster that are followed at this moment',
    labels: [],
    read: () => one(client.tasks.followed)
  }
]

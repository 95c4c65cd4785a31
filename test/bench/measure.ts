import { bearerOf, type Case, sentOf, type Sent, type Way, ways } from './cases.ts'
import { Callers } from './load.ts'
import type { ClusterFacts, Party, Safety } from './party.ts'

/** What one case cost in one way. */
export interface Row {
  case: string
  way: Way
  /** Of a bridge. */
  safety?: Safety
  callers: number
  calls: number
  perSecond: number
  p50: number
  p90: number
  p99: number
  /** Milliseconds of CPU a call, of the process that was called. */
  cpuMs?: number
  /** A call, at the cluster. */
  upstreamRequests?: number
  upstreamConnections?: number
  upstreamBytes?: number
  bytes: number
}

/** Everybody in front of one cluster. */
export interface Stage {
  cluster: ClusterFacts
  clusterParty: Party
  /** What the bridges are compared with. */
  others: Partial<Record<Way, Party>>
  bridges: ReadonlyMap<Safety, Party>
  session: Record<string, string>
  limitedToken: string
}

export interface MeasureOptions {
  callers: number
  /** For each way of a case, in all rounds together. */
  seconds: number
  isWanted: (label: string) => boolean
}

const rounds = 3

/** Who is called in one way. */
interface Lane {
  way: Way
  safety?: Safety
  party: Party
  sent: Sent
  callers: Callers
  bytes: number
  times: number[]
  ms: number
  cpuMs: number
  requests: number
  connections: number
  upstreamBytes: number
}

export const labelOf = (name: string, way: Way, safety?: Safety): string =>
  `${name} / ${way}${safety === 'safe' ? ' safe' : ''}`

/** The selected ways of a case; what all are compared with comes along. */
function lanesOf(stage: Stage, each: Case, { callers, isWanted }: MeasureOptions): Lane[] {
  const { cluster, session, limitedToken } = stage
  return ways.flatMap((way) => {
    const other = stage.others[way]
    const parties: [Party, Safety?][] =
      other === undefined ? [...stage.bridges].map(([safety, party]) => [party, safety]) : [[other]]
    return parties.flatMap(([party, safety]) => {
      const bearer = bearerOf(safety ?? 'plain', limitedToken)
      const sent = sentOf(each, way, cluster, { session, bearer })
      if (sent === undefined || !isWanted(labelOf(each.name, way, safety))) return []
      return {
        way,
        safety,
        party,
        sent,
        callers: new Callers(party.url, callers),
        bytes: 0,
        times: [],
        ms: 0,
        cpuMs: 0,
        requests: 0,
        connections: 0,
        upstreamBytes: 0
      }
    })
  })
}

async function runLane(stage: Stage, lane: Lane, callers: number, seconds: number): Promise<void> {
  const [own, behind] = [await lane.party.cost(), await stage.clusterParty.cost()]
  const from = performance.now()
  lane.times.push(...(await lane.callers.run(lane.sent, callers, seconds)))
  lane.ms += performance.now() - from
  const [ownAfter, behindAfter] = [await lane.party.cost(), await stage.clusterParty.cost()]
  lane.cpuMs += ownAfter.cpuMs - own.cpuMs
  lane.requests += (behindAfter.requests ?? 0) - (behind.requests ?? 0)
  lane.upstreamBytes += (behindAfter.bytes ?? 0) - (behind.bytes ?? 0)
  lane.connections += (behindAfter.connections ?? NaN) - (behind.connections ?? NaN)
}

function rowOf(name: string, callers: number, lane: Lane): Row {
  const sorted = lane.times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN
  return {
    case: name,
    way: lane.way,
    ...(lane.safety !== undefined && { safety: lane.safety }),
    callers,
    calls: sorted.length,
    perSecond: (sorted.length / lane.ms) * 1000,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    cpuMs: lane.cpuMs / sorted.length,
    upstreamRequests: lane.requests / sorted.length,
    ...(lane.upstreamBytes > 0 && { upstreamBytes: lane.upstreamBytes / sorted.length }),
    ...(!Number.isNaN(lane.connections) && {
      upstreamConnections: lane.connections / sorted.length
    }),
    bytes: lane.bytes
  }
}

/**
 * One case in all its ways, in turn, several times: what else the machine does strikes all of them alike.
 * Before that each is called for a while without being measured.
 */
export async function measureCase(
  stage: Stage,
  each: Case,
  options: MeasureOptions
): Promise<Row[]> {
  const { callers, seconds } = options
  const lanes = lanesOf(stage, each, options)
  try {
    for (const lane of lanes) {
      lane.bytes = await lane.callers.call(lane.sent)
      await lane.callers.run(lane.sent, callers, seconds / 4)
    }
    for (let round = 0; round < rounds; round++)
      for (const lane of lanes) await runLane(stage, lane, callers, seconds / rounds)
  } finally {
    for (const lane of lanes) await lane.callers.close()
  }
  return lanes.map((lane) => rowOf(each.name, callers, lane))
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { recordIn } from '../src/audit/helper.ts'
import { Bridges, type BridgeProcess } from '../search/bridge-process.ts'
import type { SoakOptions } from './options.ts'
import type { SoakReport } from './report.ts'
import { nodes, SoakRun, token } from './soak-run.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'

/*
 * Readers, writers, callers that hang up in the middle and callers that repeat what they asked for, at a
 * steady rate, over REST and MCP, while a plan of faults is played. In the end every write is compared with
 * what the cluster has done, every read with what it showed, and the bridge with what it held before.
 */

/** The settings of a bridge that is soaked, all its files in a folder of its own. */
function settingsFor(
  simulator: Simulator,
  folder: string,
  discover: boolean
): Record<string, string> {
  const record = recordIn(folder)
  const settings = clusterSettings(simulator)
  const [first = ''] = settings['SCALE_HOST']?.split(',') ?? []
  return {
    MCP_BEARER_TOKEN: token,
    MCP_TOKEN_SCOPE: 'read,operate,interrupt,lose',
    ...settings,
    ...(discover && { SCALE_HOST: first, SCALE_DISCOVER: 'on' }),
    PORT: '0',
    RATE_LIMIT: 'off',
    WRITES_PER_MINUTE: '100000',
    LOG_LEVEL: 'info',
    SCALE_STORE: join(folder, 'store'),
    SCALE_SESSION_FILE: join(folder, 'session.json'),
    SCALE_AUDIT_FILE: record.path,
    SCALE_AUDIT_KEY: record.keyPath
  }
}

/** Bundles the program of the bridges that are soaked. @param log file descriptor of their log */
export const prepareBridges = (log?: number): Promise<Bridges> =>
  Bridges.prepare({ isOnlyOne: true, ...(log !== undefined && { log }) })

/** Plays all plans, then waits until everything has ended. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, seed, pace, plans, mutant, log, discover = false } = options
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  const own = options.bridges ?? (await prepareBridges(log))
  const simulator = await startSimulator({
    nodes,
    vms: 40,
    seed,
    speed: pace,
    overlappingWrites: 'fail',
    taskRetentionSeconds: 1e6
  })
  let bridge: BridgeProcess | undefined
  try {
    const env = settingsFor(simulator, folder, discover)
    bridge = await own.start({
      env,
      cwd: folder,
      offsetMs: 0,
      pace,
      ...(mutant !== undefined && { mutant })
    })
    const run = new SoakRun(options, simulator, bridge)
    const before = await run.warmUp()
    const share = seconds / plans.length
    const played: SoakReport['plans'] = []
    for (const { name, plan } of plans)
      played.push({
        name,
        seconds: Math.round(share),
        faults: await run.play(name, plan, share)
      })
    return { seconds, plans: played, ...(await run.end(before)) }
  } finally {
    await bridge?.kill()
    if (options.bridges === undefined) await own.close()
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

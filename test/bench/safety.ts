// npm run bench:safety: writes and reads with what makes them safe, beside those without, in one run.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createLogger } from '../../src/config/log.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { StaticToken } from '../../src/identity/static-token.ts'
import { Outgoing } from '../../src/lib/outgoing.ts'
import { type RunningBridge, startBridge } from '../../src/server.ts'
import { testConfig } from '../helper/config.ts'
import { recordIn } from '../src/audit/helper.ts'
import type { Load } from './lab-process.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    writes: { type: 'string', default: '200' },
    reads: { type: 'string', default: '400' }
  }
})

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const child = fork(new URL('lab-process.ts', import.meta.url))
const [cluster] = (await once(child, 'message')) as [{ urls: string[]; fingerprints: string[] }]
const token = 'bench-token-0123456789'

/** Nothing kept, nothing limited; the same with record and ledger on disk; and with all the rest. */
const modes = ['off', 'recorded', 'all'] as const
type Mode = (typeof modes)[number]

async function open(mode: Mode): Promise<RunningBridge> {
  const own = join(folder, mode)
  const { path, keyPath } = recordIn(folder, `${mode}.jsonl`)
  const outgoing = new Outgoing([{ value: token }])
  const audit = { path, keyPath, maxBytes: 64 * 1024 ** 2, keepMs: 400 * 86_400_000 }
  const bridge = await startBridge({
    config: {
      ...testConfig,
      token: 'another-token-0123456789',
      logLevel: 'warn',
      ...(mode === 'all' && {
        approval: 'lose',
        protectedTags: ['crown'],
        maxTargets: 1,
        runApi: 'checked',
        writesPerMinute: 1_000_000
      })
    },
    cluster: {
      nodes: cluster.urls,
      username: 'admin',
      password: 'admin',
      useOidc: false,
      tls: { mode: 'pin', fingerprints: cluster.fingerprints },
      sessionMaxAgeMs: 12 * 3_600_000
    },
    outgoing,
    logger: createLogger('warn', outgoing, { write: () => undefined }),
    ...(mode !== 'off' && { storeFolder: own, audit })
  })
  const principal: Principal = {
    name: 'bench',
    kind: 'token',
    scopes: new Set(['read', 'operate']),
    ...(mode === 'all' && { vmTags: ['lab'] })
  }
  bridge.app.authenticators.push(new StaticToken(token, principal))
  return bridge
}

interface Measure {
  perSecond: number
  /** ms of this process, which holds the bridges alone. */
  cpu: number
}

async function measure(bridge: RunningBridge, kind: Load['kind'], count: number): Promise<Measure> {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  const done = once(child, 'message')
  child.send({ url: bridge.url, token, kind, count } satisfies Load)
  await done
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (count / (performance.now() - begun)) * 1000,
    cpu: (user + system) / 1000 / count
  }
}

const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

const bridges = new Map<Mode, RunningBridge>()
for (const mode of modes) bridges.set(mode, await open(mode))
const found = new Map<string, Measure[]>()
const counts = { writes: Number(values.writes), reads: Number(values.reads) }
// The first round warms up.
for (let round = 0; round <= Number(values.rounds); round++)
  for (const kind of ['writes', 'reads'] as const)
    for (const [mode, bridge] of bridges) {
      const one = await measure(bridge, kind, counts[kind])
      if (round > 0) found.set(`${kind} ${mode}`, [...(found.get(`${kind} ${mode}`) ?? []), one])
    }

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node.js ${process.version}`)
for (const kind of ['writes', 'reads'] as const)
  for (const mode of modes) {
    const of = (each: Mode, field: keyof Measure): number =>
      median((found.get(`${kind} ${each}`) ?? []).map((one) => one[field]))
    const [rate, cpu] = [of(mode, 'perSecond'), of(mode, 'cpu')]
    console.log(
      `${kind.padEnd(6)} ${mode.padEnd(8)} ${rate.toFixed(0).padStart(5)}/s (× ${(rate / of('off', 'perSecond')).toFixed(2)}), ` +
        `${cpu.toFixed(2)} ms of CPU each (× ${(cpu / of('off', 'cpu')).toFixed(2)})`
    )
  }

for (const bridge of bridges.values()) await bridge.close()
child.disconnect()
rmSync(folder, { recursive: true })

// npm run bench:replicas: the rate of reads and writes with 1, 2 and 3 bridges on one database
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { noPostgres, PostgresServer } from '../helper/postgres.ts'
import { Callers } from '../soak/callers.ts'
import { ReplicaSet, token } from './replica-set.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    callers: { type: 'string', default: '16' }
  }
})
const [seconds, count] = [Number(values.seconds), Number(values.callers)]
if (noPostgres !== false) {
  console.error(noPostgres)
  process.exit(1)
}

interface Rate {
  perSecond: number
  /** Milliseconds. */
  median: number
  failed: number
}

/** Lets all callers call one after the other for a while. */
async function measure(url: string, tool: string, args: () => object): Promise<Rate> {
  const times: number[] = []
  let failed = 0
  const end = performance.now() + seconds * 1000
  const one = async (): Promise<void> => {
    const callers = new Callers(url, token)
    while (performance.now() < end) {
      const from = performance.now()
      const reply = await callers.call('rest', tool, args() as Record<string, unknown>)
      if (reply?.value === undefined) failed += 1
      else times.push(performance.now() - from)
    }
    await callers.close()
  }
  await Promise.all(Array.from({ length: count }, one))
  const sorted = times.toSorted((a, b) => a - b)
  return {
    perSecond: Math.round(times.length / seconds),
    median: Math.round(sorted[Math.floor(sorted.length / 2)] ?? NaN),
    failed
  }
}

const server = await PostgresServer.start()
const folder = mkdtempSync(join(tmpdir(), 'replicas-'))
try {
  const all = cpus()
  console.log(
    `${all.length} × ${all[0]?.model ?? 'unknown'}, Node.js ${process.version}, ${count} callers, ${seconds} s each\n`
  )
  console.log('| bridges | reads/s | median | writes/s | median | failed |')
  console.log('| ------- | ------- | ------ | -------- | ------ | ------ |')
  for (const bridges of [1, 2, 3]) {
    const simulator = await startSimulator({ nodes: 3, vms: 200, seed: 1, speed: 1000 })
    const set = await ReplicaSet.start({
      simulator,
      folder: join(folder, String(bridges)),
      store: await server.newDatabase(),
      count: bridges,
      pace: 1
    })
    const { url } = set.balancer
    const vms = [...simulator.world.state.virDomains.keys()]
    let n = 0
    const next = (): string => vms[n++ % vms.length] ?? ''
    await measure(url, 'getVM_details', () => ({ vmUUID: next() }))
    const reads = await measure(url, 'getVM_details', () => ({ vmUUID: next() }))
    const writes = await measure(url, 'updateVM', () => ({
      vmUUID: next(),
      description: `bench ${n}`,
      wait: 20
    }))
    console.log(
      `| ${bridges} | ${reads.perSecond} | ${reads.median} ms | ${writes.perSecond} | ${writes.median} ms | ${reads.failed + writes.failed} |`
    )
    await set.close()
    await simulator.close()
  }
} finally {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { databaseLines } from '../../src/audit/chain/database-record.ts'
import { readKey } from '../../src/audit/chain/key.ts'
import { verifyLines } from '../../src/audit/chain/verify.ts'
import type { AuditEntry } from '../../src/audit/entry.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { silentLogger } from '../../src/lib/process/logger.ts'
import { type FaultPlan, readPlan } from '../../src/simulator/plan/plan-file.ts'
import type { PlayedPlan } from '../../src/simulator/plan/play-plan.ts'
import { Random } from '../../src/simulator/random.ts'
import { Database } from '../../src/store/postgres/database.ts'
import { noPostgres, PostgresServer } from '../helper/postgres.ts'
import { simulatorFor } from '../helper/simulator.ts'
import { tokensOf } from '../helper/token-file.ts'
import { settleAccounts } from '../soak/accounts.ts'
import { Callers, surfaces } from '../soak/callers.ts'
import { isInProgress, type Job, Jobs, toldBy } from '../soak/jobs.ts'
import { noHaproxy } from './haproxy.ts'
import { ReplicaSet, token } from './replica-set.ts'

t.setTimeout(600_000)

const seconds = Number(process.env['REPLICA_SECONDS'] ?? 20)
const callsPerSecond = 8
const nodes = 3

t.test('three bridges, killed and started at random', { skip: noPostgres }, async (t) => {
  await killAtRandom(t)
})

t.test('the same, and their database', { skip: noPostgres }, async (t) => {
  await killAtRandom(t, { isDatabaseKilled: true })
})

t.test('the same on bad days of the cluster', { skip: noPostgres }, async (t) => {
  await killAtRandom(t, { badDays: ['bad-network', 'failing-tasks', 'node-dies'] })
})

t.test('the same behind HAProxy', { skip: noPostgres || noHaproxy }, async (t) => {
  await killAtRandom(t, { haproxy: true })
})

/** One of the examples, for the simulated cluster. */
function badDay(name: string): FaultPlan {
  const file = join(packageRoot, 'examples/bad-days', `${name}.json`)
  return readPlan(readFileSync(file, 'utf8'), nodes)
}

interface Troubles {
  isDatabaseKilled?: boolean
  /** The balancer of compose.replicas.yaml in place of one that knows at once who runs. */
  haproxy?: boolean
  /** Played one after the other, each for as long as the run takes without them. */
  badDays?: readonly string[]
}

async function killAtRandom(
  t: Test,
  { isDatabaseKilled = false, haproxy = false, badDays = [] }: Troubles = {}
): Promise<void> {
  const server = await PostgresServer.start()
  t.teardown(() => server.close())
  const folder = t.testdir()
  const store = await server.newDatabase()
  const simulator = await simulatorFor(t, {
    nodes,
    vms: 40,
    seed: 5,
    speed: 5,
    overlappingWrites: 'fail',
    taskRetentionSeconds: 1e6
  })
  const approver = await tokensOf(t, folder).create('approver', 'read,approve')
  const oldTasks = new Set(simulator.world.tasks.list().map(({ taskTag }) => taskTag))
  const arrived: string[] = []
  simulator.witnesses.add(({ method, path }) => {
    if (method !== 'GET') arrived.push(`${method} ${path}`)
  })
  const set = await ReplicaSet.start({
    simulator,
    folder,
    store,
    count: 3,
    pace: 5,
    haproxy,
    settings: { APPROVAL: 'lose' }
  })
  t.teardown(() => set.close())
  const random = new Random(11)
  const jobs = new Jobs(simulator, [...simulator.world.state.virDomains.keys()], new Random(12))
  let callers = new Callers(set.balancer.url, token)

  /** Calls the console's side of one of the bridges. */
  const decide = async (id: string, decision: string): Promise<number> => {
    const url = `${set.balancer.url}/approvals/${id}/${decision}`
    const headers = { authorization: `Bearer ${approver}` }
    const response = await request(url, { method: 'POST', headers }).catch(() => undefined)
    await response?.body.dump()
    return response?.statusCode ?? 0
  }
  /** A later retry names the call: something else may have changed its VM in the meantime. */
  const keyOf = ({ mark }: Job): Record<string, string> => ({ 'idempotency-key': mark })
  /** By the id of the plan. */
  const approved = new Set<string>()

  async function settle(job: Job): Promise<void> {
    let args = job.args
    for (let tries = 0; tries < 30; tries++) {
      const surface = random.pick(surfaces)
      job.calls += 1
      const isLost = random.chance(0.2)
      const leave = isLost ? AbortSignal.timeout(random.int(5, 300)) : undefined
      const reply = await callers.call(surface, job.tool, args, leave, keyOf(job))
      const plan = /plan (p-\w+) until/.exec(reply?.message ?? '')?.[1]
      if (plan !== undefined) {
        if (random.chance(0.8)) {
          approved.add(plan)
          await decide(plan, 'approve')
        } else await decide(plan, 'deny')
        args = { ...job.args, plan }
        // Both at once: one may use it.
        const [first, second] = await Promise.all(
          surfaces.map((each) =>
            callers.call(each, job.tool, args, undefined, keyOf({ ...job, mark: plan }))
          )
        )
        job.calls += 2
        for (const each of [first, second])
          if (each !== undefined && !isInProgress(each) && each.code !== 'NO_RESPONSE')
            jobs.tell(job, each.code === undefined ? toldBy(each, job) : 'unknown', undefined)
        return
      }
      const again = reply === undefined || isInProgress(reply) || reply.code === 'NO_RESPONSE'
      if (!again && !/UNAVAILABLE|BUSY|OTHER|APPROVAL/.test(reply.code ?? ''))
        return jobs.tell(job, toldBy(reply, job), reply.value?.createdUUID)
      await sleep(200)
    }
    jobs.tell(job, 'unknown', undefined)
  }

  await Promise.all(
    set.bridges.map(({ url }) => new Callers(url, token).call('rest', 'vm_read', {}))
  )
  for (let i = 0; i < 3; i++) await settle(jobs.next())

  const open = new Set<Promise<void>>()
  let kills = 0
  let outages = 0
  let going = true
  const killing = (async () => {
    while (going) {
      await sleep(random.int(600, 2500))
      const at = random.int(0, 2)
      await set.kill(at)
      kills += 1
      await sleep(random.int(50, 800))
      await set.up(at)
    }
  })()
  const interrupting = (async () => {
    while (going && isDatabaseKilled) {
      await sleep(random.int(1500, 4000))
      await server.down('SIGQUIT')
      outages += 1
      await sleep(random.int(50, 1500))
      await server.up()
    }
  })()
  const perDay = seconds * callsPerSecond
  let day: PlayedPlan | undefined
  let faults = 0
  // A machine that is busy takes its time to start one.
  for (let i = 0; i < perDay * Math.max(1, badDays.length) || (kills < 5 && i < 1000); i++) {
    const next = i % perDay === 0 ? badDays[i / perDay] : undefined
    if (next !== undefined) {
      day?.stop()
      day = simulator.play(badDay(next), ({ phase }) => void (phase === 'begins' && faults++))
    }
    const step = settle(jobs.next()).finally(() => open.delete(step))
    open.add(step)
    await sleep(1000 / callsPerSecond)
    // Connections are spread when they are opened.
    if (i % 10 === 0) {
      const old = callers
      callers = new Callers(set.balancer.url, token)
      setTimeout(() => void old.close(), 20_000).unref()
    }
  }
  going = false
  day?.stop()
  await Promise.all([killing, interrupting, ...open])
  const [bridge] = set.bridges
  if (bridge === undefined) throw new Error('no bridge')
  const until = performance.now() + 60_000
  let ledger = await bridge.ask('ledger')
  while (
    performance.now() < until &&
    (!jobs.areOver || ledger.some(({ state }) => state === 'RUNNING' || state === 'SENDING'))
  ) {
    await sleep(300)
    ledger = await bridge.ask('ledger')
  }
  const accounts = settleAccounts(jobs, ledger, simulator, oldTasks)
  const database = new Database(store, silentLogger)
  t.teardown(() => database.close())
  const entries: AuditEntry[] = []
  for await (const line of databaseLines(database))
    entries.push(JSON.parse(line.toString()) as AuditEntry)
  // What is known of them, as it cannot be made to happen again.
  for (const mark of accounts.doubled.flatMap((each) => /soak-\d+/.exec(each) ?? [])) {
    const own = entries.filter((entry) => JSON.stringify(entry).includes(`${mark}"`))
    const ids = new Set(own.map(({ id }) => String(id)))
    for (const entry of entries)
      if (own.includes(entry) || ids.has(String(entry['write']))) t.comment(JSON.stringify(entry))
    for (const write of ledger) if (ids.has(write.id)) t.comment(JSON.stringify(write))
  }
  const writes = entries.filter(({ kind }) => kind === 'write')
  const left = writes.map((entry) => `${String(entry['method'])} ${String(entry['path'])}`)
  const unrecorded = arrived.filter((each) => {
    const at = left.indexOf(each)
    if (at >= 0) left.splice(at, 1)
    return at < 0 && !/\/log(?:in|out)$/.test(each)
  })
  const losing = writes.filter(({ effect }) => effect === 'lose')
  const unapproved = losing.filter(({ plan }) => !approved.has(String(plan)))
  const plans = losing.map(({ plan }) => plan)
  const key = await readKey(`${folder}/audit-key.pem`)
  const chain = await verifyLines('record', databaseLines(database), {
    trusted: new Set([key.fingerprint]),
    heads: []
  })
  t.comment(
    `${jobs.all.length} writes asked, ${arrived.length} arrived, ${writes.length} recorded, ${losing.length} approved, ${kills} kills, ${outages} outages, ${faults} faults, ${simulator.sessions.opened} logins: ${JSON.stringify(accounts.counts)}`
  )
  t.ok(kills >= 5 && accounts.counts.told.done > jobs.all.length / 3, 'something was at stake')
  t.same(accounts.doubled, [], 'doubled')
  t.same(accounts.misreported, [], 'misreported')
  t.same(accounts.unaccounted, [], 'unaccounted')
  t.same(unrecorded, [], 'unrecorded')
  t.same(unapproved, [], 'unapproved')
  t.equal(new Set(plans).size, plans.length, 'a plan is used once')
  t.same(chain.problems, [], 'one chain')
  if (badDays.length > 0) t.ok(faults >= 3 * badDays.length, `${faults} faults`)
  // Without the database each logs in by itself; a login whose response is lost is retried.
  if (!isDatabaseKilled && badDays.length === 0)
    t.same([...new Set(simulator.sessions.openedByNode.values())], [1], 'one login for a node')
}

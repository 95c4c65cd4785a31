import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Audit } from '../../../src/audit/audit.ts'
import type { AuditEntry } from '../../../src/audit/entry.ts'
import { headFile } from '../../../src/audit/chain/files.ts'
import { LeftWrites } from '../../../src/audit/left-writes.ts'
import { until } from '../../helper/simulator.ts'
import { startSpawnedCli } from '../../helper/spawn-cli.ts'
import { callTool, envFor, simulatorFor } from '../cli/served.ts'
import { openLedger } from '../ledger/helper.ts'
import { verify } from './helper.ts'

async function serve(t: Test, cwd: string) {
  const bridge = startSpawnedCli(t, ['serve'], { cwd, env: { LOG_LEVEL: 'info' } })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  return Object.assign(bridge, { url })
}

const placeIn = (cwd: string) => {
  const state = join(cwd, 'state', 'scale-bridge')
  const path = join(state, 'audit', 'audit.jsonl')
  const keyPath = join(state, 'audit-key.pem')
  return { path, keyPath, headPath: headFile(keyPath, path) }
}

const entriesOf = (path: string): AuditEntry[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry)

t.test(
  'kill -9 in mid-write: the write is on record, and its end after the next start',
  async (t) => {
    const simulator = await simulatorFor(t)
    const cwd = t.testdir({ '.env': envFor(simulator, { PORT: '0' }) })
    const place = placeIn(cwd)
    const first = await serve(t, cwd)
    const [vm] = simulator.world.state.virDomains.values()
    // One whose response never comes, and one whose task runs on.
    const clone = JSON.stringify({ vmUUID: vm?.uuid, name: 'copy', wait: 0 })
    await callTool(first.url, 'cloneVM', clone)
    simulator.faults.add({ kind: 'hang-after', path: '/VirDomainSnapshot' })
    const cut = callTool(
      first.url,
      'snapshotVM',
      JSON.stringify({ vmUUID: vm?.uuid, label: 'cut' })
    )
    cut.catch(() => undefined)
    await until(() => entriesOf(place.path).filter(({ kind }) => kind === 'write').length === 2)
    await until(() => simulator.requests.some(({ path }) => path.includes('VirDomainSnapshot')))
    await first.stop('SIGKILL')
    simulator.faults.clear()
    const second = await serve(t, cwd)
    const statesOf = (tool: string): unknown[] => {
      const entries = entriesOf(place.path)
      const write = entries.find((entry) => entry.kind === 'write' && entry['tool'] === tool)
      return entries.filter((entry) => entry['write'] === write?.['id']).map(({ state }) => state)
    }
    await until(() => statesOf('snapshotVM').includes('UNKNOWN'))
    await until(() => statesOf('cloneVM').includes('COMPLETE'))
    await second.stop('SIGTERM')
    t.same((await verify(place)).problems, [])
    const kinds = entriesOf(place.path).map(({ kind }) => kind)
    t.equal(kinds.filter((kind) => kind === 'start').length, 2)
    t.equal(kinds.filter((kind) => kind === 'stop').length, 1, 'the kill left none')
    t.match(second.stdout, /"msg":"audit head"/, 'the head is in the log')
    t.ok(
      readdirSync(join(cwd, 'state', 'scale-bridge', 'audit')).every(
        (name) => !name.includes('lock')
      )
    )
  }
)

t.test('a write that the ledger never got, and an end that only the ledger has', async (t) => {
  const { ledger } = openLedger(t)
  const audit = new Audit()
  t.teardown(() => audit.close())
  const begun = await ledger.begin({ id: 'ended', method: 'POST', path: '/VirDomain' })
  await begun.accepted({ taskTag: '', createdUUID: 'new' })
  await ledger.begin({ id: 'on its way', method: 'POST', path: '/VirDomain' })
  const { cluster } = ledger
  for (const id of ['never', 'ended', 'on its way', 'told']) audit.note('write', { id, cluster })
  audit.note('write', { id: 'of another cluster', cluster: 'x' })
  audit.note('outcome', { write: 'told', state: 'COMPLETE' })
  await audit.refresh()
  const { entries } = await audit.since(0, 100)
  async function* backwards() {
    yield* entries
  }
  const look = async (isLedgerKept: boolean, laterMs: number) => {
    const now = () => new Date(new Date().getTime() + laterMs)
    const left = new LeftWrites({ backwards, ledger, audit, isLedgerKept, now })
    return left.enter(await left.find({ unsent: true }))
  }
  t.equal(await look(true, 0), 0, 'young ones may be on their way elsewhere')
  t.equal(await look(true, 60_000), 2)
  await audit.refresh()
  t.match(audit.recent(2).toReversed(), [
    { kind: 'outcome', write: 'never', state: 'REFUSED' },
    { kind: 'outcome', write: 'ended', state: 'COMPLETE', createdUUID: 'new' }
  ])
  await look(false, 60_000)
  await audit.refresh()
  t.match(audit.recent(2).at(-1), { write: 'never', state: 'UNKNOWN' })
})

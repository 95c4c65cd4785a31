import { execFile } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startTestBridge } from '../../helper/bridge.ts'
import { leaveLock } from '../../helper/left-lock.ts'
import { sourceProgram } from '../../helper/shell.ts'
import { openAudit, recordIn, verify } from './helper.ts'

const writer = sourceProgram('test/src/audit/writer.ts')
  .map((word) => `'${word}'`)
  .join(' ')
const node = `'${process.execPath}'`
const shell = promisify(execFile)

t.test('a full disk under the record: 503, and no write reaches the cluster', async (t) => {
  const { path, keyPath } = recordIn(t.testdir())
  // A device that takes nothing.
  symlinkSync('/dev/full', path)
  const audit = { path, keyPath, maxBytes: 1024 ** 2, keepMs: 86_400_000 }
  const bridge = await startTestBridge(t, { audit })
  const before = bridge.simulator.world.state.snapshots.size
  const vmUUID = bridge.vm('web-01')
  for (const [tool, args] of [
    ['snapshotVM', { vmUUID, label: 'unrecorded' }],
    [
      'run_api',
      { method: 'POST', query: '/VirDomainSnapshot', payload: { domainUUID: vmUUID, label: 'raw' } }
    ]
  ] as const) {
    const { status, body } = await bridge.call(tool, args)
    t.equal(status, 503, tool)
    t.match(body.error, { code: 'AUDIT_UNAVAILABLE', message: /SCALE_AUDIT_FILE/ })
  }
  t.equal(bridge.simulator.world.state.snapshots.size, before)
  t.notOk(
    bridge.simulator.requests.some(({ method, path }) => method !== 'GET' && /Snapshot/.test(path)),
    'the cluster has seen no write'
  )
  t.same(await bridge.app.ledger.writes(), [], 'nor is it in the ledger')
  t.equal((await bridge.call('vm_read', { limit: 1 })).status, 200, 'reads go on')
  // Space again: the next call is recorded and sent.
  unlinkSync(path)
  t.equal((await bridge.call('snapshotVM', { vmUUID, label: 'recorded' })).status, 200)
  t.equal(bridge.simulator.world.state.snapshots.size, before + 1)
  t.match(readFileSync(path, 'utf8'), /"kind":"write".*recorded/)
})

t.test(
  'a limit met in mid-record leaves whole lines, and nothing is said to be kept that is not',
  async (t) => {
    const folder = t.testdir()
    const place = recordIn(folder)
    // Blocks of 512 or 1024 bytes, by shell: some 30 to 60 KB.
    const { stdout } = await shell(
      'bash',
      ['-c', `ulimit -f 60; exec ${node} ${writer} '${folder}' limited 400`],
      { env: { ...process.env } }
    )
    const said = stdout.split('\n').slice(0, -1)
    const kept = said.filter((line) => /^\d/.test(line))
    t.ok(kept.length > 10, `${kept.length} are kept`)
    t.ok(
      said.some((line) => line.startsWith('AUDIT_UNAVAILABLE ')),
      'the others are refused'
    )
    const text = readFileSync(place.path, 'utf8')
    for (const line of kept) t.ok(text.includes(`"id":"${line.split(' ')[1]}"`), line)
    for (const line of said.filter((line) => !/^\d/.test(line)))
      t.notOk(text.includes(`"id":"${line.split(' ')[1]}"`), line)
    t.same((await verify(place)).problems, [])
  }
)

t.test('what a crash left of a line is set aside, and said', async (t) => {
  const place = recordIn(t.testdir())
  const first = openAudit(place)
  await first.audit.append('write', { id: 'one' })
  await first.audit.close()
  appendFileSync(place.path, '{"seq":99,"time":"2026-')
  t.match((await verify(place)).problems, [{ kind: 'truncated', message: /within a line/ }])
  const { audit } = openAudit(place)
  await audit.append('write', { id: 'two' })
  await audit.close()
  t.same((await verify(place)).problems, [])
  const lines = readFileSync(place.path, 'utf8').trim().split('\n')
  const repaired = lines.map((line) => JSON.parse(line)).find(({ kind }) => kind === 'repaired')
  t.match(repaired, { bytes: 23, sha256: /^[0-9a-f]{64}$/ })
  t.equal(readFileSync(repaired.keptIn, 'utf8'), '{"seq":99,"time":"2026-')
})

t.test('an unusable folder or key does not bypass the record', async (t) => {
  const folder = t.testdir({ file: 'no folder' })
  const { path, keyPath } = recordIn(folder)
  mkdirSync(`${keyPath}.folder`)
  for (const broken of [
    { path: join(folder, 'file', 'audit.jsonl'), keyPath, headPath: '' },
    { path, keyPath: `${keyPath}.folder`, headPath: '' }
  ]) {
    const { audit } = openAudit(broken)
    await t.rejects(audit.append('write', { id: 'one' }), {
      code: 'AUDIT_UNAVAILABLE',
      statusCode: 503
    })
    await audit.close()
  }
  t.notOk(existsSync(path))
})

t.test('files are closed by size, deleted by age alone, and the chain continues', async (t) => {
  const place = recordIn(t.testdir())
  const day = 86_400_000
  let at = Date.parse('2026-01-01T00:00:00Z')
  const now = (): Date => new Date(at)
  const { audit } = openAudit(place, { maxBytes: 20_000, keepMs: 10 * day, now })
  const fill = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++)
      await audit.append('write', { id: `${at}-${i}`, filler: 'x'.repeat(300) })
  }
  await fill(300)
  const files = (): string[] =>
    readdirSync(dirname(place.path)).filter((name) => name.startsWith('audit.'))
  const full = files().length
  t.ok(full > 5, `${full} files of one day: none is deleted for its size`)
  at += 9 * day
  await fill(100)
  t.ok(files().length > full, 'nor when it is nine days old')
  at += 2 * day
  await fill(100)
  t.ok(
    files().length < full + 4,
    `${files().length} files once the first day is older than AUDIT_KEEP`
  )
  await audit.close()
  const found = await verify(place)
  t.same(found.problems, [])
  t.ok((found.first?.seq ?? 0) > 1, 'the first entries are gone, and the record says so')
  for (const name of files()) t.equal(statSync(join(dirname(place.path), name)).mode & 0o077, 0)
  t.equal(statSync(place.keyPath).mode & 0o777, 0o600)
})

t.test('what was to be entered under a lock that was taken away meanwhile is not', async (t) => {
  const place = recordIn(t.testdir())
  let isLost = false
  const now = (): Date => {
    if (isLost) leaveLock(`${place.path}.lock`)
    return new Date()
  }
  const { audit } = openAudit(place, { now })
  await audit.append('write', { id: 'first' })
  const before = readFileSync(place.path)
  isLost = true
  await t.rejects(audit.append('write', { id: 'second' }), {
    code: 'AUDIT_UNAVAILABLE',
    cause: { message: /is no longer held/ }
  })
  t.same(readFileSync(place.path), before)
  isLost = false
  t.equal((await audit.append('write', { id: 'third' })).seq, 3, 'it goes on')
  await audit.close()
  t.same((await verify(place)).problems, [])
})

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { openAudit, recordIn } from '../audit/helper.ts'

/** A record of some calls, where the settings of `env` name it. */
async function recorded(t: Test) {
  const cwd = t.testdir()
  const place = recordIn(cwd)
  const opened = openAudit(place)
  const { audit } = opened
  audit.note('start', { version: '1', host: 'h', pid: 1, settings: {} })
  audit.note('plan', { event: 'approved', plan: 'p-7f3k2', by: 'eve' })
  const write = await audit.append('write', {
    id: '3f2a91c0-0000-4000-8000-000000000001',
    token: 'operator',
    person: { name: 'Ada\nforged line', verified: false },
    address: '10.0.0.9',
    surface: 'rest',
    request: 'req-1',
    tool: 'changeVM_state',
    args: { actionType: 'STOP' },
    method: 'POST',
    path: '/VirDomain/action',
    body: [{ virDomainUUID: 'u', actionType: 'STOP' }],
    effect: 'interrupt',
    targets: [{ uuid: 'u', name: 'web-01' }],
    plan: 'p-7f3k2',
    approver: 'eve'
  })
  audit.note('outcome', { write: write['id'], state: 'COMPLETE', taskTag: '1207' })
  audit.note('refused', {
    token: 'reader',
    tool: 'deleteVM',
    code: 'SCOPE_REQUIRED',
    message: 'no',
    count: 1
  })
  audit.note('authentication', { address: '10.6.6.6', count: 12 })
  const env = { SCALE_AUDIT_FILE: place.path, SCALE_AUDIT_KEY: place.keyPath }
  const cli = (...args: string[]) => runCli(t, ['audit', ...args], { cwd, env })
  return { cwd, env, place, write, cli, ...opened }
}

t.test('audit tail prints a line for each entry', async (t) => {
  const { audit, cli } = await recorded(t)
  await audit.close()
  const { code, stdout } = await cli('tail')
  t.equal(code, 0)
  const lines = stdout.trim().split('\n')
  t.match(lines[0], /^1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ begin +key [0-9a-f]{32}$/)
  t.match(
    stdout,
    /write +3f2a91c0 "Ada\\nforged line" \(claimed\) by token operator: changeVM_state STOP on "web-01", interrupt \(rest, 10\.0\.0\.9\)\n/
  )
  t.match(stdout, /outcome +3f2a91c0 COMPLETE \(task 1207\)\n/)
  t.match(stdout, /refused +reader: deleteVM: refused: SCOPE_REQUIRED\n/)
  t.match(stdout, /no valid token from 10\.6\.6\.6, 12 times\n/)
  t.equal((await cli('tail', '-n', '2')).stdout.trim().split('\n').length, 2)
})

t.test('audit tail --follow shows what another process writes', async (t) => {
  const { audit, cwd, env } = await recorded(t)
  const running = startCli(t, ['audit', 'tail', '--follow', '-n', '1'], { cwd, env })
  await running.printed(/authentication|outcome|refused/)
  await audit.append('write', { id: 'later-on', token: 'operator', tool: 'snapshotVM' })
  await running.printed(/later-on operator: snapshotVM/)
  running.interrupt()
  t.equal(await running.exit, 0)
  await audit.close()
})

t.test('audit verify says that all is well, or what is not and where', async (t) => {
  const { audit, cli, place, heads } = await recorded(t)
  // Also while it is written.
  t.match(await cli('verify'), { code: 0, stdout: /the chain is whole/ })
  await audit.close()
  const whole = await cli('verify', '--show-key')
  t.equal(whole.code, 0)
  t.match(
    whole.stdout,
    /^key [0-9a-f]{32}\npublic key \S+\n\d+ entries, 1 to \d+, in 1 file: the chain is whole\nsigned through entry \d+ by key/
  )
  const last = heads.at(-1) ?? ''
  t.equal(whole.stdout.trim().split('\n').at(-1), `head ${last}`)
  t.equal((await cli('verify', '--head', last)).code, 0)

  const other = await cli(
    'verify',
    '--head',
    last.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  )
  t.equal(other.code, 1)
  t.match(other.stderr, /audit\.jsonl:\d+: edited: .*--head says/)
  t.match(await cli('verify', '--head', 'nonsense'), { code: 2, stderr: /SEQ:HASH/ })

  writeFileSync(place.path, readFileSync(place.path, 'utf8').replace('"reader"', '"eve"'))
  const edited = await cli('verify')
  t.equal(edited.code, 1)
  t.match(edited.stderr, /audit\.jsonl:\d+: edited: .*was edited/)
  t.match(edited.stderr, /The record is not whole: 1 problem/)

  writeFileSync(place.keyPath, 'no key')
  t.match((await cli('verify')).stderr, /holds no private key in PEM.*--key/s)
})

t.test('audit show prints a write with plan and outcome', async (t) => {
  const { audit, cli } = await recorded(t)
  await audit.close()
  for (const id of ['3f2a91c0', '3f2a91c0-0000-4000-8000-000000000001', '1207', 'req-1']) {
    const { code, stdout } = await cli('show', id)
    t.equal(code, 0, id)
    t.match(stdout, /^plan .*approved.*\nwrite .*approver: eve.*\noutcome .*state: COMPLETE/s, id)
    t.notMatch(stdout, /^forged line/m)
  }
  t.same(JSON.parse((await cli('show', '3f2a91c0', '--json')).stdout).length, 3)
  t.match(await cli('show', 'nothing'), { code: 1, stderr: /The record has no write "nothing"/ })
})

t.test('audit export prints lines unchanged, or a table', async (t) => {
  const { audit, cli, place } = await recorded(t)
  audit.note('write', { id: 'formula', token: '=cmd()', path: '/a,"b"' })
  await audit.close()
  t.equal((await cli('export')).stdout, readFileSync(place.path, 'utf8'))
  t.equal((await cli('export', '--since', '2999-01-01')).stdout, '')
  const { stdout } = await cli('export', '--since', '1h', '--format', 'csv')
  const [head = '', ...rows] = stdout.trim().split('\n')
  t.match(head, /^seq,time,kind,id,write,token/)
  t.ok(rows.length >= 8)
  t.match(stdout, /'=cmd\(\),.*"\/a,""b"""/, 'no formula, and quoted')
  t.match(await cli('export', '--since', 'soon'), { code: 2, stderr: /24h, 7d/ })
  t.match(await cli('export', '--format', 'xml'), { code: 2, stderr: /jsonl, csv/ })
})

t.test('no record, and one that cannot be read, are said', async (t) => {
  const cwd = t.testdir({ folder: {} })
  const cli = (file: string) =>
    runCli(t, ['audit', 'tail'], { cwd, env: { SCALE_AUDIT_FILE: file } })
  t.match(await cli('./none.jsonl'), {
    code: 1,
    stderr: /There is no record at .*SCALE_AUDIT_FILE/
  })
  t.match(await cli('./folder'), { code: 1, stderr: /cannot be read \(EISDIR\)/ })
  appendFileSync(join(cwd, 'odd.jsonl'), 'what is this\n')
  t.match(await cli('./odd.jsonl'), { code: 0, stdout: '' })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { hashOf, parseTokens } from '../../../src/identity/token-record.ts'
import { runCli } from '../../helper/run-cli.ts'
import { runSpawnedCli } from '../../helper/spawn-cli.ts'
import { tokensOf } from '../../helper/token-file.ts'

t.test('a token from its creation to its end', async (t) => {
  const { path, run } = tokensOf(t)
  t.match(await run('list'), { code: 0, stdout: /^No tokens in .*scale-bridge token new/ })
  const options = ['--scope', 'operate,READ', '--vms', 'tag:lab,tag:b c', '--expires', '30d']
  const created = await run('new', '--name', 'Käthe’s', ...options)
  t.match(created, { code: 2, stderr: /^--name must be 1 to 64 letters, digits/ })
  const { code, stdout, screen } = await run('new', '--name', 'Käthe', ...options)
  t.equal(code, 0, screen)
  const token = stdout.trim().split(/\s+/).at(-1) ?? ''
  t.match(token, /^sb_[\w-]{32}$/)
  t.equal(screen.split(token).length, 2, 'it is shown once')
  t.match(
    stdout,
    /^Token "Käthe" \(id [0-9a-f]{8}\): scopes read, operate; VMs tag:lab,tag:b c; expires on/
  )
  const [record] = parseTokens(readFileSync(path, 'utf8'))
  t.match(record, { name: 'Käthe', hash: hashOf(token), scopes: ['read', 'operate'] })
  t.same(record?.vmTags, ['lab', 'b c'])
  const days =
    (Date.parse(record?.expiresAt ?? '') - Date.parse(record?.createdAt ?? '')) / 86_400e3
  t.equal(Math.round(days), 30)

  await run('new', '--name', 'x', '--scope', 'read')
  const listed = await run('list')
  t.match(listed.stdout, /^id +name +scopes +vms +expires +state\n/)
  t.match(
    listed.stdout,
    /\n[0-9a-f]{8} {2}Käthe {2}read,operate {2}tag:lab,tag:b c {2}\d{4}-\d\d-\d\d {2}valid\n/
  )
  t.match(listed.stdout, /\n[0-9a-f]{8} +x +read +all +never +valid\n/)
  t.notMatch(listed.stdout, token)

  t.match(await run('revoke', 'KÄTHE'), { code: 0, stdout: /^Revoked "Käthe" \(id/ })
  t.match(await run('revoke', record?.id ?? ''), { code: 0, stdout: /was revoked on .* already/ })
  t.match((await run('list')).stdout, /Käthe.* revoked\n/)
  t.equal(
    (await run('new', '--name', 'käthe', '--scope', 'read')).code,
    0,
    'the name is free again'
  )
  t.match(await run('revoke', 'käthe'), { code: 0, stdout: /^Revoked "käthe"/ })
})

t.test('what is wrong is said, and nothing is written', async (t) => {
  const { path, run, create } = tokensOf(t)
  await create('desk', 'read')
  const before = readFileSync(path, 'utf8')
  const named = ['new', '--name', 'n']
  const cases: [string[], RegExp][] = [
    [['new', '--scope', 'read'], /required option '--name <name>'/],
    [named, /required option '--scope <list>'/],
    [
      ['new', '--name', 'Desk', '--scope', 'read'],
      /^There is a token "desk" already \(id .*revoke/
    ],
    [
      ['new', '--name', 'd\u0435sk', '--scope', 'read'],
      /^--name is too similar to the token "desk" \(id .*choose another name/
    ],
    [
      ['new', '--name', '\u043ep\u0435rator', '--scope', 'read'],
      /^--name must not look like operator/
    ],
    [['new', '--name', 'OPERATOR', '--scope', 'read'], /^--name must not be operator/],
    [['new', '--name', 'deadbeef', '--scope', 'read'], /^--name must not look like the id/],
    [['new', '--name', 'a\u202eb', '--scope', 'read'], /^--name must be/],
    [['new', '--name', '', '--scope', 'read'], /^--name must be/],
    [
      [...named, '--scope', 'read,delete'],
      /^--scope must be one or more of read.*"delete" is none/
    ],
    [[...named, '--scope', ','], /^--scope must be one or more/],
    [[...named, '--scope', 'read', '--expires', 'soon'], /^--expires must be a time such as/],
    [[...named, '--scope', 'read', '--expires', '0d'], /^--expires must be a time/],
    [[...named, '--scope', 'read', '--expires', '9999d'], /^--expires must be 3660d or less/],
    [[...named, '--scope', 'read', '--vms', 'lab'], /^--vms must be tags of VMs.*tag:lab/],
    [[...named, '--scope', 'read', '--vms', 'tag:'], /^--vms must be tags/],
    [[...named, '--scope', 'read', '--vms', 'tag:lab,'], /^--vms must be tags/],
    [[...named, '--scope', 'approve', '--vms', 'tag:lab'], /^--vms and the scope approve/],
    [['revoke', 'nobody'], /^There is no token "nobody": `scale-bridge token list` shows all/],
    [['revoke'], /missing required argument 'token'/],
    [['list', '--settings', 'none.env'], /none\.env does not exist/]
  ]
  for (const [words, message] of cases) {
    const { code, stderr, stdout } = await run(...words)
    t.equal(code, 2, words.join(' '))
    t.match(stderr.replace(/^error: /, ''), message)
    t.equal(stdout, '')
  }
  t.equal(readFileSync(path, 'utf8'), before)
  writeFileSync(path, '{')
  for (const words of [['list'], ['revoke', 'desk'], [...named, '--scope', 'read']])
    t.match(await run(...words), {
      code: 1,
      stderr: /is damaged \(it is not valid JSON\): restore/
    })
  t.equal(readFileSync(path, 'utf8'), '{')
})

t.test('the file is named by the settings', async (t) => {
  const cwd = t.testdir({ 'a.env': 'SCALE_SESSION_FILE=state/session.json\n' })
  const words = ['token', 'new', '--name', 'n', '--scope', 'read', '--settings', 'a.env']
  t.match(await runCli(t, words, { cwd }), { code: 0, stdout: /state\/tokens\.json/ })
  t.equal(parseTokens(readFileSync(join(cwd, 'state', 'tokens.json'), 'utf8')).length, 1)
})

t.test('tokens that are created at once are all kept', async (t) => {
  const { path, run } = tokensOf(t)
  const env = { SCALE_TOKENS_FILE: path }
  const cwd = t.testdir()
  const all = Array.from({ length: 12 }, (_, i) => ['new', '--name', `n${i}`, '--scope', 'read'])
  const inProcess = all.slice(0, 8).map((words) => run(...words))
  const apart = all.slice(8).map((words) => runSpawnedCli(t, ['token', ...words], { cwd, env }))
  const results = await Promise.all([...inProcess, ...apart])
  for (const { code, stderr } of results) t.equal(code, 0, stderr)
  const hashes = parseTokens(readFileSync(path, 'utf8')).map(({ hash }) => hash)
  const printed = results.map(({ stdout }) => hashOf(stdout.trim().split(/\s+/).at(-1) ?? ''))
  t.same(new Set(hashes), new Set(printed))
  t.equal(hashes.length, 12)
})

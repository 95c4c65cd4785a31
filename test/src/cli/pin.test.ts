import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readEnvText } from '../../../src/config/env-text.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli } from '../../helper/run-cli.ts'
import { runSpawnedCli } from '../../helper/spawn-cli.ts'

async function simulatorFor(
  t: { teardown(handler: () => unknown): void },
  nodes: number
): Promise<Simulator> {
  const simulator = await startSimulator({ vms: 0, nodes })
  t.teardown(() => simulator.close())
  return simulator
}

const read = (cwd: string): { text: string; values: Record<string, string> } => {
  const text = readFileSync(join(cwd, '.env'), 'utf8')
  return { text, values: readEnvText(text) }
}

t.test('shows, and writes only with --write', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 2)
  const original = `# mine\nSCALE_HOST=${urls.join(',')}\nSCALE_PASSWORD='a # b'\n`
  const cwd = t.testdir({ '.env': original })
  const shown = await runCli(t, ['pin'], { cwd })
  t.equal(shown.code, 0)
  for (const [i, url] of urls.entries()) {
    t.match(shown.stdout, url)
    t.match(shown.stdout, `SHA-256      ${fingerprints[i]}`)
  }
  t.match(shown.stdout, /not pinned/)
  t.match(shown.stdout, /Nothing was written; `scale-bridge pin --write`/)
  t.match(shown.stderr, /Compare each SHA-256 fingerprint/)
  t.equal(read(cwd).text, original)

  const written = await runSpawnedCli(t, ['pin', '--write'], { cwd })
  t.equal(written.code, 0)
  t.match(written.stdout, /^Pinned in .*\(backup: .*\.env\.backup-/m)
  t.match(
    written.stdout,
    /A running bridge that reads this file uses the new pins with its next call/
  )
  const [backup = '', ...others] = readdirSync(cwd).filter((name) => name.includes('.backup-'))
  t.same(others, [])
  t.equal(readFileSync(join(cwd, backup), 'utf8'), original)
  t.equal(statSync(join(cwd, backup)).mode & 0o777, 0o600)
  const { text, values } = read(cwd)
  t.ok(text.startsWith(original))
  t.equal(values['SCALE_TLS'], 'pin')
  t.equal(values['SCALE_TLS_FINGERPRINT'], fingerprints.join(','))
  t.equal(statSync(join(cwd, '.env')).mode & 0o777, 0o600)

  const again = await runCli(t, ['pin'], { cwd })
  t.equal(again.code, 0)
  t.match(again.stdout, /pinned already/)
  t.notMatch(again.stdout, /Nothing was written/)
  const rewritten = await runCli(t, ['pin', '--write'], { cwd })
  t.match(rewritten, { code: 0, stdout: /has these pins already: nothing was changed/ })
  t.equal(readdirSync(cwd).length, 2, 'no further backup')
  t.match(shown.stdout, /Valid +\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d \(\d+ days left\)$/m)
})

t.test('only the newest backups stay', async (t) => {
  const { urls } = await simulatorFor(t, 2)
  const old = Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((day) => [`.env.backup-2026010${day}T000000Z`, `${day}`])
  )
  const cwd = t.testdir({
    ...old,
    '.env.backup-mine': 'x',
    '.env': `SCALE_HOST=${urls.join(',')}\n`
  })
  const { code, stdout } = await runCli(t, ['pin', '--write'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /; 2 older ones removed\)$/m)
  const left = readdirSync(cwd).filter((name) => name.includes('.backup-'))
  t.equal(left.length, 6)
  for (const name of [
    '.env.backup-mine',
    '.env.backup-20260103T000000Z',
    '.env.backup-20260106T000000Z'
  ])
    t.ok(left.includes(name), name)
})

t.test('a settings file of another name', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 1)
  const cwd = t.testdir({ 'bridge.env': `SCALE_HOST=${urls[0]}\n` })
  const args = ['pin', '--write', '--settings', 'bridge.env']
  t.match(await runCli(t, args, { cwd }), { code: 0, stdout: /Pinned in .*bridge\.env/ })
  t.match(readFileSync(join(cwd, 'bridge.env'), 'utf8'), fingerprints[0])
  const none = await runCli(t, ['pin', '--write', '--settings', 'none.env'], { cwd })
  t.match(none, { code: 2, stderr: /none\.env does not exist/ })
})

t.test('adds one node to the pins of the others', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 2)
  const cwd = t.testdir({ '.env': `SCALE_HOST=${urls[0]}\n` })
  t.equal((await runCli(t, ['pin', '--write'], { cwd })).code, 0)
  const host = new URL(urls[1] ?? '').host
  const added = await runCli(t, ['pin', host, '--write'], { cwd })
  t.match(added, { code: 0, stderr: /https:\S+: not in SCALE_HOST, so the bridge does not use it/ })
  t.equal(read(cwd).values['SCALE_TLS_FINGERPRINT'], fingerprints.join(','))
  writeFileSync(join(cwd, '.env'), `${read(cwd).text}SCALE_DISCOVER=on\n`)
  const found = await runCli(t, ['pin', host, '--write'], { cwd })
  t.notMatch(found.stderr, /not in SCALE_HOST/, 'it will be found')
})

t.test('a changed certificate is pointed out and replaces the old pin', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 2)
  const cwd = t.testdir({ '.env': `SCALE_HOST=${urls.join(',')}\n` })
  await runCli(t, ['pin', '--write'], { cwd })
  const old = 'AB:'.repeat(32).slice(0, -1)
  writeFileSync(join(cwd, '.env'), read(cwd).text.replaceAll(fingerprints[0] ?? '', old))

  const shown = await runCli(t, ['pin'], { cwd })
  t.equal(shown.code, 1)
  t.match(shown.stdout, /NOT the pinned certificate: it has CHANGED/)
  t.match(shown.stderr, new RegExp(`Warning: ${urls[0]}: the certificate is not the pinned one`))
  t.notMatch(shown.stderr, urls[1] + ':')
  t.match(read(cwd).text, old)

  t.equal((await runCli(t, ['pin', '--write'], { cwd })).code, 0)
  t.notMatch(read(cwd).text, old)
  t.strictSame(
    (read(cwd).values['SCALE_TLS_FINGERPRINT'] ?? '').split(',').toSorted(),
    fingerprints.toSorted()
  )
})

t.test('a pin written by hand that no longer fits is pointed out too', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 1)
  const old = 'ab'.repeat(32)
  const cwd = t.testdir({
    '.env': `SCALE_HOST=${urls[0]}\nSCALE_TLS=pin\nSCALE_TLS_FINGERPRINT=${old}\n`
  })
  const shown = await runCli(t, ['pin'], { cwd })
  t.equal(shown.code, 1)
  t.match(shown.stdout, /may have CHANGED/)
  await runCli(t, ['pin', '--write'], { cwd })
  t.equal(read(cwd).values['SCALE_TLS_FINGERPRINT'], `${old},${fingerprints[0]}`)
})

t.test('a node that does not respond', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 1)
  const dead = `127.0.0.1:${await freePort()}`
  const cwd = t.testdir()
  const one = await runCli(t, ['pin', dead, '--write'], { cwd })
  t.equal(one.code, 1)
  t.match(one.stdout, `https://${dead}`)
  t.throws(() => read(cwd), 'nothing was written')
  const both = await runCli(t, ['pin', dead, new URL(urls[0] ?? '').host, '--write'], { cwd })
  t.equal(both.code, 1)
  t.equal(read(cwd).values['SCALE_TLS_FINGERPRINT'], fingerprints[0])
})

t.test('what it cannot work with', async (t) => {
  const none = await runCli(t, ['pin'], { cwd: t.testdir() })
  t.equal(none.code, 2)
  t.match(none.stderr, /scale-bridge pin 10\.20\.0\.11.*SCALE_HOST/)
  const wrong = await runCli(t, ['pin', 'http://zzq'], { cwd: t.testdir() })
  t.equal(wrong.code, 2)
  t.match(wrong.stderr, /^HOST must use https/)
  const cwd = t.testdir({ '.env': 'SCALE_HOST=10.0.0.1\nSCALE_TLS_FINGERPRINT=zzq' })
  const list = await runCli(t, ['pin'], { cwd })
  t.equal(list.code, 2)
  t.match(list.stderr, /^SCALE_TLS_FINGERPRINT must/)
})

t.test('the environment that wins over the file is named', async (t) => {
  const { urls } = await simulatorFor(t, 1)
  const { code, stderr } = await runCli(t, ['pin', '--write'], {
    cwd: t.testdir(),
    env: { SCALE_HOST: urls[0] ?? '', SCALE_TLS: 'insecure' }
  })
  t.equal(code, 0)
  t.match(stderr, /Warning: SCALE_TLS is also set in the environment/)
})

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readEnvText } from '../../../src/config/env-text.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli } from '../../helper/run-cli.ts'

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

t.test('shows, and writes only when told to', async (t) => {
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

  const written = await runCli(t, ['pin', '--write'], { cwd })
  t.equal(written.code, 0)
  const { text, values } = read(cwd)
  t.ok(text.startsWith(original))
  t.equal(values['SCALE_TLS'], 'pin')
  t.equal(values['SCALE_TLS_FINGERPRINT'], fingerprints.join(','))
  t.equal(statSync(join(cwd, '.env')).mode & 0o777, 0o600)

  const again = await runCli(t, ['pin'], { cwd })
  t.equal(again.code, 0)
  t.match(again.stdout, /pinned already/)
  t.notMatch(again.stdout, /Nothing was written/)
})

t.test('adds one node to the pins of the others', async (t) => {
  const { urls, fingerprints } = await simulatorFor(t, 2)
  const cwd = t.testdir({ '.env': `SCALE_HOST=${urls[0]}\n` })
  t.equal((await runCli(t, ['pin', '--write'], { cwd })).code, 0)
  const host = new URL(urls[1] ?? '').host
  t.equal((await runCli(t, ['pin', host, '--write'], { cwd })).code, 0)
  t.equal(read(cwd).values['SCALE_TLS_FINGERPRINT'], fingerprints.join(','))
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
  t.match(shown.stderr, new RegExp(`Warning: ${urls[0]}: the certificate is not the one`))
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

t.test('a node that does not answer', async (t) => {
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

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileModeWarning } from '../../../src/lib/files/file-mode.ts'
import {
  insecureTlsWarning,
  plainHttpWarning,
  settingsWarnings
} from '../../../src/config/warnings.ts'

t.test(
  'a file that everybody can read, or others can change',
  { skip: process.platform === 'win32' && 'Windows has no such modes' },
  async (t) => {
    const file = join(t.testdir({ '.env': '' }), '.env')
    for (const [mode, isOpen] of [
      [0o600, false],
      [0o400, false],
      [0o700, false],
      // A group of its own for the service is a habit of administrators.
      [0o640, false],
      [0o604, true],
      [0o660, true],
      [0o620, true],
      [0o644, true],
      [0o602, true],
      [0o777, true]
    ] as const) {
      chmodSync(file, mode)
      const warning = await fileModeWarning(file)
      if (isOpen) t.match(warning, `(mode ${mode.toString(8)}): \`chmod 600 ${file}\``)
      else t.equal(warning, undefined, mode.toString(8))
    }
    for (const [mode, words] of [
      [0o620, 'can be changed by its group'],
      [0o622, 'can be changed by every user'],
      [0o604, 'can be read by every user']
    ] as const) {
      chmodSync(file, mode)
      t.match(await fileModeWarning(file), words, mode.toString(8))
    }
    t.equal(await fileModeWarning(`${file}.none`), undefined, 'a file that is not there')
  }
)

t.test('plain HTTP on a network', async (t) => {
  for (const host of [
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    'localhost',
    'LOCALHOST',
    '::ffff:127.0.0.1'
  ])
    t.equal(plainHttpWarning(host), undefined, host)
  for (const host of ['0.0.0.0', '::', '10.20.0.1', 'fd00::1', 'bridge.example', '127.example'])
    t.match(plainHttpWarning(host), new RegExp(`HOST is ${host}: .*plain HTTP`), host)
})

t.test('all of the settings together', async (t) => {
  const values = { SCALE_PASWORD: 'x' }
  const file = { path: 'none', exists: true, text: '', values }
  t.match(await settingsWarnings(file, { HOST: '0.0.0.0', MCP_BEARER_TOKEN: 'short' }), [
    /SCALE_PASWORD/,
    /fewer than 16/,
    /HOST is 0\.0\.0\.0/
  ])
  const none = { ...file, values: {} }
  t.same(await settingsWarnings(none, { MCP_BEARER_TOKEN: 'x'.repeat(16) }), [])
  t.same(await settingsWarnings(none, {}), [], 'a token that is not set is not short')
  t.match(await settingsWarnings(none, { READ_ONLY_MODE: 'true', DRY_RUN: '1' }), [
    /READ_ONLY_MODE, did you mean READ_ONLY/
  ])
  t.match(
    await settingsWarnings({ ...file, values: { DRY_RUN: '1' } }, { DRY_RUN: '1' }),
    [/unknown setting DRY_RUN: correct its name/],
    'of the file every name is reported, and once'
  )
})

t.test('certificates that are not checked', async (t) => {
  t.match(insecureTlsWarning('insecure'), /SCALE_TLS is insecure: .*password.*pin/)
  for (const mode of ['verify', 'pin']) t.equal(insecureTlsWarning(mode), undefined, mode)
})

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { settings } from '../../../src/config/settings.ts'
import {
  fileModeWarning,
  isLoopback,
  plainHttpWarning,
  unknownSettings,
  unknownSettingWarning
} from '../../../src/config/warnings.ts'

const names = Object.values(settings).map(({ name }) => name)

t.test('a name that looks like a setting is taken for a misspelling', async (t) => {
  const misspelt: Record<string, string> = {
    SCALE_PASWORD: 'SCALE_PASSWORD',
    SCALE_PASSWORT: 'SCALE_PASSWORD',
    SCALE_USER_NAME: 'SCALE_USERNAME',
    SCALE_HOSTS: 'SCALE_HOST',
    SCALE_TLS_FINGERPRINTS: 'SCALE_TLS_FINGERPRINT',
    MCP_BEARER_TOKN: 'MCP_BEARER_TOKEN',
    LOGLEVEL: 'LOG_LEVEL',
    ALLOWED_HOST: 'ALLOWED_HOSTS',
    OPEN_WEBUI_URL: 'OPENWEBUI_URL',
    LLM_BASEURL: 'LLM_BASE_URL',
    PORTS: 'PORT',
    scale_host: 'SCALE_HOST'
  }
  for (const [name, meant] of Object.entries(misspelt))
    t.same(unknownSettings({ [name]: 'x' }), [{ name, meant }], name)
  t.equal(
    unknownSettingWarning({ name: 'SCALE_PASWORD', meant: 'SCALE_PASSWORD' }),
    'unknown setting SCALE_PASWORD, did you mean SCALE_PASSWORD?'
  )
})

t.test('settings, and the variables of other programs, are none', async (t) => {
  t.same(unknownSettings(Object.fromEntries(names.map((name) => [name, 'x']))), [])
  const others = {
    ...{ HOME: '/root', PATH: '/bin', USER: 'x', SHELL: 'sh', TERM: 'xterm', PWD: '/', LANG: 'C' },
    ...{ HOSTNAME: 'x', HOSTTYPE: 'x', EDITOR: 'vi', NODE_ENV: 'production', NO_COLOR: '1' },
    // Of the compose files, and of Kubernetes for a service called scale-bridge.
    ...{
      OPENWEBUI_TAG: 'v1',
      OPENWEBUI_PORT: '3000',
      OLLAMA_BASE_URL: 'http://x',
      WEBUI_SECRET_KEY: 'x'
    },
    ...{ SCALE_BRIDGE_PORT: 'tcp://10.0.0.1:5075', SCALE_BRIDGE_SERVICE_HOST: '10.0.0.1' }
  }
  t.same(unknownSettings(others), [])
  t.same(unknownSettings(process.env), [])
})

t.test(
  'a file that others can read',
  { skip: process.platform === 'win32' && 'Windows has no such modes' },
  async (t) => {
    const file = join(t.testdir({ '.env': '' }), '.env')
    for (const [mode, isOpen] of [
      [0o600, false],
      [0o400, false],
      [0o700, false],
      [0o640, true],
      [0o604, true],
      [0o644, true],
      [0o777, true]
    ] as const) {
      chmodSync(file, mode)
      const warning = await fileModeWarning(file)
      if (isOpen) t.match(warning, `chmod 600 ${file}`, mode.toString(8))
      else t.equal(warning, undefined, mode.toString(8))
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
    t.equal(plainHttpWarning({ host }), undefined, host)
  for (const host of ['0.0.0.0', '::', '10.20.0.1', 'fd00::1', 'bridge.example', '127.example'])
    t.match(plainHttpWarning({ host }), new RegExp(`HOST=${host} .*plain HTTP.*token`), host)
  t.ok(isLoopback('::1'))
})

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  ConfigError,
  loadBridgeConfig,
  loadClusterConfig,
  loadConfig,
  loadTokensFile,
  secretsIn,
  settings
} from '../../../src/config/config.ts'
import {
  fileVariable,
  secretFilesIn,
  secretSettings,
  withoutSetting,
  withSecretFiles
} from '../../../src/config/secret-files.ts'
import { filesOfUser, settingsWarnings } from '../../../src/config/warnings.ts'

const good = {
  MCP_BEARER_TOKEN: 'a-token-of-some-length',
  SCALE_HOST: '10.20.0.11',
  SCALE_USERNAME: 'admin',
  HOME: '/home/somebody'
}

/** A value of each setting with a secret. */
const values: Record<string, string> = {
  MCP_BEARER_TOKEN: 'token-of-a-file-0123456789',
  SCALE_PASSWORD: 'password of a file',
  SCALE_STORE: 'postgres://bridge:of-a-file@store:5432/bridge',
  SCALE_EXPORT_URI: 'smb://user:of-a-file@nas.example/exports',
  SCALE_DIRECTORY_URL: 'https://reader:of-a-file@directory.example/vms',
  APPROVAL_WEBHOOK: 'https://chat.example/hook/of-a-file',
  APPROVAL_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  OPENWEBUI_API_KEY: 'sk-chat-of-a-file',
  OPENWEBUI_JWT_SECRET: 'of-a-file'.padEnd(40, 'x'),
  LLM_API_KEY: 'sk-model-of-a-file',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://traces:of-a-file@collector.example:4318',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:of-a-file@collector.example/v1/traces',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-a-file',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20of-a-file-too'
}

const others = {
  SCALE_HOST: '10.20.0.11',
  SCALE_USERNAME: 'admin',
  OPENWEBUI_URL: 'https://chat.example',
  LLM_BASE_URL: 'http://127.0.0.1:11434/v1',
  LLM_MODEL: 'qwen3:4b',
  HOME: '/home/somebody'
}

function problemsOf(load: () => unknown): string[] {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

t.test('every secret setting can be in a file', async (t) => {
  t.same([...secretSettings].toSorted(), Object.keys(values).toSorted())
  const names: string[] = Object.values(settings).map(({ name }) => name)
  for (const name of secretSettings)
    t.notOk(names.includes(fileVariable(name)), `${fileVariable(name)} is not another setting`)
  const cwd = t.testdir(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${value}\n`]))
  )
  const named = Object.keys(values).map((name) => [fileVariable(name), `./${name}`])
  const env = await withSecretFiles({ ...others, ...Object.fromEntries(named) }, cwd)
  t.same(loadConfig(env), loadConfig({ ...others, ...values }), 'as if it were set')
  t.same(secretsIn(env), secretsIn({ ...others, ...values }), 'and it is redacted as if it were')
  t.ok(secretsIn(env).length >= secretSettings.length)
})

t.test('without such a variable nothing changes', async (t) => {
  const env = { ...good, SCALE_PASSWORD: 'x', SCALE_PASSWORD_FILE: ' ' }
  const read = await withSecretFiles(env, t.testdir())
  t.same(read, env)
  t.same(secretFilesIn(read), [])
  t.equal(loadConfig(read).cluster.password, 'x')
  const bundle = { ...env, SCALE_PASSWORD_FILE: '${user_config.password_file}' }
  t.equal(loadConfig(await withSecretFiles(bundle, t.testdir())).cluster.password, 'x')
})

t.test('only the line break at the end of the file is left out', async (t) => {
  const cwd = t.testdir()
  const file = join(cwd, 'password')
  for (const [content, password] of [
    ['pass', 'pass'],
    ['pass\n', 'pass'],
    ['pass\r\n', 'pass'],
    [' pass word \n', ' pass word '],
    ['\uFEFFpäss\n', 'päss'],
    ["'pa#ss'\n", "'pa#ss'"]
  ] as const) {
    writeFileSync(file, content)
    const env = await withSecretFiles({ ...good, SCALE_PASSWORD_FILE: file }, '/')
    t.equal(loadConfig(env).cluster.password, password, JSON.stringify(content))
  }
})

t.test('what is wrong with a file is said, with its name and without its content', async (t) => {
  const cwd = t.testdir({
    empty: '',
    newline: '\n',
    spaces: '  \n',
    lines: 'hunter2\nhunter3\n',
    binary: Buffer.from([0x68, 0xff, 0xfe]),
    folder: {},
    wrong: 'hun ter2'
  })
  const problemsFor = async (path: string, name = 'SCALE_PASSWORD'): Promise<string[]> => {
    const env = await withSecretFiles(
      {
        ...good,
        [fileVariable(name)]: path,
        ...(name !== 'SCALE_PASSWORD' && { SCALE_PASSWORD: 'x' })
      },
      cwd
    )
    return problemsOf(() => loadConfig(env))
  }
  for (const [name, problem] of [
    ['none', 'cannot be read (ENOENT)'],
    ['folder', 'cannot be read (EISDIR)'],
    ['empty', 'is empty'],
    ['newline', 'is empty'],
    ['spaces', 'is empty'],
    ['lines', 'has more than one line'],
    ['binary', 'is not in UTF-8']
  ] as const) {
    const path = join(cwd, name)
    const expected = `SCALE_PASSWORD_FILE names ${path}, which ${problem}`
    t.same(await problemsFor(path), [expected], name)
    t.same(await problemsFor(`./${name}`), [expected], `${name}, relative`)
    t.same(
      await problemsFor(name),
      [`SCALE_PASSWORD_FILE names a file that ${problem}`],
      'what does not look like a path may be the secret itself'
    )
  }
  t.match(await problemsFor('postgres://bridge:hunter2@store/bridge', 'SCALE_STORE'), [
    'SCALE_STORE_FILE names a file that cannot be read (ENOENT)'
  ])
  t.match(await problemsFor(join(cwd, 'wrong'), 'LLM_API_KEY'), [
    new RegExp(`^LLM_API_KEY, in ${join(cwd, 'wrong')}, must `)
  ])
  const all = await Promise.all(
    ['lines', 'wrong'].map((name) => problemsFor(join(cwd, name), 'LLM_API_KEY'))
  )
  t.notMatch(all.flat().join(), /hun/)
})

t.test(
  'a file that must not be read',
  { skip: process.getuid?.() === 0 && 'root may read everything' },
  async (t) => {
    const cwd = t.testdir({ secret: 'hunter2' })
    chmodSync(join(cwd, 'secret'), 0)
    const env = await withSecretFiles({ ...good, SCALE_PASSWORD_FILE: './secret' }, cwd)
    t.match(
      problemsOf(() => loadConfig(env)),
      [/cannot be read \(EACCES\)$/]
    )
  }
)

t.test('both forms at once are refused, and both secrets stay hidden', async (t) => {
  const cwd = t.testdir({ secret: 'of the file' })
  const both = { ...good, SCALE_PASSWORD: 'of the setting', SCALE_PASSWORD_FILE: './secret' }
  const env = await withSecretFiles(both, cwd)
  const expected = ['SCALE_PASSWORD and SCALE_PASSWORD_FILE are both set: remove one']
  t.same(
    problemsOf(() => loadConfig(env)),
    expected
  )
  t.same(
    problemsOf(() => loadClusterConfig(env)),
    expected
  )
  t.ok(secretsIn(env).some(({ value }) => value === 'of the setting'))
  t.notOk(JSON.stringify(env).includes('of the file'), 'it is not even read')
})

t.test('all that is wrong is said at once', async (t) => {
  const env = await withSecretFiles(
    { ...good, PORT: 'x', SCALE_PASSWORD_FILE: '/none/1', LLM_API_KEY_FILE: '/none/2' },
    '/'
  )
  t.match(
    problemsOf(() => loadConfig(env)).toSorted(),
    [/^LLM_API_KEY_FILE names \/none\/2/, /^PORT/, /^SCALE_PASSWORD_FILE names \/none\/1/],
    'and a setting that is in a file is not missing'
  )
  t.doesNotThrow(() => loadTokensFile(env), 'who needs no secret is not kept from its work')
})

t.test('a pair of settings is complete with one of them in a file', async (t) => {
  const cwd = t.testdir({ key: 'sk-chat\n' })
  const env = { ...good, SCALE_PASSWORD: 'x', OPENWEBUI_API_KEY_FILE: './key' }
  t.match(
    problemsOf(() => loadConfig({ ...env, OPENWEBUI_URL: 'https://chat.example' })),
    [/^OPENWEBUI_API_KEY is not set/]
  )
  const read = await withSecretFiles({ ...env, OPENWEBUI_URL: 'https://chat.example' }, cwd)
  t.match(loadConfig(read).openWebUi, { apiKey: 'sk-chat' })
  const alone = await withSecretFiles(env, cwd)
  t.match(
    problemsOf(() => loadConfig(alone)),
    [/^OPENWEBUI_URL is not set/]
  )
})

t.test('a setting can be left out, with its file', async (t) => {
  const own = 'own-token-of-some-length'
  for (const path of ['./token', './none']) {
    const { MCP_BEARER_TOKEN: _, ...rest } = good
    const env = await withSecretFiles(
      { ...rest, SCALE_PASSWORD_FILE: './password', MCP_BEARER_TOKEN_FILE: path },
      t.testdir({ token: 'x'.repeat(20), password: 'pw' })
    )
    const without = withoutSetting(env, 'MCP_BEARER_TOKEN')
    t.equal(loadBridgeConfig(without, own).token, own, path)
    t.equal(loadClusterConfig(without).password, 'pw', 'the others stay')
  }
})

t.test(
  'a file that others can read is warned of, as the settings file is',
  { skip: process.platform === 'win32' && 'Windows has no such modes' },
  async (t) => {
    const cwd = t.testdir({ secret: 'pw' })
    const file = { path: join(cwd, '.env'), exists: false, text: '', values: {} }
    const warningsFor = async (SCALE_PASSWORD_FILE: string): Promise<string[]> =>
      settingsWarnings(file, await withSecretFiles({ ...good, SCALE_PASSWORD_FILE }, cwd))
    const path = join(cwd, 'secret')
    chmodSync(path, 0o644)
    t.same(await warningsFor('./secret'), [
      `${path} can be read by every user (mode 644): \`chmod 600 ${path}\``
    ])
    chmodSync(path, 0o600)
    t.same(await warningsFor('./secret'), [])
    t.same(await warningsFor('./none'), [])
    const two = { SCALE_PASSWORD_FILE: '/run/secrets/password', LLM_API_KEY_FILE: '/srv/key' }
    t.same(
      filesOfUser(file, await withSecretFiles({ ...good, ...two }, cwd)),
      [file.path, '/srv/key'],
      "the mode of a secret of the container is not the user's"
    )
  }
)

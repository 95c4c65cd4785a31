import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadCatalog, type Schema } from '../src/catalog/load.ts'
import { settings } from '../src/config/config.ts'
import { isSecretName } from '../src/lib/secrets/secrets.ts'
import { startTestBridge, type TestBridge } from './helper/bridge.ts'
import { cookieOf, listen, signIn } from './helper/console-stream.ts'
import { startDirectory } from './helper/directory-server.ts'
import { startLlmServer } from './helper/llm-server.ts'
import { callRaw, post, rpc } from './helper/mcp-raw.ts'
import { startOpenWebUi } from './helper/openwebui-server.ts'
import { OtlpReceiver } from './helper/otlp-receiver.ts'
import { runCli } from './helper/run-cli.ts'
import { secretForms } from './helper/secret-forms.ts'
import { until } from './helper/simulator.ts'
import { tokensOf } from './helper/token-file.ts'
import { startWebhookServer } from './helper/webhook-server.ts'
import { samples, subjectsOf } from './tools.ts'

/** A text that stands nowhere else, and in which each encoding changes something. */
const canary = (of: string): string =>
  `Kanarie.${of.replaceAll(/[^A-Za-z]/g, '')}+%41"${randomBytes(6).toString('hex')}`

/** The same where quotes and percent signs have a meaning of their own. */
const plainCanary = (of: string): string => canary(of).replaceAll(/[^\w.-]/g, '-')

/** How each secret setting holds its canary. A new secret setting fails the test until it has one. */
const holds: Readonly<
  Record<string, (servers: { [name: string]: string }) => [value: string, secret: string]>
> = {
  MCP_BEARER_TOKEN: () => twice(canary('token')),
  SCALE_PASSWORD: () => twice(canary('password')),
  SCALE_EXPORT_URI: () => {
    const secret = plainCanary('archive')
    return [`smb://backup:${secret}@archive.example/exports`, secret]
  },
  SCALE_DIRECTORY_URL: ({ directory = '' }) => {
    const secret = plainCanary('directory')
    return [directory.replace('://', `://reader:${secret}@`), secret]
  },
  APPROVAL_WEBHOOK: ({ webhook = '' }) => {
    const secret = plainCanary('webhook')
    return [`${webhook}?key=${secret}`, secret]
  },
  APPROVAL_WEBHOOK_SECRET: () => {
    const secret = Buffer.from(plainCanary('signing').padEnd(36, 'x')).toString('base64')
    return [`whsec_${secret}`, secret]
  },
  SCALE_STORE: () => {
    const secret = plainCanary('database')
    return [`postgres://bridge:${secret}@127.0.0.1:9/bridge`, secret]
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: ({ collector = '' }) => {
    const secret = plainCanary('collector')
    return [collector.replace('://', `://traces:${secret}@`), secret]
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ({ collector = '' }) => {
    const secret = plainCanary('traces')
    return [`${collector.replace('://', `://traces:${secret}@`)}/v1/traces`, secret]
  },
  OTEL_EXPORTER_OTLP_HEADERS: () => asHeader(canary('header')),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: () => asHeader(canary('traceheader')),
  OPENWEBUI_API_KEY: () => twice(canary('chat')),
  OPENWEBUI_JWT_SECRET: () => twice(canary('users').padEnd(40, 'y')),
  LLM_API_KEY: () => twice(canary('model'))
}

const twice = (secret: string): [string, string] => [secret, secret]

const asHeader = (secret: string): [string, string] => [
  `authorization=Bearer%20${encodeURIComponent(secret)}`,
  secret
]

/** Named like a secret, and none. */
const noSecrets = new Set(['MCP_TOKEN_SCOPE', 'SCALE_TOKENS_FILE', 'SCALE_AUDIT_KEY'])

/** Every way to write a secret from which it could be read. */
function formsOf(secret: string): Set<string> {
  const whole = Object.values(secretForms).map((write) => write(secret))
  // Wherever in a text it begins.
  const base64 = [0, 1, 2].map((at) =>
    Buffer.from('x'.repeat(at) + secret)
      .toString('base64')
      .slice(at === 0 ? 0 : 4, -4)
  )
  const hex = Buffer.from(secret).toString('hex')
  return new Set(
    [
      ...whole,
      ...base64,
      ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      hex
    ].filter((form) => form.length >= 8)
  )
}

/** What left a bridge, or lies in its files. */
type Said = [way: string, text: string]

function leaks(said: readonly Said[], secrets: ReadonlyMap<string, string>): string[] {
  const forms = [...secrets].flatMap(([of, secret]) =>
    [...formsOf(secret)].map((form): [string, string] => [of, form])
  )
  return said.flatMap(([way, text]) =>
    forms.flatMap(([of, form]) => {
      const at = text.indexOf(form)
      return at < 0
        ? []
        : [`${way} has that of ${of}: ${text.slice(Math.max(0, at - 100), at + form.length + 20)}`]
    })
  )
}

const filesIn = (folder: string): Said[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => [`file ${file.slice(folder.length)}`, readFileSync(file, 'latin1')])

interface SecretField {
  method: string
  path: string
  /** Names from the root of the body; `[]` for an item. */
  place: string[]
}

const catalog = loadCatalog()

/** Every field of every body that holds a secret, by its mark or by its name. */
function secretFields(): SecretField[] {
  const found: SecretField[] = []
  const walk = (
    schema: Schema | undefined,
    operation: Pick<SecretField, 'method' | 'path'>,
    place: string[],
    depth: number
  ): void => {
    if (schema === undefined || depth > 6) return
    const target = catalog.resolve(schema)
    walk(target.items, operation, [...place, '[]'], depth + 1)
    for (const [name, field] of Object.entries(target.properties ?? {})) {
      const marked = field['x-secret'] === true || catalog.resolve(field)['x-secret'] === true
      if (marked || isSecretName(name)) found.push({ ...operation, place: [...place, name] })
      else walk(field, operation, [...place, name], depth + 1)
    }
  }
  for (const { method, path, body } of catalog.operations)
    if (!/^\/log(?:in|out)$/.test(path)) walk(body?.schema, { method, path }, [], 0)
  return found
}

const bodyWith = (place: readonly string[], value: unknown): unknown =>
  place
    .toReversed()
    .reduce<unknown>((inner, name) => (name === '[]' ? [inner] : { [name]: inner }), value)

/** A call in every way: as it comes, unchecked, looked at alone; over REST as JSON and text, and MCP. */
async function everyCall(bridge: TestBridge, tool: string, args: object, said: Said[]) {
  const what = `${tool} ${JSON.stringify(args).slice(0, 80)}`
  for (const accept of ['application/json', 'text/plain'])
    said.push([`REST ${accept} ${what}`, (await bridge.call(tool, args, { accept })).text])
  for (const era of ['modern', 'legacy'] as const)
    said.push([`MCP ${era} ${what}`, (await callRaw(bridge, era, tool, { ...args })).text])
}

t.test('every secret setting has a canary', async (t) => {
  const all = Object.values(settings) as { name: string; secrets?: unknown }[]
  const secret = all.filter((setting) => setting.secrets !== undefined).map(({ name }) => name)
  t.same(secret.toSorted(), Object.keys(holds).toSorted())
  const named = all
    .map(({ name }) => name)
    .filter((name) => /PASS|TOKEN|KEY|SECRET|CREDENTIAL|URI$/.test(name))
  t.same(
    named.filter((name) => !secret.includes(name) && !noSecrets.has(name)),
    [],
    'and what is named like one is one'
  )
})

t.test('no canary of a setting or a body is in any output or file', async (t) => {
  t.setTimeout(600_000)
  const folder = t.testdir()
  const tokens = tokensOf(t, folder)
  const fileToken = await tokens.create('desk', 'read,approve')
  const chat = await startOpenWebUi(t)
  const llm = await startLlmServer(t)
  const directory = await startDirectory(t, (_user, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('[{"name":"web-01"}]')
  })
  const collector = new OtlpReceiver()
  await collector.listen()
  t.teardown(() => collector.close())
  const servers: Record<string, string> = { directory: directory.url, collector: collector.url }
  const secrets = new Map<string, string>([['a token of the file', fileToken]])
  const env: Record<string, string> = {}
  const signing = holds['APPROVAL_WEBHOOK_SECRET']?.(servers) ?? ['', '']
  const webhook = await startWebhookServer(t, signing[0])
  servers['webhook'] = webhook.url
  for (const [name, hold] of Object.entries(holds)) {
    const [value, secret] = name === 'APPROVAL_WEBHOOK_SECRET' ? signing : hold(servers)
    env[name] = value
    secrets.set(name, secret)
  }
  chat.apiKey = env['OPENWEBUI_API_KEY'] ?? ''
  const audit = {
    path: join(folder, 'audit', 'audit.jsonl'),
    keyPath: join(folder, 'keys', 'audit.pem')
  }
  const secretFolder = join(folder, 'secrets')
  mkdirSync(secretFolder)
  const said: Said[] = []
  let calls = 0
  const fields = secretFields()
  t.ok(fields.length > 10, `${fields.length} secret fields`)

  for (const approval of ['off', 'write']) {
    let clusterEnv: Record<string, string> = {}
    const bridge = await startTestBridge(t, {
      simulator: {
        nodes: 1,
        vms: 6,
        speed: 500,
        user: 'admin',
        password: env['SCALE_PASSWORD'] ?? ''
      },
      logLevel: 'trace',
      store: join(folder, 'store'),
      tokensFile: tokens.path,
      audit: { ...audit, maxBytes: 64 * 2 ** 20, keepMs: 400 * 86_400_000 },
      cluster: { sessionFile: join(folder, `session-${approval}`, 'session.json') },
      env: (simulator) =>
        (clusterEnv = {
          ...env,
          SCALE_HOST: simulator.urls.map((url) => new URL(url).host).join(','),
          SCALE_USERNAME: 'admin',
          SCALE_TLS: 'pin',
          SCALE_TLS_FINGERPRINT: simulator.fingerprints.join(','),
          APPROVAL: approval,
          WRITES_PER_MINUTE: 'off',
          IMPORT_SOURCES: 'any',
          EXPORT_TARGETS: 'any',
          OPENWEBUI_URL: chat.url,
          LLM_BASE_URL: llm.url,
          LLM_MODEL: llm.models[0] ?? ''
        })
    })
    const about = subjectsOf(bridge, `canary-${approval}`)
    for (const { tool, args, effect } of samples) {
      // Where a person has to approve, what a sample is about was never created.
      if (approval !== 'off' && effect !== 'reads') continue
      await everyCall(bridge, tool, args(about, bridge), said)
      calls += 4
    }
    for (const [i, { method, path, place }] of fields.entries()) {
      const isAddress = /ur[il]$|address|host/i.test(place.at(-1) ?? '')
      const secret = isAddress ? plainCanary(`body${i}`) : canary(`body${i}`)
      secrets.set(`${method} ${path} ${place.join('.')}`, secret)
      const value = isAddress ? `smb://user:${secret}@nas.example/share` : secret
      const query = path.replaceAll(/\{[^}]*\}/g, about.vmUUID)
      const payload = bodyWith(place, value)
      for (const more of [{}, { validate: false }, { dry_run: true }]) {
        await everyCall(bridge, 'run_api', { query, method, payload, ...more }, said)
        calls += 4
      }
      // Where it is not due, too.
      await everyCall(bridge, 'run_api', { query, method, payload: { nonsense: payload } }, said)
      calls += 4
    }
    const imported = plainCanary('import')
    secrets.set(`importVM ${approval}`, imported)
    const pathURI = `smb://bob:${imported}@nas.example/share/x`
    await everyCall(bridge, 'importVM', { pathURI, name: 'imported', wait: 0 }, said)
    for (const [name, secret] of [...secrets].slice(0, 9)) {
      // A caller repeats a secret where it does not belong.
      await everyCall(bridge, 'fetch_vm', { name: secret }, said)
      await everyCall(bridge, 'getVM_details', { vmUUID: secret }, said)
      await everyCall(
        bridge,
        'snapshotVM',
        { vmUUID: about.vmUUID, label: `x ${secret}`, wait: 0 },
        said
      )
      await everyCall(bridge, 'query_api', { query: name }, said)
      calls += 16
    }
    for (const path of ['/openapi.json', '/health', '/ready', '/docs', '/', '/approvals', '/nope'])
      said.push([
        `GET ${path}`,
        (await bridge.fetch(path, { headers: { authorization: `Bearer ${bridge.token}` } })).text
      ])
    const listed = await post(bridge, rpc('legacy', 'resources/list'), {
      authorization: `Bearer ${bridge.token}`
    })
    for (const { uri } of listed.body.result.resources as { uri: string }[])
      said.push([
        `MCP ${uri}`,
        (
          await post(bridge, rpc('legacy', 'resources/read', { uri }), {
            authorization: `Bearer ${bridge.token}`
          })
        ).text
      ])
    const heard = await listen(t, bridge, cookieOf(await signIn(bridge, bridge)))
    await until(() => heard.last('plans') !== undefined && heard.last('calls') !== undefined)
    said.push(['console', heard.text])

    const cli: string[][] = [
      ['check'],
      ['token', 'list'],
      ['approvals', 'list'],
      ['audit', 'tail'],
      ['audit', 'export', '--since', '1h'],
      ['search', 'users'],
      ['connect', 'claude-desktop']
    ]
    if (approval === 'write')
      for (const words of cli) {
        const { screen } = await runCli(t, words, {
          cwd: folder,
          env: {
            ...clusterEnv,
            PORT: new URL(bridge.url).port,
            SCALE_TOKENS_FILE: tokens.path,
            SCALE_AUDIT_FILE: audit.path,
            SCALE_AUDIT_KEY: audit.keyPath,
            SCALE_SESSION_FILE: join(folder, 'cli', 'session.json'),
            SCALE_STORE: join(folder, 'store')
          }
        })
        t.ok(screen.length > 0, words.join(' '))
        said.push([`scale-bridge ${words.join(' ')}`, screen])
      }
    // The database cannot be reached.
    const { screen: checked } = await runCli(t, ['check'], { cwd: folder, env: clusterEnv })
    t.match(checked, 'SCALE_STORE')
    said.push(['scale-bridge check without the database', checked])
    // Settings that cannot be used: none of their values is repeated.
    for (const [name, value] of Object.entries(env)) {
      const { screen } = await runCli(t, ['serve'], {
        cwd: folder,
        env: { ...clusterEnv, ...env, [name]: `http://[${value}`, PORT: 'none' }
      })
      said.push([`serve with a wrong ${name}`, screen])
    }
    // Secrets in files, and a file that cannot be read.
    const inFiles: Record<string, string> = { ...clusterEnv }
    for (const [name, value] of Object.entries(env)) {
      writeFileSync(join(secretFolder, name), `${value}\n`, { mode: 0o600 })
      Object.assign(inFiles, { [name]: '', [`${name}_FILE`]: join(secretFolder, name) })
    }
    const unreadable = { ...inFiles, SCALE_PASSWORD_FILE: secretFolder }
    for (const words of [['check'], ['serve']])
      for (const given of [inFiles, unreadable]) {
        const { screen } = await runCli(t, words, { cwd: folder, env: { ...given, PORT: 'none' } })
        t.match(screen, 'PORT must be')
        said.push([`scale-bridge ${words.join(' ')} with secrets in files`, screen])
      }
    await bridge.close()
    said.push(...bridge.log.map((line): Said => ['log', line]))
    said.push(...webhook.notices.map(({ text }): Said => ['webhook', text]))
  }
  said.push(...chat.events.map(({ description }): Said => ['chat', description]))
  t.ok(collector.requests.length > 0, 'calls were traced')
  said.push(...collector.requests.map(({ body }): Said => ['traces', body.toString('latin1')]))
  said.push(...llm.requests.map(({ body }): Said => ['model', JSON.stringify(body)]))
  for (const place of ['audit', 'store']) said.push(...filesIn(join(folder, place)))
  said.push(['tokens file', readFileSync(tokens.path, 'utf8')])
  const key = readFileSync(audit.keyPath, 'utf8').split('\n')[1] ?? ''
  secrets.set('the key of the record', key)

  t.ok(
    said.some(([, text]) => text.includes('***')),
    'secrets were redacted'
  )
  const found = leaks(said, secrets)
  t.same(found.slice(0, 20), [], `${found.length} leaks`)
  t.comment(
    `${secrets.size} canaries, ${calls} calls, ${said.length} outputs and files, ${found.length} leaks`
  )
})

import t from 'tap'
import { scopes } from '../../../src/identity/scope.ts'
import {
  ConfigError,
  loadBridgeConfig,
  loadClientView,
  loadClusterConfig,
  loadConfig,
  loadLlmConfig,
  loadOidcConfig,
  settings
} from '../../../src/config/config.ts'
import {
  parseDuration,
  parseExportUri,
  parseLlmUrl,
  parseNode,
  parseOpenWebUiUrl
} from '../../../src/config/setting-values.ts'

const good = {
  MCP_BEARER_TOKEN: 'a-token-of-some-length',
  SCALE_HOST: '10.20.0.11',
  SCALE_USERNAME: 'admin',
  SCALE_PASSWORD: 'secret',
  HOME: '/home/somebody'
}

/** What is wrong with an environment. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

t.test('the four needed settings are enough', async (t) => {
  t.strictSame(loadConfig(good), {
    token: 'a-token-of-some-length',
    tokenScope: [...scopes],
    host: '127.0.0.1',
    port: 5075,
    allowedHosts: [],
    corsOrigins: [],
    logLevel: 'info',
    rateLimit: 12_000,
    duringUpdate: 'refuse',
    readOnly: false,
    runApi: 'checked',
    approval: 'off',
    protectedTags: [],
    maxTargets: 1,
    writesPerMinute: 60,
    exportTargets: [],
    importSources: [],
    archive: undefined,
    directoryUrl: undefined,
    publicUrl: undefined,
    webhook: undefined,
    openWebUi: undefined,
    llm: undefined,
    oidc: undefined,
    otel: undefined,
    userTokenSecret: undefined,
    secrets: [{ value: 'a-token-of-some-length', isPublic: false }],
    cluster: {
      nodes: ['https://10.20.0.11'],
      discover: false,
      username: 'admin',
      password: 'secret',
      useOidc: false,
      tlsMode: 'verify',
      tlsFingerprints: [],
      tlsCaFile: undefined,
      sessionFile: '/home/somebody/.local/state/scale-bridge/session.json',
      sessionMaxAgeMs: 12 * 3600e3,
      store: '/home/somebody/.local/state/scale-bridge/store',
      tokensFile: '/home/somebody/.local/state/scale-bridge/tokens.json',
      auditFile: '/home/somebody/.local/state/scale-bridge/audit/audit.jsonl',
      auditKey: '/home/somebody/.local/state/scale-bridge/audit-key.pem',
      auditMaxBytes: 64 * 1024 ** 2,
      auditKeepMs: 400 * 86_400e3,
      secrets: [
        { value: 'a-token-of-some-length', isPublic: false },
        { value: 'secret', user: 'admin', isPublic: false }
      ]
    }
  })
})

t.test('every setting is read', async (t) => {
  const print = 'ab'.repeat(32)
  const config = loadConfig({
    ...good,
    SCALE_HOST: ' 10.20.0.11, node2.example:8443,https://node3.example/rest/v1/ ,10.20.0.11',
    SCALE_PASSWORD: '  blanks belong to it ',
    SCALE_USE_OIDC: 'Yes',
    SCALE_TLS: 'PIN',
    SCALE_TLS_FINGERPRINT: print,
    SCALE_TLS_CA: '/etc/ca.pem',
    SCALE_DISCOVER: 'On',
    SCALE_SESSION_FILE: '/run/session.json',
    SCALE_SESSION_MAX_AGE: '90m',
    SCALE_EXPORT_URI: 'smb://backup;x:p@ss:w@archive.example/vms/',
    SCALE_DIRECTORY_URL: 'https://directory.example/vms?site=1',
    MCP_TOKEN_SCOPE: 'operate, READ',
    HOST: '0.0.0.0',
    PORT: '8080',
    ALLOWED_HOSTS: 'Bridge.Example, other',
    CORS_ORIGINS: 'https://chat.example/, *',
    OPENWEBUI_URL: 'https://chat.example/ui/',
    OPENWEBUI_API_KEY: 'sk-abc',
    OPENWEBUI_JWT_SECRET: 'x1'.repeat(16),
    OIDC_ISSUER: 'https://auth.example/realms/home/',
    OIDC_AUDIENCE: 'https://bridge.example/mcp, api://bridge',
    OIDC_SCOPE_CLAIM: 'groups',
    OIDC_SCOPE_MAP: 'ops=read,operate; /vm admins = read lose',
    OIDC_VM_TAGS_CLAIM: 'vms',
    LLM_BASE_URL: 'http://127.0.0.1:11434/v1/',
    LLM_MODEL: 'qwen3:4b',
    LLM_API_KEY: 'sk-0123456789',
    LOG_LEVEL: 'DEBUG'
  })
  t.match(config, {
    tokenScope: ['read', 'operate'],
    host: '0.0.0.0',
    port: 8080,
    allowedHosts: ['bridge.example', 'other'],
    corsOrigins: ['https://chat.example', '*'],
    logLevel: 'debug',
    archive: { address: 'smb://archive.example/vms', login: 'backup;x:p@ss:w' },
    directoryUrl: 'https://directory.example/vms?site=1',
    openWebUi: { url: 'https://chat.example/ui', apiKey: 'sk-abc' },
    llm: { baseUrl: 'http://127.0.0.1:11434/v1', model: 'qwen3:4b', apiKey: 'sk-0123456789' },
    userTokenSecret: 'x1'.repeat(16),
    oidc: {
      issuer: 'https://auth.example/realms/home/',
      audience: {
        resource: 'https://bridge.example/mcp',
        accepted: ['https://bridge.example/mcp', 'api://bridge']
      },
      scopeClaim: 'groups',
      scopeMap: new Map([
        ['ops', ['read', 'operate'] as const],
        ['/vm admins', ['read', 'lose'] as const]
      ]),
      vmTagsClaim: 'vms'
    }
  })
  t.match(config.cluster, {
    nodes: ['https://10.20.0.11', 'https://node2.example:8443', 'https://node3.example'],
    password: '  blanks belong to it ',
    useOidc: true,
    discover: true,
    tlsMode: 'pin',
    tlsFingerprints: [print],
    tlsCaFile: '/etc/ca.pem',
    sessionFile: '/run/session.json',
    store: '/run/store',
    tokensFile: '/run/tokens.json',
    sessionMaxAgeMs: 90 * 60e3
  })
  t.throws(() => Object.assign(config, { port: 1 }), TypeError, 'it is frozen')
})

t.test('how traces are sent, and which, by the variables of OpenTelemetry', async (t) => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
  const otelOf = (env: Record<string, string>) => loadConfig({ ...good, ...env }).otel
  t.match(otelOf(endpoint), { sampler: { byParent: true, ratio: 1 } })
  t.equal(otelOf({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }), undefined)
  t.ok(otelOf({ ...endpoint, OTEL_TRACES_EXPORTER: 'console, OTLP' }))
  const json = { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }
  const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
  t.equal(otelOf({ ...endpoint, ...grpc, ...json })?.protocol, 'http/json', 'it takes precedence')

  const wrong = {
    ...grpc,
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_TRACES_SAMPLER: 'jaeger_remote'
  }
  t.equal(otelOf(wrong), undefined, 'what is for other programs is no error')
  t.equal(otelOf({ ...endpoint, ...wrong, OTEL_SDK_DISABLED: 'true' }), undefined)
  t.match(problemsOf({ ...good, ...endpoint, ...wrong }), [
    /^OTEL_TRACES_EXPORTER must be otlp, or none/,
    /^OTEL_EXPORTER_OTLP_PROTOCOL must be one of http\/protobuf, http\/json: .* port 4318/,
    /^OTEL_TRACES_SAMPLER must be one of always_on, always_off, traceidratio, parentbased_always_on/
  ])
  const tracesGrpc = { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc' }
  t.match(problemsOf({ ...good, ...endpoint, ...tracesGrpc }), [/^OTEL_EXPORTER_OTLP_TRACES_PROTO/])

  for (const [name, arg, sampler] of [
    ['always_on', '0.2', { byParent: false, ratio: 1 }],
    ['always_off', '', { byParent: false, ratio: 0 }],
    ['traceidratio', '0.25', { byParent: false, ratio: 0.25 }],
    ['parentbased_always_off', '', { byParent: true, ratio: 0 }],
    ['ParentBased_TraceIdRatio', '', { byParent: true, ratio: 1 }]
  ] as const) {
    const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg }
    t.same(otelOf({ ...endpoint, ...env })?.sampler, sampler, name)
  }
  for (const arg of ['2', '-1', 'half'])
    t.match(
      problemsOf({
        ...good,
        ...endpoint,
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: arg
      }),
      [/^OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1$/]
    )
})

t.test('an empty setting counts as unset', async (t) => {
  t.equal(loadConfig({ ...good, PORT: ' ', LOG_LEVEL: '' }).port, 5075)
  t.strictSame(problemsOf({ ...good, SCALE_HOST: ' ' }).length, 1)
})

t.test('all that is missing is named at once', async (t) => {
  const problems = problemsOf({})
  t.strictSame(
    problems.map((problem) => problem.split(' ')[0]),
    ['MCP_BEARER_TOKEN', 'SCALE_HOST', 'SCALE_USERNAME', 'SCALE_PASSWORD']
  )
})

t.test('each wrong value is one line that names its variable and keeps the value', async (t) => {
  const wrong = {
    MCP_BEARER_TOKEN: 'zzq blank',
    MCP_TOKEN_SCOPE: 'read,zzq',
    SCALE_HOST: 'http://zzq',
    SCALE_USE_OIDC: 'zzq',
    SCALE_TLS: 'zzq',
    SCALE_TLS_FINGERPRINT: 'zzq',
    SCALE_SESSION_MAX_AGE: 'zzq',
    SCALE_EXPORT_URI: 'zzq',
    SCALE_DIRECTORY_URL: 'zzq',
    PORT: 'zzq',
    PUBLIC_URL: 'zzq',
    APPROVAL_WEBHOOK: 'zzq',
    APPROVAL_WEBHOOK_SECRET: 'zzq',
    CORS_ORIGINS: 'zzq',
    OPENWEBUI_URL: 'zzq',
    OPENWEBUI_API_KEY: 'zzq blank',
    OPENWEBUI_JWT_SECRET: 'zzq',
    OIDC_ISSUER: 'zzq',
    OIDC_AUDIENCE: 'zzq',
    OIDC_SCOPE_MAP: 'zzq',
    LLM_BASE_URL: 'zzq',
    LLM_MODEL: 'model',
    LLM_API_KEY: 'zzq blank',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'zzq',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'zzq',
    OTEL_EXPORTER_OTLP_HEADERS: 'zzq',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=%zzq',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'zzq',
    OTEL_TRACES_EXPORTER: 'zzq',
    OTEL_TRACES_SAMPLER: 'zzq',
    OTEL_TRACES_SAMPLER_ARG: 'zzq',
    OTEL_RESOURCE_ATTRIBUTES: 'zzq',
    OTEL_SDK_DISABLED: 'zzq',
    OTEL_BSP_SCHEDULE_DELAY: 'zzq',
    LOG_LEVEL: 'zzq'
  }
  const problems = problemsOf({ ...good, ...wrong })
  t.strictSame(
    new Set(problems.map((problem) => problem.split(' ')[0])),
    new Set(Object.keys(wrong).filter((name) => name !== 'LLM_MODEL'))
  )
  t.equal(problems.length, Object.keys(wrong).length - 1)
  for (const problem of problems) {
    t.notMatch(problem, /zzq/)
    t.notMatch(problem, /\n/)
  }
})

t.test('traces go where the variables of OpenTelemetry say', async (t) => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
  const headers = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc-key-1, x-tenant=b' }
  const { otel, secrets } = loadConfig({ ...good, ...endpoint, ...headers })
  t.match(otel, {
    endpoint: 'http://127.0.0.1:4318',
    headers: { authorization: 'Bearer abc-key-1', 'x-tenant': 'b' },
    protocol: 'http/protobuf',
    serviceName: undefined,
    resourceAttributes: undefined
  })
  const values = secrets.map(({ value }) => value)
  t.ok(values.includes('Bearer abc-key-1') && values.includes('abc-key-1'))
  t.equal(loadConfig({ ...good, ...headers }).otel, undefined, 'nowhere without an address')
  t.equal(loadConfig({ ...good, ...endpoint, OTEL_SDK_DISABLED: 'true' }).otel, undefined)
  t.match(problemsOf({ ...good, OTEL_EXPORTER_OTLP_HEADERS: 'abc' }), [
    /authorization=Bearer%20abc/
  ])
  const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=bridge-2,site=Z%C3%BCrich' }
  t.match(loadConfig({ ...good, ...endpoint, ...attributes }).otel?.resourceAttributes, {
    'service.name': 'bridge-2',
    site: 'Zürich'
  })
  t.match(problemsOf({ ...good, OTEL_RESOURCE_ATTRIBUTES: 'lab' }), [
    /^OTEL_RESOURCE_ATTRIBUTES must be attributes such as deployment.environment.name=lab/
  ])
})

t.test('pin without a fingerprint names the command that finds it', async (t) => {
  t.match(problemsOf({ ...good, SCALE_TLS: 'pin' }), [/SCALE_TLS_FINGERPRINT.*scale-bridge pin/])
  t.strictSame(
    problemsOf({ ...good, SCALE_TLS: 'pin', SCALE_TLS_FINGERPRINT: 'short' }).length,
    1,
    'a wrong fingerprint is not also called missing'
  )
})

t.test('nodes are not found without a look at their certificates', async (t) => {
  t.match(problemsOf({ ...good, SCALE_DISCOVER: 'on', SCALE_TLS: 'insecure' }), [
    /^SCALE_DISCOVER is on, but SCALE_TLS is insecure: .* set SCALE_TLS to verify or pin/
  ])
  t.match(problemsOf({ ...good, SCALE_DISCOVER: 'zzq' }), [
    /^SCALE_DISCOVER must be one of on, off$/
  ])
})

t.test('a model server needs its address and its model', async (t) => {
  const server = { LLM_BASE_URL: 'http://127.0.0.1:11434/v1' }
  t.match(problemsOf({ ...good, ...server }), [/^LLM_MODEL is not set, but LLM_BASE_URL is/])
  t.match(problemsOf({ ...good, LLM_MODEL: 'x' }), [/^LLM_BASE_URL is not set, but LLM_MODEL is/])
  t.strictSame(
    problemsOf({ ...good, LLM_BASE_URL: 'zzq', LLM_MODEL: 'x' }).length,
    1,
    'a wrong address is not also called missing'
  )
  t.equal(loadConfig({ ...good, LLM_API_KEY: 'alone' }).llm, undefined, 'a key alone is idle')
  t.equal(loadLlmConfig({}), undefined, 'it can be read alone')
  t.match(loadLlmConfig({ ...server, LLM_MODEL: ' a b ' }), { model: 'a b', apiKey: undefined })
  t.throws(() => loadLlmConfig(server), { message: /^LLM_MODEL / })
})

t.test('an identity provider needs its issuer and our audience', async (t) => {
  const OIDC_ISSUER = 'https://auth.example'
  const OIDC_AUDIENCE = 'https://bridge.example/mcp'
  const both = { OIDC_ISSUER, OIDC_AUDIENCE }
  t.match(problemsOf({ ...good, OIDC_ISSUER }), [/^OIDC_AUDIENCE is not set, but OIDC_ISSUER is/])
  t.match(problemsOf({ ...good, OIDC_AUDIENCE }), [/^OIDC_ISSUER is not set, but OIDC_AUDIENCE is/])
  t.equal(loadConfig({ ...good, OIDC_SCOPE_CLAIM: 'groups' }).oidc, undefined, 'idle alone')
  t.match(loadOidcConfig(both), { issuer: OIDC_ISSUER, audience: { resource: OIDC_AUDIENCE } })
  t.equal(loadOidcConfig({}), undefined)
  t.throws(() => loadOidcConfig({ OIDC_ISSUER }), { message: /^OIDC_AUDIENCE / })
  t.equal(problemsOf({ ...good, ...both, OIDC_ISSUER: 'http://127.0.0.1:8080/x' }).length, 0)
  for (const wrong of [
    'auth.example',
    'http://auth.example',
    'https://auth.example/?tenant=1',
    'https://auth.example/#x',
    'https://user:zzq@auth.example',
    'https://auth.example/a b'
  ])
    t.match(
      problemsOf({ ...good, ...both, OIDC_ISSUER: wrong }),
      [/^OIDC_ISSUER must be the https:/],
      wrong
    )
  for (const wrong of ['bridge', 'api://bridge', 'https://bridge.example/#mcp', ','])
    t.match(
      problemsOf({ ...good, ...both, OIDC_AUDIENCE: wrong }),
      [/^OIDC_AUDIENCE must begin with the public URL/],
      wrong
    )
  for (const wrong of [
    'ops',
    'ops=',
    '=read',
    'ops=read;ops=operate',
    'ops=zzq',
    'ops=read,zzq',
    ';'
  ])
    t.match(
      problemsOf({ ...good, ...both, OIDC_SCOPE_MAP: wrong }),
      [/^OIDC_SCOPE_MAP must (look like|give each name)/],
      wrong
    )
})

t.test('progress in the chat needs the address of OpenWebUI and a key', async (t) => {
  const url = { OPENWEBUI_URL: 'http://open-webui:8080' }
  t.match(problemsOf({ ...good, ...url }), [/^OPENWEBUI_API_KEY is not set, but OPENWEBUI_URL is/])
  t.match(problemsOf({ ...good, OPENWEBUI_API_KEY: 'sk' }), [
    /^OPENWEBUI_URL is not set, but OPENWEBUI_API_KEY is: set both for progress in the chat/
  ])
  for (const [given, expected] of [
    ['http://open-webui:8080', 'http://open-webui:8080'],
    ['https://chat.example/ui//', 'https://chat.example/ui'],
    ['https://chat.example/api/v1/', 'https://chat.example']
  ] as const)
    t.equal(parseOpenWebUiUrl(given), expected)
  for (const wrong of ['chat.example', 'ftp://chat', 'https://u:p@chat', 'https://chat?x=1'])
    t.throws(() => parseOpenWebUiUrl(wrong), wrong)
})

t.test('notices of plans need an address and a key', async (t) => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const url = 'https://chat.example/hooks/abc'
  t.match(problemsOf({ ...good, APPROVAL_WEBHOOK: url }), [
    /^APPROVAL_WEBHOOK_SECRET is not set, but APPROVAL_WEBHOOK is/
  ])
  t.match(problemsOf({ ...good, APPROVAL_WEBHOOK_SECRET: secret }), [/^APPROVAL_WEBHOOK is not/])
  const config = loadConfig({ ...good, APPROVAL_WEBHOOK: url, APPROVAL_WEBHOOK_SECRET: secret })
  t.strictSame(config.webhook, { url, secret })
  for (const value of [url, secret])
    t.ok(
      config.secrets.some((each) => each.value === value),
      'nobody may read it'
    )
  for (const wrong of ['whsec_', 'whsec_c2hvcnQ=', secret.slice(6), `${secret}!`])
    t.match(problemsOf({ ...good, APPROVAL_WEBHOOK: url, APPROVAL_WEBHOOK_SECRET: wrong }), [
      /^APPROVAL_WEBHOOK_SECRET must be whsec_ .*openssl rand -base64 32/
    ])
})

t.test('the address that people open', async (t) => {
  for (const [given, expected] of [
    ['https://bridge.example/', 'https://bridge.example'],
    ['https://bridge.example:8443/scale/console', 'https://bridge.example:8443/scale'],
    ['http://10.20.0.5:5075', 'http://10.20.0.5:5075']
  ] as const)
    t.equal(loadConfig({ ...good, PUBLIC_URL: given }).publicUrl, expected)
  for (const wrong of ['bridge.example', 'https://u:p@bridge.example', 'https://bridge.example?x'])
    t.match(problemsOf({ ...good, PUBLIC_URL: wrong }), [/^PUBLIC_URL must/], wrong)
})

t.test('addresses of model servers', async (t) => {
  for (const [given, expected] of [
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://llm.example/api/v1//', 'https://llm.example/api/v1'],
    ['http://127.0.0.1:11434/v1/chat/completions', 'http://127.0.0.1:11434/v1']
  ] as const)
    t.equal(parseLlmUrl(given), expected)
  for (const wrong of ['127.0.0.1:11434', 'ftp://llm/v1', 'http://u:p@llm/v1', 'http://llm/v1?k=1'])
    t.throws(() => parseLlmUrl(wrong), wrong)
})

t.test('ports', async (t) => {
  for (const port of ['-1', '65536', '80.5', '0x50', '1e3'])
    t.match(problemsOf({ ...good, PORT: port }), [/^PORT /], port)
  t.equal(loadConfig({ ...good, PORT: '0' }).port, 0)
})

t.test('durations', async (t) => {
  t.equal(parseDuration('90s'), 90_000)
  t.equal(parseDuration('1.5h'), 5_400_000)
  t.equal(parseDuration('7 d'), 7 * 86_400_000)
  for (const wrong of ['', '5', 'h', '0h', '-1h', '1w', '1h30m'])
    t.throws(() => parseDuration(wrong))
})

t.test('node addresses', async (t) => {
  t.equal(parseNode('10.20.0.11'), 'https://10.20.0.11')
  t.equal(parseNode('node:443'), 'https://node')
  t.equal(parseNode('[fd00::1]:8443'), 'https://[fd00::1]:8443')
  t.equal(parseNode('https://node/rest/v1'), 'https://node')
  for (const wrong of ['http://node', 'node/path', 'user@node', 'node?x', 'a b', 'node:99999', ''])
    t.throws(() => parseNode(wrong), wrong)
})

t.test('export archives', async (t) => {
  t.same(parseExportUri('smb://server/share/'), { address: 'smb://server/share', login: '' })
  t.same(parseExportUri('SMB://dom;user:p w@server/share/a'), {
    address: 'SMB://server/share/a',
    login: 'dom;user:p w'
  })
  for (const wrong of ['server/share', 'smb://server', 'smb://server/', 'nfs://server/share'])
    t.throws(() => parseExportUri(wrong), wrong)
})

t.test('the parts can be read alone', async (t) => {
  t.equal(loadBridgeConfig({}, 'made-up').token, 'made-up')
  t.equal(loadBridgeConfig({ MCP_BEARER_TOKEN: 'given' }, 'made-up').token, 'given')
  t.throws(() => loadBridgeConfig({ PORT: 'x' }, 'made-up'), { message: /^PORT / })
  const { MCP_BEARER_TOKEN: _token, ...cluster } = good
  t.equal(loadClusterConfig(cluster).username, 'admin')
  t.throws(() => loadClusterConfig({}), { message: /HOST[^]*USERNAME[^]*PASSWORD/ })
})

/** What Claude Desktop passes on for an option that was left empty. */
const left = (name: string): string => `\${user_config.${name}}`

t.test('an option that Claude Desktop left empty counts as unset', async (t) => {
  t.strictSame(
    loadConfig({
      ...good,
      SCALE_TLS: left('tls'),
      SCALE_TLS_FINGERPRINT: left('fingerprints'),
      SCALE_EXPORT_URI: left('export_uri'),
      SCALE_DIRECTORY_URL: ` ${left('directory_url')} `,
      LLM_BASE_URL: left('llm'),
      LLM_MODEL: left('model')
    }),
    loadConfig(good)
  )
  t.same(problemsOf({ ...good, SCALE_PASSWORD: left('password'), SCALE_HOST: left('host') }), [
    'SCALE_HOST is not set: the address of a node, for example 10.20.0.11',
    "SCALE_PASSWORD is not set: the cluster user's password"
  ])
  const password = `${left('password')}!`
  t.equal(loadConfig({ ...good, SCALE_PASSWORD: password }).cluster.password, password)
})

t.test('what a client has to know needs no cluster', async (t) => {
  t.strictSame(loadClientView({ PORT: '5080', ALLOWED_HOSTS: 'A.example', LOG_LEVEL: 'wrong' }), {
    host: '127.0.0.1',
    port: 5080,
    allowedHosts: ['a.example'],
    token: undefined
  })
  t.equal(loadClientView({ MCP_BEARER_TOKEN: 'x' }).token, 'x')
  t.throws(
    () => loadClientView({ PORT: 'x', MCP_BEARER_TOKEN: 'a b' }),
    /^PORT must .*\nMCP_BEARER_TOKEN must/
  )
})

t.test('every setting that may hold a secret declares which part of it is secret', async (t) => {
  const open = Object.values<{ name: string; secrets?: unknown }>(settings)
    .filter(({ secrets }) => secrets === undefined)
    .map(({ name }) => name)
  // A setting that is added is either here, because all of it may be shown, or marked.
  t.same(
    new Set(open),
    new Set([
      'SCALE_HOST',
      'SCALE_DISCOVER',
      'SCALE_USERNAME',
      'SCALE_USE_OIDC',
      'SCALE_TLS',
      'SCALE_TLS_FINGERPRINT',
      'SCALE_TLS_CA',
      'SCALE_SESSION_FILE',
      'SCALE_SESSION_MAX_AGE',
      'SCALE_TOKENS_FILE',
      'MCP_TOKEN_SCOPE',
      'SCALE_AUDIT_FILE',
      'SCALE_AUDIT_KEY',
      'AUDIT_MAX_SIZE',
      'AUDIT_KEEP',
      'DURING_UPDATE',
      'READ_ONLY',
      'RUN_API',
      'APPROVAL',
      'PROTECTED_TAGS',
      'MAX_TARGETS',
      'WRITES_PER_MINUTE',
      'EXPORT_TARGETS',
      'IMPORT_SOURCES',
      'HOST',
      'PORT',
      'PUBLIC_URL',
      'ALLOWED_HOSTS',
      'CORS_ORIGINS',
      'RATE_LIMIT',
      'OPENWEBUI_URL',
      'OIDC_ISSUER',
      'OIDC_AUDIENCE',
      'OIDC_SCOPE_CLAIM',
      'OIDC_SCOPE_MAP',
      'OIDC_VM_TAGS_CLAIM',
      'LLM_BASE_URL',
      'LLM_MODEL',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      'OTEL_TRACES_EXPORTER',
      'OTEL_TRACES_SAMPLER',
      'OTEL_TRACES_SAMPLER_ARG',
      'OTEL_SERVICE_NAME',
      'OTEL_RESOURCE_ATTRIBUTES',
      'OTEL_SDK_DISABLED',
      'OTEL_BSP_SCHEDULE_DELAY',
      'LOG_LEVEL'
    ])
  )
})

t.test('the secrets of all settings are known', async (t) => {
  const config = loadConfig({
    ...good,
    SCALE_PASSWORD: 'admin',
    SCALE_EXPORT_URI: 'smb://CORP;exp@corp.local:p@ss/w rd@nas.example/vms',
    SCALE_DIRECTORY_URL: 'https://reader:p%40ss@directory.example/vms?site=1&apiKey=k-123456',
    OPENWEBUI_URL: 'https://chat.example',
    OPENWEBUI_API_KEY: 'sk-chat',
    LLM_BASE_URL: 'http://127.0.0.1:11434/v1',
    LLM_MODEL: 'qwen3:4b',
    LLM_API_KEY: 'sk-llm'
  })
  t.same(
    config.secrets.map(({ value, user = '' }) => [value, user]),
    [
      ['a-token-of-some-length', ''],
      ['p@ss/w rd', 'CORP;exp@corp.local'],
      ['p%40ss', 'reader'],
      ['p@ss', 'reader'],
      ['k-123456', ''],
      ['sk-chat', ''],
      ['sk-llm', '']
    ]
  )
  t.match(config.cluster.secrets.at(-1), { value: 'admin', user: 'admin', isPublic: true })
})

t.test('a token that could be guessed is refused where a network reaches the bridge', async (t) => {
  const short = { ...good, MCP_BEARER_TOKEN: 'x'.repeat(15) }
  t.equal(loadConfig(short).token.length, 15, 'on loopback it only warns')
  for (const HOST of ['0.0.0.0', '::', '10.20.0.1', 'bridge.example']) {
    t.same(problemsOf({ ...short, HOST }).length, 1, HOST)
    t.match(
      problemsOf({ ...short, HOST })[0],
      /^MCP_BEARER_TOKEN has fewer than 16 .*HOST.*openssl/
    )
    t.equal(loadConfig({ ...short, HOST, MCP_BEARER_TOKEN: 'x'.repeat(16) }).host, HOST)
  }
  for (const HOST of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
    t.equal(loadConfig({ ...short, HOST }).host, HOST)
  // Behind a proxy the bridge itself listens on loopback.
  const issuer = 'https://id.example'
  for (const [given, word] of [
    [{ ALLOWED_HOSTS: 'bridge.example' }, 'ALLOWED_HOSTS is set'],
    [{ PUBLIC_URL: 'https://bridge.example' }, 'PUBLIC_URL is set'],
    [{ OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'https://bridge.example/mcp' }, 'OIDC_AUDIENCE is set']
  ] as const)
    t.match(problemsOf({ ...short, ...given }), [new RegExp(`^MCP_BEARER_TOKEN .*while ${word}:`)])
  for (const given of [
    { ALLOWED_HOSTS: 'localhost,127.0.0.1' },
    { OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'http://127.0.0.1:5075/mcp' }
  ])
    t.equal(loadConfig({ ...short, ...given }).token.length, 15, 'names of this machine alone')
})

t.test('origins of pages, extensions and apps', async (t) => {
  for (const [given, read] of [
    ['https://chat.example/', ['https://chat.example']],
    ['HTTP://Chat.Example:80', ['http://chat.example']],
    ['chrome-extension://AbC/', ['chrome-extension://abc']],
    ['moz-extension://0-1, app://obsidian.md', ['moz-extension://0-1', 'app://obsidian.md']],
    ['vscode-webview://x:80, null, *', ['vscode-webview://x:80', 'null', '*']]
  ] as const)
    t.strictSame(loadConfig({ ...good, CORS_ORIGINS: given }).corsOrigins, read, given)
  for (const CORS_ORIGINS of [
    'chat.example',
    'app://',
    'app://a/b',
    'file:///x',
    'app://a?b',
    'nil'
  ])
    t.match(problemsOf({ ...good, CORS_ORIGINS }), [/^CORS_ORIGINS must hold origins such as/])
})

t.test('calls a minute', async (t) => {
  t.equal(loadConfig({ ...good, RATE_LIMIT: '600' }).rateLimit, 600)
  t.equal(loadConfig({ ...good, RATE_LIMIT: 'OFF' }).rateLimit, Infinity)
  for (const RATE_LIMIT of ['0', '-1', '1.5', '10/s', 'none'])
    t.match(problemsOf({ ...good, RATE_LIMIT }), [/^RATE_LIMIT must be calls per minute/])
})

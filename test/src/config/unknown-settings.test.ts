import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fileVariable, secretSettings } from '../../../src/config/secret-files.ts'
import { settings } from '../../../src/config/settings.ts'
import { unknownInEnvironment, unknownInFile } from '../../../src/config/unknown-settings.ts'
import { packageRoot } from '../../../src/lib/files/package-info.ts'

const names = [
  ...Object.values(settings).map(({ name }) => name),
  ...secretSettings.map(fileVariable)
]

/** Names that would be ignored in a file and in the environment alike, and what is meant by them. */
const meant: Record<string, string | undefined> = {
  SCALE_PASWORD: 'SCALE_PASSWORD',
  SCALE_PASSWORT: 'SCALE_PASSWORD',
  SCALE_USER_NAME: 'SCALE_USERNAME',
  SCALE_HOSTS: 'SCALE_HOST',
  SCALE_TLS_FINGERPRINTS: 'SCALE_TLS_FINGERPRINT',
  SCALE_PASWORD_FILE: 'SCALE_PASSWORD_FILE',
  SCALE_PASSWORD_FILES: 'SCALE_PASSWORD_FILE',
  SCALE_PASSWORD_PATH: 'SCALE_PASSWORD',
  SCALE_USERNAME_FILE: 'SCALE_USERNAME',
  LLM_MODEL_FILE: 'LLM_MODEL',
  SCALE_PORT: 'SCALE_HOST',
  SCALE_SOMETHING: undefined,
  scale_host: 'SCALE_HOST',
  MCP_BEARER_TOKN: 'MCP_BEARER_TOKEN',
  MCP_BEARER_TOKN_FILE: 'MCP_BEARER_TOKEN_FILE',
  LOGLEVEL: 'LOG_LEVEL',
  ALLOWED_HOST: 'ALLOWED_HOSTS',
  OPEN_WEBUI_URL: 'OPENWEBUI_URL',
  OPENWEBUI_KEY: undefined,
  LLM_BASEURL: 'LLM_BASE_URL',
  LLM_THING: undefined,
  READONLY: 'READ_ONLY',
  READ_ONLY_MODE: 'READ_ONLY',
  RUN_APIS: 'RUN_API',
  RUN_RAW: undefined,
  APPROVALS: 'APPROVAL',
  APPROVE: 'APPROVAL',
  APPROVALS_FLOOR: 'APPROVAL',
  APPROVAL_WEBHOOK_URL: 'APPROVAL_WEBHOOK',
  PROTECT_TAGS: 'PROTECTED_TAGS',
  PROTECTED_VMS: undefined,
  MAX_TARGETS_PER_CALL: 'MAX_TARGETS',
  WRITES_PER_MIN: 'WRITES_PER_MINUTE',
  WRITE_MAX: undefined,
  RATE_LIMITS: 'RATE_LIMIT',
  RATE_PER_MINUTE: undefined,
  AUDIT_MAX: undefined,
  OIDC_ISS: 'OIDC_ISSUER',
  OIDC_CLIENT_ID: undefined,
  EXPORT_TO: undefined,
  IMPORT_SOURCE: 'IMPORT_SOURCES',
  DURING_UPDATES: 'DURING_UPDATE'
}

const sentenceFor = (name: string, setting: string | undefined): string =>
  setting === undefined
    ? `unknown setting ${name}: correct its name, unless it is for another program`
    : `unknown setting ${name}, did you mean ${setting}?`

t.test('a name that is meant for the bridge is reported, wherever it is set', async (t) => {
  for (const [name, setting] of Object.entries(meant)) {
    t.same(unknownInFile([name]), [sentenceFor(name, setting)], `${name} in the file`)
    t.same(unknownInEnvironment([name]), [sentenceFor(name, setting)], `${name}, environment`)
  }
})

t.test('in the file of the bridge, so is every other name', async (t) => {
  for (const [name, setting] of Object.entries({
    PORTS: 'PORT',
    HOST_NAME: 'HOST',
    DRY_RUN: undefined,
    MCP_TIMEOUT: undefined
  }))
    t.same(unknownInFile([name]), [sentenceFor(name, setting)])
})

t.test('no setting is unknown', async (t) => {
  t.same(unknownInFile(names), [])
  t.same(unknownInEnvironment(names), [])
})

t.test(
  'a setting covers what begins with its first word, unless other programs share that',
  async (t) => {
    const shared = /^(HOST|PORT|PUBLIC|ALLOWED|CORS|LOG|MAX|MCP|OTEL)(_|$)/
    for (const name of names.filter((each) => !shared.test(each))) {
      const other = `${name.split('_')[0]}_QQQQQQQQ`
      t.match(unknownInEnvironment([other]), [`unknown setting ${other}`])
    }
  }
)

t.test('what the compose files read is not meant for the bridge', async (t) => {
  const files = readdirSync(packageRoot).filter((file) => /^compose.*\.yaml$/.test(file))
  t.ok(files.length >= 3)
  for (const file of files) {
    const text = readFileSync(join(packageRoot, file), 'utf8')
    const read = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
    t.same(unknownInFile(read), [], file)
    t.same(unknownInEnvironment(read), [], file)
  }
})

t.test('nor is what other programs are known to read', async (t) => {
  const others =
    'HOME PATH USER SHELL TERM PWD LANG HOSTNAME HOSTTYPE EDITOR TZ NODE_ENV NO_COLOR ' +
    'OPENWEBUI_TAG OPENWEBUI_PORT OLLAMA_BASE_URL WEBUI_SECRET_KEY COMPOSE_PROJECT_NAME ' +
    'BRIDGE_URL BRIDGE_TOKEN SCALE_BRIDGE_DEMO TOOL_SERVER_CONNECTIONS OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER'
  t.same(unknownInFile(others.split(' ')), [])
  t.same(unknownInEnvironment(others.split(' ')), [])
})

t.test('the environment is full of other names', async (t) => {
  const others =
    'PORTS HOSTS HOST_IP LOG_FILE MAX_MEMORY PUBLIC_KEY MCP_TIMEOUT MCP_TOOL_TIMEOUT DRY_RUN ' +
    'OTEL_PROPAGATORS OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER NODE_VERSION YARN_VERSION SSH_AUTH_SOCK RUNTIME_DIRECTORY INVOCATION_ID ' +
    'READLINE_LINE GDK_SCALE ProgramFiles(x86)'
  t.same(unknownInEnvironment(others.split(' ')), [])
  const services =
    'SCALE_BRIDGE_SERVICE_HOST SCALE_BRIDGE_SERVICE_PORT SCALE_BRIDGE_SERVICE_PORT_HTTP SCALE_BRIDGE_PORT ' +
    'SCALE_BRIDGE_PORT_5075_TCP SCALE_BRIDGE_PORT_5075_TCP_ADDR'
  t.same(unknownInEnvironment(services.split(' ')), [], 'Kubernetes names its services so')
})

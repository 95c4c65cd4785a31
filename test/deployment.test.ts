import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { openWebUiConnection } from '../src/cli/connect/openwebui.ts'
import { loadBridgeConfig, settings } from '../src/config/config.ts'
import { fileVariable, secretSettings } from '../src/config/secret-files.ts'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { startTestBridge, testToken } from './helper/bridge.ts'
import { docPages, readPage } from './helper/docs.ts'
import { balancerConfig, compose, replicas, type Service } from './helper/compose.ts'
import { freePort } from './helper/ports.ts'
import { run } from './helper/shell.ts'

const read = (name: string): string => readFileSync(join(packageRoot, name), 'utf8')

const environmentOf = (service: Service | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service?.environment ?? {}).map(([name, value]) => [name, String(value ?? '')])
  )

t.test('the connection of OpenWebUI in compose.yaml fits what the bridge serves', async (t) => {
  const { services } = compose('compose.yaml')
  const bridgeEnv = environmentOf(services['scale-bridge'])
  const config = loadBridgeConfig(bridgeEnv, '')
  t.equal(config.host, '0.0.0.0', 'other containers reach it')

  const text = environmentOf(services['open-webui'])['TOOL_SERVER_CONNECTIONS'] ?? ''
  const [connection, ...others] = JSON.parse(text)
  t.same(others, [])
  t.equal(connection.key, testToken)
  t.equal(connection.url, `http://scale-bridge:${config.port}`, 'service name and port')
  t.ok(services['scale-bridge'], 'a service has that name')

  t.same(
    connection,
    openWebUiConnection(connection.url, { token: testToken }),
    'the same as `connect` prints'
  )

  const { allowedHosts, token } = config
  const bridge = await startTestBridge(t, { config: { allowedHosts, token } })
  const { host } = new URL(connection.url)
  const document = await bridge.fetch(`/${connection.path}`, { headers: { host } })
  t.equal(document.status, 200, 'OpenWebUI finds the tools by that name')
  t.ok(document.body.paths['/vm_read'])
  const authorization = `Bearer ${connection.key}`
  const answer = await bridge.call('vm_read', { limit: 1 }, { host, authorization })
  t.match(answer, { status: 200, body: { returned: 1 } }, 'and calls them')
  const stranger = await bridge.fetch('/openapi.json', { headers: { host: 'elsewhere:5075' } })
  t.equal(stranger.status, 403)
})

t.test('compose.yaml keeps secrets out, and ports on this machine', async (t) => {
  t.throws(() => compose('compose.yaml', {}), /MCP_BEARER_TOKEN is not set/, 'no default token')
  const { services, volumes } = compose('compose.yaml')
  for (const [name, { ports = [], volumes: mounts = [] }] of Object.entries(services)) {
    for (const port of ports) t.match(port, /^127\.0\.0\.1:\d+:\d+$/, `port of ${name}`)
    for (const mount of mounts)
      if (typeof mount === 'string') t.ok((mount.split(':')[0] ?? '') in (volumes ?? {}), mount)
      else t.match(mount, { type: 'bind', read_only: true })
  }
  t.match(services['open-webui']?.depends_on, { 'scale-bridge': { condition: 'service_healthy' } })
  const [, tried] = /^OpenWebUI ([\d.]+) with Python/m.exec(read('docs/clients/openwebui.md')) ?? []
  t.match(services['open-webui']?.image, `:v${tried}`, 'the version that was tried')
  const known: string[] = Object.values(settings).map(({ name }) => name)
  for (const name of Object.keys(services['scale-bridge']?.environment ?? {}))
    t.ok(known.includes(name), `${name} is a setting`)
  const more = compose('compose.yaml', {
    MCP_BEARER_TOKEN: testToken,
    ALLOWED_HOSTS: 'bridge.example'
  })
  const { allowedHosts } = loadBridgeConfig(environmentOf(more.services['scale-bridge']), '')
  t.same(allowedHosts, ['scale-bridge', 'bridge.example'], 'names of .env are kept')

  const openWebUi = (values: Record<string, string>) =>
    loadBridgeConfig(
      environmentOf(
        compose('compose.yaml', { MCP_BEARER_TOKEN: testToken, ...values }).services['scale-bridge']
      ),
      ''
    ).openWebUi
  t.equal(openWebUi({}), undefined, 'no key, no progress in the chat')
  const { url, apiKey } = openWebUi({ OPENWEBUI_API_KEY: 'sk-1' }) ?? {}
  t.equal(apiKey, 'sk-1')
  t.ok(new URL(url ?? '').hostname in services, 'by the name of the service')
})

t.test('compose.yaml: built here, ended in peace, with a file of an authority', async (t) => {
  const serviceFor = (values: Record<string, string> = {}): Service => {
    const { services } = compose('compose.yaml', { MCP_BEARER_TOKEN: testToken, ...values })
    return services['scale-bridge'] ?? { environment: {} }
  }
  const service = serviceFor()
  t.match(service, { build: '.', pull_policy: 'build' }, 'no registry is asked for it')
  t.same(service.extra_hosts, ['host.docker.internal:host-gateway'])
  const [, own = ''] = /graceMs = (\d+)_000/.exec(read('src/cli/io/process-lifetime.ts')) ?? []
  t.ok(Number.parseInt(service.stop_grace_period ?? '') > Number(own), 'longer than its own')

  const ca = (values: Record<string, string>) => {
    const { environment, volumes = [] } = serviceFor(values)
    const mount = volumes.find((volume) => typeof volume === 'object')
    return { file: environment['SCALE_TLS_CA'], mount }
  }
  const target = '/etc/scale-bridge/ca.pem'
  t.match(ca({ SCALE_TLS_CA: './my-ca.pem' }), {
    file: target,
    mount: { source: './my-ca.pem', target }
  })
  const without = ca({})
  t.notOk(without.file, 'none is read')
  t.ok(
    existsSync(join(packageRoot, without.mount?.source ?? '')),
    'a mount needs a file that is there'
  )
})

const bridges = ['bridge-1', 'bridge-2', 'bridge-3']

t.test(
  'compose.replicas.yaml: three bridges alike, hardened as the one of compose.yaml',
  async (t) => {
    for (const name of ['MCP_BEARER_TOKEN', 'STORE_PASSWORD'])
      t.throws(() => replicas({ [name]: '' }), new RegExp(`${name} is not set`), 'no default')
    const { services, volumes = {} } = replicas({ ALLOWED_HOSTS: 'bridge.example' })
    t.same(Object.keys(services).toSorted(), ['balancer', ...bridges, 'store'])
    const [first, ...others] = bridges.map((name) => services[name])
    for (const other of others) t.same(other, first)
    const { services: alone } = compose('compose.yaml')
    for (const key of [
      'build',
      'image',
      'pull_policy',
      'restart',
      'stop_grace_period',
      'env_file',
      'read_only',
      'cap_drop',
      'security_opt'
    ])
      t.same(Reflect.get(first ?? {}, key), Reflect.get(alone['scale-bridge'] ?? {}, key), key)

    const environment = environmentOf(first)
    const known: string[] = Object.values(settings).map(({ name }) => name)
    for (const name of Object.keys(environment)) t.ok(known.includes(name), `${name} is a setting`)
    const { host, port, allowedHosts } = loadBridgeConfig(environment, '')
    t.same([host, String(port)], ['0.0.0.0', settings.port.fallback])
    t.same(allowedHosts, ['scale-bridge', ...bridges, 'bridge.example'], 'each by its own name')
    const store = new URL(settings.store.parse(environment['SCALE_STORE'] ?? ''))
    t.match(store, { username: 'scale_bridge', password: 'p-1', pathname: '/scale_bridge' })
    t.ok(store.hostname in services)
    t.match(environmentOf(services[store.hostname]), {
      POSTGRES_USER: store.username,
      POSTGRES_PASSWORD: store.password,
      POSTGRES_DB: store.pathname.slice(1)
    })

    for (const [name, { ports = [], volumes: mounts = [] }] of Object.entries(services)) {
      t.same(ports, name === 'balancer' ? ['127.0.0.1:5075:5075'] : [], `ports of ${name}`)
      for (const mount of mounts)
        if (typeof mount === 'string') t.ok((mount.split(':')[0] ?? '') in volumes, mount)
        else t.match(mount, { type: 'bind', read_only: true })
    }
  }
)

t.test('compose.replicas.yaml: a file of an authority, as in compose.yaml', async (t) => {
  const target = '/etc/scale-bridge/ca.pem'
  const ca = (values: Record<string, string> = {}) => {
    const { environment, volumes = [] } = replicas(values).services['bridge-1'] ?? {}
    const mount = volumes.find((volume) => typeof volume === 'object')
    return { file: environment?.['SCALE_TLS_CA'], mount }
  }
  t.match(ca({ SCALE_TLS_CA: './my-ca.pem' }), {
    file: target,
    mount: { source: './my-ca.pem', target }
  })
  t.notOk(ca().file, 'none is read')
  t.ok(existsSync(join(packageRoot, ca().mount?.source ?? '')))
})

t.test(
  'compose.replicas.yaml: the balancer waits as long as calls last, and repeats none',
  async (t) => {
    const { services } = replicas()
    const { content, target } = balancerConfig()
    t.equal(target, '/usr/local/etc/haproxy/haproxy.cfg')
    const lines = content.split('\n').map((line) => line.trim())
    const after = (words: string): string | undefined =>
      lines.find((line) => line.startsWith(`${words} `))?.slice(words.length + 1)
    const nginx = read('examples/nginx.conf')
    const waits = [...nginx.matchAll(/proxy_read_timeout (\w+);/g)].map(([, time]) => time)
    t.same(
      [after('timeout server'), after('http-request set-timeout server')?.split(' ')[0]],
      waits,
      'as the proxy of docs/deployment.md: calls, and uploads'
    )
    t.match(after('http-request set-timeout server'), /if \{ path_beg \/upload\/ \}$/)
    t.equal(
      after('retry-on'),
      'conn-failure',
      'of what a bridge may have taken nothing is repeated'
    )
    t.ok(lines.includes('option redispatch') && Number(after('retries')) > 0)
    t.match(after('cookie'), /^bridge insert /, 'a browser stays with one bridge')
    t.equal(after('http-check send'), 'meth GET uri /health hdr Host localhost')
    t.equal(after('bind'), ':5075')
    t.match(after('default-server'), /^check resolvers docker .*init-addr libc,none$/)
    t.equal(after('nameserver'), 'dns 127.0.0.11:53', 'that of the network of the containers')
    const servers = lines.filter((line) => line.startsWith('server '))
    t.same(
      servers,
      bridges.map((name, at) => `server ${name} ${name}:5075 cookie ${at + 1}`)
    )

    t.same(services['balancer']?.depends_on, bridges)
    t.match(services['bridge-1']?.depends_on, { store: { condition: 'service_healthy' } })
    t.same(services['store']?.healthcheck?.test, ['CMD', 'pg_isready', '-U', 'scale_bridge'])
  }
)

t.test('compose.demo.yaml changes the command and nothing else', async (t) => {
  const demo = compose('compose.demo.yaml')
  const command = ['demo']
  t.same(demo, { services: { 'scale-bridge': { command } } })
})

t.test('compose.secrets.yaml gives secrets in files, and none of them is in it', async (t) => {
  const { services, secrets = {} } = compose('compose.secrets.yaml')
  t.same(Object.keys(services), ['scale-bridge'])
  const { environment = {}, secrets: mounted = [], ...others } = services['scale-bridge'] ?? {}
  t.same(others, {}, 'nothing else changes')
  t.same(mounted, Object.keys(secrets))
  t.same(
    Object.values(environment),
    mounted.map((name) => `/run/secrets/${name}`),
    'where compose mounts them'
  )
  const variables = secretSettings.map(fileVariable)
  for (const name of Object.keys(environment)) t.ok(variables.includes(name), name)
  const present = compose('compose.yaml').services['scale-bridge']?.environment ?? {}
  for (const name of secretSettings)
    if (fileVariable(name) in environment) t.notOk(name in present, `${name} is not set as well`)
  const ignored = read('.gitignore').split('\n')
  for (const { file } of Object.values(secrets))
    t.ok(ignored.includes(`${file.split('/')[1]}/`), `${file} is not committed`)
  t.match(read('docs/deployment.md'), /-f compose\.secrets\.yaml/)
})

t.test('the Dockerfile', async (t) => {
  const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ')
  const lines = dockerfile.split('\n')
  const all = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

  const copied = all('COPY')
    .filter((line) => !line.startsWith('--from'))
    .flatMap((line) => line.split(/\s+/).slice(0, -1))
  for (const name of copied) t.ok(existsSync(join(packageRoot, name)), `${name} is there to copy`)
  const kept = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  t.same(new Set(kept), new Set(copied), 'the builder gets exactly what is copied')
  const delivered = all('COPY')
    .filter((line) => line.startsWith('--from'))
    .map((line) => line.split(/\s+/)[1]?.replace('/app/', ''))
  t.same(delivered, ['package.json', 'openapi/hypercore.json', 'dist'], 'no packages, no tests')
  const labels = Object.fromEntries(
    [...(all('LABEL')[0] ?? '').matchAll(/org\.opencontainers\.image\.([\w.]+)="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value]
    )
  )
  const { version, description, license } = JSON.parse(read('package.json')) as Record<
    string,
    string
  >
  t.same(labels, {
    title: 'scale-bridge',
    description,
    licenses: license,
    version: '${VERSION}',
    revision: '${REVISION}',
    source: '${SOURCE}',
    'base.name': `docker.io/library/${all('FROM').at(-1)}`
  })
  const finalStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  t.match(finalStage, `\nARG VERSION=${version}\n`, 'what it is without an argument')
  for (const name of ['REVISION', 'SOURCE']) t.match(finalStage, `\nARG ${name}=\n`)
  t.ok(
    finalStage.indexOf('\nARG ') > finalStage.lastIndexOf('\nCOPY '),
    'another revision does not have all layers built again'
  )
  t.notOk(
    kept.some((name) => name.startsWith('.env')),
    'no secrets'
  )

  const entry = JSON.parse(all('ENTRYPOINT')[0] ?? '') as string[]
  t.same(entry, ['node', '/app/dist/cli.js'], 'docker run IMAGE check')
  t.same(JSON.parse(all('CMD')[0] ?? ''), ['serve'])
  const [folder] = all('WORKDIR').slice(-1)
  t.equal(folder, '/app')
  t.match(JSON.parse(read('package.json')), { bin: { 'scale-bridge': 'dist/cli.js' } })
  t.same(all('USER'), ['node'])
  const env = Object.fromEntries(
    [...(all('ENV')[0] ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])
  )
  t.equal(loadBridgeConfig(env, '').host, '0.0.0.0')
  t.match(all('FROM').at(-1), /-slim$/, 'which has glibc; the variable below is for nothing else')
  t.equal(env['MALLOC_TRIM_THRESHOLD_'], '131072')
  t.ok(env['SCALE_SESSION_FILE']?.startsWith(`${all('VOLUME')[0]}/`), 'the session is kept')
  t.equal(all('EXPOSE')[0], settings.port.fallback)
})

t.test('the health check of the image', async (t) => {
  const { url } = await startTestBridge(t)
  const [, check = ''] = /HEALTHCHECK[\s\S]*?\n\s+CMD (\[.*\])/.exec(read('Dockerfile')) ?? []
  const [command = '', ...args] = JSON.parse(check) as string[]
  t.equal(command, 'node')
  const healthy = await run(process.execPath, args, { env: { PORT: new URL(url).port } })
  t.match(healthy, { exitCode: 0, stdout: '', stderr: '' })
  const port = await freePort()
  const dead = await run(process.execPath, args, { env: { PORT: String(port) } })
  t.match(dead, { exitCode: 1, stderr: '' })
})

t.test('the workflow', async (t) => {
  interface Workflow {
    permissions: Record<string, string>
    jobs: Record<
      string,
      { strategy?: { matrix: { node: string[] } }; steps: { uses?: string; run?: string }[] }
    >
  }
  const text = read('.github/workflows/ci.yml')
  const { permissions, jobs } = parse(text) as Workflow
  t.same(permissions, { contents: 'read' })
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  for (const { uses } of steps)
    if (uses !== undefined) t.match(uses, /^actions\/[\w-]+@[0-9a-f]{40}$/, 'a tag can be moved')
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  const [oldest, ...others] = jobs['test']?.strategy?.matrix.node ?? []
  t.equal(`>=${oldest}`, engines.node)
  t.ok(others.includes('24'), 'the version of the image, too')
  t.match(read('Dockerfile'), 'FROM node:24-slim')
  for (const command of [
    '.ci/run',
    'docker compose config',
    ...readdirSync(packageRoot)
      .filter((name) => /^compose\..+\.yaml$/.test(name))
      .map((name) => `-f ${name} config`),
    'docker build',
    '--build-arg REVISION="$GITHUB_SHA"'
  ])
    t.ok(
      steps.some(({ run = '' }) => run.includes(command)),
      command
    )
})

t.test(
  'updates are proposed for all that is fetched, but not past the versions that must run',
  async (t) => {
    interface Update {
      'package-ecosystem': string
      directory: string
      schedule: { interval: string }
      ignore?: { 'dependency-name': string; 'update-types': string[] }[]
    }
    const { version, updates } = parse(read('.github/dependabot.yml')) as {
      version: number
      updates: Update[]
    }
    t.equal(version, 2)
    const sources = {
      npm: 'package-lock.json',
      'github-actions': '.github/workflows',
      docker: 'Dockerfile'
    }
    t.same(
      updates.map((each) => each['package-ecosystem']),
      Object.keys(sources)
    )
    for (const source of Object.values(sources)) t.ok(existsSync(join(packageRoot, source)), source)
    for (const { directory, schedule } of updates)
      t.match({ directory, schedule }, { directory: '/', schedule: { interval: 'weekly' } })
    const ignored = updates.flatMap(({ ignore = [] }) => ignore)
    t.same(ignored, [
      { 'dependency-name': '@types/node', 'update-types': ['version-update:semver-major'] },
      { 'dependency-name': 'node', 'update-types': ['version-update:semver-major'] }
    ])
    const { engines, devDependencies } = JSON.parse(read('package.json')) as {
      engines: { node: string }
      devDependencies: Record<string, string>
    }
    const major = (text = ''): string => /\d+/.exec(text)?.[0] ?? ''
    t.equal(major(devDependencies['@types/node']), major(engines.node), 'the oldest one')
  }
)

t.test('what the documentation runs in the container is a command', async (t) => {
  const commands = new Set(
    [...read('src/cli/program.ts').matchAll(/from '\.\/(\w+)\/command\.ts'/g)].map(
      ([, name]) => name
    )
  )
  const texts = [
    ...docPages.map((page) => [page, readPage(page)]),
    ['compose.yaml', read('compose.yaml')]
  ]
  const given = texts.flatMap(([page = '', text = '']) =>
    [
      ...text
        .replaceAll('\\\n', ' ')
        .matchAll(/^[# ]*docker (?:compose )?run\b.*?(?<!--name) +scale-bridge[ \t]+([^\s#]+)/gm)
    ].map(([, word]) => ({ page, word }))
  )
  t.ok(given.length >= 4, 'they are found')
  // The entry point is the program: a word before the command would be taken for one.
  t.same(
    given.filter(({ word }) => !commands.has(word)),
    []
  )
})

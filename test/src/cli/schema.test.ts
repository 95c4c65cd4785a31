import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { apiDocument } from '../../helper/api-document.ts'
import { freePort } from '../../helper/ports.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { runSpawnedCli } from '../../helper/spawn-cli.ts'

const SCALE_HOST = '10.20.0.11,10.20.0.12'

/** The one catalog file of a folder. */
function kept(cwd: string): string | undefined {
  const folder = join(cwd, 'state', 'scale-bridge')
  try {
    const [name, ...others] = readdirSync(folder).filter((each) => each.startsWith('catalog-'))
    if (others.length > 0) throw new Error(`More than one: ${others.join(', ')}`)
    return name === undefined ? undefined : join(folder, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

t.test('import of a file', async (t) => {
  const cwd = t.testdir({ 'api.json': JSON.stringify(apiDocument()) })
  const env = { SCALE_HOST }
  const small = await runCli(t, ['schema', 'import', 'api.json'], { cwd, env })
  t.equal(small.code, 1, 'most of the API is missing')
  t.match(
    small.stderr,
    /^api\.json cannot be imported\. It lacks 150 of the 153 operations of the bundled 9\.4 catalog, .*; --force imports it all the same\. Nothing was changed\.\n$/
  )
  t.equal(kept(cwd), undefined)

  const force = ['schema', 'import', 'api.json', '--force']
  const { code, stdout, stderr } = await runCli(t, force, { cwd, env })
  t.equal(code, 0, stderr)
  t.match(stderr, /^Warning: The document lacks 150 of the 153 operations/)
  t.match(stdout, 'Test cluster API, version 7.0.1, in OpenAPI 3.0.0')
  t.match(stdout, /^operations +3 +2 +\d+$/m)
  t.match(stdout, /^references: 15, unresolved: 0$/m)
  t.match(stdout, /^Added operations\n {2}POST \/Widget\/\{uuid\}\/spin$/m)
  t.match(stdout, /^ {2}User\.nickname$/m)
  t.match(stdout, /^ {2}… and \d+ more$/m)

  const file = kept(cwd) ?? ''
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(stdout, file)
  t.match(JSON.parse(readFileSync(file, 'utf8')), {
    origin: 'file',
    nodes: ['https://10.20.0.11', 'https://10.20.0.12'],
    document: apiDocument()
  })

  await t.test('list shows it', async (t) => {
    const swapped = { SCALE_HOST: '10.20.0.12,10.20.0.11' }
    const list = await runCli(t, ['schema', 'list'], { cwd, env: swapped })
    t.equal(list.code, 0)
    t.match(list.stdout, /^Catalog +imported \d{4}-.* UTC from a file: document version 7\.0\.1$/m)
    t.match(list.stdout, /^Operations +\d+ \(2 added by the import, \d+ missing\)$/m)
    t.match(list.stdout, /^Widget +2 +POST DELETE$/m)
    t.match(list.stdout, /^ {2}\+ POST \/Widget\/\{uuid\}\/spin {2}Spin a widget for some time\.$/m)
    t.match(list.stdout, /^ {2}- GET \/VirDomain {2}not in the imported document$/m)
    t.notMatch(list.stdout, '\u001b')
    t.match(list.stderr, /^Warning: The imported document lacks 150 of the 153 operations/)

    const { stdout: text } = await runCli(t, ['schema', 'list', '--json'], { cwd, env })
    const listed = JSON.parse(text)
    t.match(listed.source, { kind: 'imported', origin: 'file', version: '7.0.1' })
    t.equal(listed.operations.imported, 2)
    const widget = listed.entities.find((row: { entity: string }) => row.entity === 'Widget')
    t.match(widget, {
      methods: ['POST', 'DELETE'],
      operations: [{ imported: true, effect: 'control' }, {}]
    })
  })

  await t.test('another cluster has the bundled catalog', async (t) => {
    for (const other of [{ SCALE_HOST: '10.20.0.13' }, {}]) {
      const list = await runCli(t, ['schema', 'list'], {
        cwd,
        env: other as Record<string, string>
      })
      t.match(list.stdout, /^Catalog +the bundled catalog/m)
      t.match(list.stdout, /^Operations +169$/m)
    }
  })

  await t.test('search looks in it', async (t) => {
    const spin = await runCli(t, ['search', 'spin', 'a', 'widget'], { cwd, env })
    t.match(spin.stdout, /^POST +\/Widget\/\{uuid\}\/spin {2}control\n/)
  })

  await t.test('what is wrong changes nothing', async (t) => {
    const before = readFileSync(file, 'utf8')
    writeFileSync(join(cwd, 'page.json'), '<html>')
    writeFileSync(join(cwd, 'other.json'), '{"openapi":"3.0.0","paths":{"/pets":{"get":{}}}}')
    const rows: [string[], number, RegExp][] = [
      [
        ['page.json'],
        1,
        /^page\.json cannot be imported\. It is a web page.*Nothing was changed\.\n$/
      ],
      [['other.json'], 1, /None of its operations is one of HyperCore's/],
      [['nowhere.json'], 1, /nowhere\.json cannot be read \(ENOENT\): nothing was changed\n$/],
      [['state'], 1, /^state cannot be imported\. It is not a regular file/],
      [['/dev/zero'], 1, /^\/dev\/zero cannot be imported\. It is not a regular file/],
      [[], 2, /Name a FILE, or pass --live/],
      [['api.json', '--live'], 2, /one of them/]
    ]
    for (const [args, wanted, message] of rows) {
      const refused = await runCli(t, ['schema', 'import', ...args], { cwd, env })
      t.equal(refused.code, wanted, args.join(' '))
      t.match(refused.stderr, message)
      t.equal(refused.stdout, '')
    }
    t.equal(readFileSync(file, 'utf8'), before)
  })

  await t.test('a broken file is a warning, and the bundled catalog', async (t) => {
    for (const [content, reason] of [
      ['{"format": 1, "docu', /not valid JSON/],
      ['{"format": 7}', /not of the form/],
      [JSON.stringify({ format: 1, nodes: ['https://a'], document: {} }), /another cluster/],
      [readFileSync(file, 'utf8').replace('#/components/schemas/Rate', '#/x'), /#\/x, which/]
    ] as const) {
      const whole = readFileSync(file, 'utf8')
      writeFileSync(file, content)
      const list = await runCli(t, ['schema', 'list'], { cwd, env })
      t.equal(list.code, 0)
      t.match(list.stdout, /^Catalog +the bundled catalog/m)
      t.match(list.stderr, /^Warning: The imported catalog is not used/)
      t.match(list.stderr, reason)
      writeFileSync(file, whole)
    }
  })

  await t.test('without a cluster it has nowhere to be stored', async (t) => {
    const { code: none, stderr: why } = await runCli(t, ['schema', 'import', 'api.json'], { cwd })
    t.equal(none, 2)
    t.match(why, /SCALE_HOST is not set/)
  })
})

t.test('import from the cluster, and the bridge that uses it', async (t) => {
  const simulator = await startSimulator({ vms: 1, nodes: 1, speed: 50, version: '9.6.27.225000' })
  t.teardown(() => simulator.close())
  const cwd = t.testdir()
  const port = await freePort()
  const env = {
    MCP_BEARER_TOKEN: 'a-token-of-some-length',
    SCALE_HOST: simulator.urls.join(','),
    SCALE_USERNAME: 'admin',
    SCALE_PASSWORD: 'admin',
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: simulator.fingerprints.join(','),
    PORT: String(port)
  }
  const args = ['schema', 'import', '--live']
  const { code, stdout, stderr } = await runSpawnedCli(t, args, { cwd, env })
  t.equal(code, 0, stderr)
  t.match(stdout, /version 1\.3\.2/)
  t.match(stdout, /^operations +151 +0 +2$/m)
  const paths = simulator.requests.map(({ path }) => path.replace('/rest/v1', ''))
  t.strictSame(paths, ['/login', '/openapi.json', '/Cluster', '/logout'])

  const check = await runCli(t, ['check'], { cwd, env })
  t.match(check.stdout, /^ok +catalog .*imported .* from the cluster: HyperCore 9\.6\.27\.225000/m)

  const serve = startCli(t, ['serve'], { cwd, env })
  await serve.printed(/listens on/)
  t.match(serve.stdout, /Catalog: imported .* from the cluster/)
  await serve.stop()

  t.notMatch(check.stdout, /lacks/)
  writeFileSync(join(cwd, 'api.json'), JSON.stringify(apiDocument()))
  await runCli(t, ['schema', 'import', 'api.json', '--force'], { cwd, env })
  const lacking = await runCli(t, ['check'], { cwd, env })
  t.match(lacking.stdout, /the imported document lacks 150 of the\s+153 operations/)

  writeFileSync(kept(cwd) ?? '', 'broken')
  const again = startCli(t, ['serve'], { cwd, env })
  await again.printed(/listens on/)
  t.match(again.stdout, /"level":40.*The imported catalog is not used, but the bundled one/)
  await again.stop()

  const wrong = await runCli(t, ['schema', 'import', '--live'], {
    cwd,
    env: { ...env, SCALE_PASSWORD: 'zzq' }
  })
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, /SCALE_PASSWORD/)
  t.notMatch(wrong.stderr, /zzq/)
})

t.test('search', async (t) => {
  const cwd = t.testdir()
  const search = (...args: string[]) => runCli(t, ['search', ...args], { cwd })
  const words = ['power', 'off', 'a', 'vm', '--limit', '2']
  const found = await runSpawnedCli(t, ['search', ...words], { cwd })
  t.equal(found.stdout, (await search(...words)).stdout, 'the same as in this process')
  t.equal(found.code, 0)
  t.match(found.stdout, /^POST +\/VirDomain\/action {2}change or interrupt\n/)
  t.match(found.stdout, /^ {2}tool: changeVM_state$/m)
  t.match(found.stdout, /^ {2}example: \[\{"virDomainUUID"/m)
  t.equal(found.stdout.match(/^(GET|POST|PATCH|PUT|DELETE)/gm)?.length, 2)

  const json = await search('--json', 'create a user')
  t.match(JSON.parse(json.stdout), { available_paths: [{ method: 'POST', path: '/User' }, {}] })

  const nothing = await search('quuxly')
  t.equal(nothing.code, 0)
  t.equal(nothing.stdout, '')
  t.match(nothing.stderr, /Nothing in the API matches/)
  t.equal((await search()).code, 2)
  for (const words of [[''], ['   '], ['', ' ']]) {
    const blank = await search(...words)
    t.equal(blank.code, 2)
    t.match(blank.stderr, /must not be empty/)
  }
  t.equal((await search('x', '--limit', '0')).code, 2)
})

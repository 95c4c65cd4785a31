import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, posix, relative } from 'node:path'
import { spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import { documentPath } from '../openapi/generate.ts'
import { tools } from '../routes/index.ts'
import { packageRoot, packageVersion } from '../src/lib/files/package-info.ts'
import { checkKey } from '../src/tools/arguments/check.ts'
import { docPages, readPage, withoutFences } from './helper/docs.ts'
import { run } from './helper/shell.ts'
import { until } from './helper/simulator.ts'

interface Packed {
  filename: string
  files: { path: string }[]
}

const posixPath = (path: string): string => path.replaceAll('\\', '/')

/** Runs npm with nothing to download. */
const npm = (args: string[], cwd: string) =>
  run('npm', [...args, '--offline', '--no-audit', '--no-fund'], { cwd })

/** Starts a demo and calls one of its tools, as the text that it prints says. */
async function demoWorks(t: Test, command: string, args: string[], cwd: string): Promise<void> {
  const child = spawn(command, [...args, '--port', '0'], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await until(() => /http:\/\/127\.0\.0\.1:\d+[\s\S]*MCP_BEARER_TOKEN=\w+\n/.test(printed))
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
  const [, token = ''] = /MCP_BEARER_TOKEN=(\w+)/.exec(printed) ?? []
  const response = await fetch(`${url}/fetch_vm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"name": "web"}'
  })
  t.equal(response.status, 200)
  t.match(await response.json(), { total: Number, items: [{ name: /web/ }] })

  const page = await (await fetch(`${url}/docs/`)).text()
  const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
  t.ok(parts.length > 4, 'Swagger UI has its parts')
  for (const path of parts) t.equal((await fetch(new URL(path, `${url}/docs/`))).status, 200, path)
  t.equal((await fetch(`${url}/openapi.json`)).status, 200)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
}

t.test('the package holds what runs, its documentation, and nothing else', async (t) => {
  const { exitCode, stdout, stderr } = await npm(['pack', '--dry-run', '--json'], packageRoot)
  t.equal(exitCode, 0, stderr)
  const [{ files } = { files: [] }] = JSON.parse(stdout) as Packed[]
  const paths = files.map(({ path }) => path)
  const documentation = [
    ...docPages,
    ...(await readdir(join(packageRoot, 'examples'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => posixPath(relative(packageRoot, join(parentPath, name)))),
    ...(await readdir(join(packageRoot, 'docs')))
      .filter((name) => name.endsWith('.png'))
      .map((name) => `docs/${name}`)
  ]
  t.same(
    paths.filter((path) => !path.startsWith('dist/')).toSorted(),
    ['LICENSE', 'openapi/hypercore.json', 'package.json', ...documentation].toSorted(),
    'no sources, no tests'
  )
  const dead = paths
    .filter((path) => path.endsWith('.md'))
    .flatMap((page) =>
      [...withoutFences(readPage(page)).matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^\w+:/.test(target))
        .map((target) => posix.join(posix.dirname(page), target))
        .filter((file) => !paths.some((path) => path === file || path.startsWith(`${file}/`)))
        .map((file) => `${page}: ${file}`)
    )
  t.same(dead, [], 'every page that is linked is there')
  const inDist = new Set(paths.map((path) => /^dist\/([^/]+)/.exec(path)?.[1]))
  t.same(
    inDist,
    new Set([undefined, 'cli.js', 'bundle', 'mcpb', 'static', 'licences.txt']),
    'build it with npm run pack'
  )
  t.notOk(paths.some((path) => /\.(ts|map|mcpb)$|test/.test(path)))
})

t.test(
  'the search index of the package is of its catalog, and is what its bundle reads',
  async (t) => {
    const folder = join(packageRoot, 'dist/bundle')
    const names = await readdir(folder)
    const [index = '', ...more] = names.filter((name) => name.startsWith('search-index-'))
    t.same(more, [], 'one of them')
    const { catalog } = JSON.parse(await readFile(join(folder, index), 'utf8')) as {
      catalog: string
    }
    const file = await readFile(join(packageRoot, 'openapi/hypercore.json'))
    t.equal(catalog, createHash('sha256').update(file).digest('hex'))
    const bundle = names.find((name) => name.endsWith('.cjs')) ?? ''
    t.ok((await readFile(join(folder, bundle), 'utf8')).includes(`dist/bundle/${index}`))
  }
)

t.test('the bundle has the checks of all arguments, and the document beside it', async (t) => {
  const folder = join(packageRoot, 'dist/bundle')
  const names = await readdir(folder)
  const nameOf = (pattern: RegExp): string => names.find((name) => pattern.test(name)) ?? ''
  const bundle = await readFile(join(folder, nameOf(/\.cjs$/)), 'utf8')
  const without = tools.filter(({ input }) => !bundle.includes(checkKey(input)))
  t.same(
    without.map(({ name }) => name),
    []
  )
  const document = nameOf(/^openapi-/)
  t.ok(bundle.includes(`dist/bundle/${document}`))
  t.same(
    JSON.parse(await readFile(join(folder, document), 'utf8')),
    JSON.parse(await readFile(documentPath, 'utf8'))
  )
})

t.test('installed in an empty folder, from the tarball alone', async (t) => {
  const folder = t.testdir({ 'package.json': '{"private": true}' })
  const packed = await npm(['pack', '--json', '--pack-destination', folder], packageRoot)
  const [{ filename } = { filename: '' }] = JSON.parse(packed.stdout) as Packed[]
  const installed = await npm(['install', join(folder, filename)], folder)
  t.equal(installed.exitCode, 0, installed.stderr)
  t.notMatch(installed.stderr, /EBADENGINE|deprecated/)
  t.same(
    (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.')),
    ['scale-bridge'],
    'it needs no other package'
  )
  const command = join(folder, 'node_modules', '.bin', 'scale-bridge')
  const version = await run(command, ['--version'], { cwd: folder })
  t.match(version, { exitCode: 0, stdout: `${packageVersion}\n`, stderr: '' })
  await demoWorks(t, command, ['demo'], folder)
})

t.test('what the Dockerfile copies is built, and runs', async (t) => {
  const dockerfile = (await readFile(join(packageRoot, 'Dockerfile'), 'utf8')).replaceAll(
    '\\\n',
    ''
  )
  const copies = [...dockerfile.matchAll(/^COPY (--from=build )?(.+) \S+$/gm)]
  const sources = copies.filter(([, from]) => from === undefined)
  const [builder, image] = [join(t.testdir(), 'builder'), join(t.testdir(), 'image')]
  for (const name of sources.flatMap(([, , names = '']) => names.split(' ')))
    await cp(join(packageRoot, name), join(builder, name), { recursive: true })
  await symlink(join(packageRoot, 'node_modules'), join(builder, 'node_modules'))
  t.match(await run('npm', ['run', 'build'], { cwd: builder }), { exitCode: 0, stderr: '' })

  for (const [, from, path = ''] of copies)
    if (from !== undefined) {
      const name = path.replace('/app/', '')
      await mkdir(dirname(join(image, name)), { recursive: true })
      await cp(join(builder, name), join(image, name), { recursive: true })
    }
  const [, entry = ''] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? []
  const [command = '', script = ''] = JSON.parse(entry) as string[]
  t.equal(command, 'node')
  const program = script.replace('/app', image)
  await writeFile(join(image, 'no-modules-here'), '')
  await demoWorks(t, process.execPath, [program, 'demo'], image)
  const check = await run(process.execPath, [program, 'check'], { cwd: image })
  t.equal(check.exitCode, 1, 'docker run IMAGE check: nothing is set')
  t.match(check.stderr + check.stdout, /SCALE_HOST/)
})

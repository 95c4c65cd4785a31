import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePort } from '../helper/ports.ts'
import { run } from '../helper/shell.ts'
import { program, type Source, Unavailable, versions } from './packages.ts'

const wanted = { name: 'mcp-remote', bin: 'mcp-remote' } as const
const version = versions['mcp-remote']

/** npm with nothing kept from earlier, and this registry. */
function from(t: Test, registry: string): Source {
  const cache = t.testdir()
  const env = {
    PATH: process.env['PATH'],
    HOME: cache,
    npm_config_cache: join(cache, 'npm'),
    npm_config_registry: registry
  }
  return { cache: join(cache, 'programs'), env }
}

/** A small package of that name, packed by npm; its script would leave a file. */
async function tarball(t: Test): Promise<{ packed: Buffer; left: string }> {
  const folder = t.testdir({ 'index.js': 'console.log("it runs")\n' })
  const left = join(folder, 'left')
  const manifest = {
    name: wanted.name,
    version,
    bin: { [wanted.bin]: 'index.js' },
    scripts: { postinstall: `touch ${left}` }
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  const { exitCode, stderr } = await run('npm', ['pack', '--silent'], { cwd: folder })
  if (exitCode !== 0) throw new Error(stderr)
  return { packed: await readFile(join(folder, `${wanted.name}-${version}.tgz`)), left }
}

interface Registry {
  /** The package; without it there is none. */
  packed?: Buffer
  /** What the registry says of the package's bytes. */
  integrity?: string
}

/** A registry on loopback with this one package. */
async function startRegistry(t: Test, { packed, integrity }: Registry): Promise<string> {
  const registry: Server = createServer((request, response) => {
    const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`
    if (packed === undefined) return response.writeHead(404).end('{}')
    if (request.url?.endsWith('.tgz')) return response.end(packed)
    const tarball = `${url}/${wanted.name}.tgz`
    return response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        name: wanted.name,
        'dist-tags': { latest: version },
        versions: {
          [version]: {
            name: wanted.name,
            version,
            bin: { [wanted.bin]: 'index.js' },
            hasInstallScript: true,
            dist: { tarball, integrity }
          }
        }
      })
    )
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    registry.closeAllConnections()
    registry.close()
  })
  return `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`
}

const sha512 = (bytes: Buffer): string =>
  `sha512-${createHash('sha512').update(bytes).digest('base64')}`

/** Why a program was not had. */
const failureOf = (fetched: Promise<unknown>): Promise<Error> =>
  fetched.then(
    () => new Error('it was had'),
    (error: Error) => error
  )

t.test('a registry that is not there', async (t) => {
  const source = from(t, `http://127.0.0.1:${await freePort()}/`)
  const failure = await failureOf(program(wanted, source))
  t.ok(failure instanceof Unavailable, 'is no fault of the bridge')
  t.equal(failure.message, `mcp-remote@${version} cannot be had here (ECONNREFUSED)`)
  t.same(readdirSync(source.cache), [], 'nothing half done is left')
})

t.test('a registry without the package', async (t) => {
  const source = from(t, await startRegistry(t, {}))
  const failure = await failureOf(program(wanted, source))
  t.ok(failure instanceof Unavailable, 'is no fault of the bridge')
  t.match(failure.message, /E404/)
})

t.test('a package is fetched once, runs, and does nothing while it is installed', async (t) => {
  const { packed, left } = await tarball(t)
  const source = from(t, await startRegistry(t, { packed, integrity: sha512(packed) }))
  const { command, args } = await program(wanted, source)
  t.match(await run(command, args), { exitCode: 0, stdout: 'it runs\n' })
  t.notOk(existsSync(left), 'its script has not run')

  const gone = { ...source, env: { ...source.env, npm_config_registry: 'http://127.0.0.1:9/' } }
  t.same(await program(wanted, gone), { command, args }, 'it is kept')
})

t.test('a package with other bytes than the registry says is an error', async (t) => {
  const { packed } = await tarball(t)
  const integrity = sha512(Buffer.from('something else'))
  const source = from(t, await startRegistry(t, { packed, integrity }))
  const failure = await failureOf(program(wanted, source))
  t.match(failure.message, /EINTEGRITY/)
  t.notOk(failure instanceof Unavailable, 'and no reason to skip')
})

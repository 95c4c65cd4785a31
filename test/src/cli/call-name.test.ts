import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { callName } from '../../../src/cli/call-name.ts'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { cliPath } from '../../helper/run-cli.ts'
import { runSpawnedCli } from '../../helper/spawn-cli.ts'

/** A folder outside the package, with a command of that name that leads somewhere. */
async function folderWith(t: Test, leadsTo: string, below = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'call-name-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, below), { recursive: true })
  await symlink(leadsTo, join(folder, below, 'scale-bridge'))
  return join(folder, below)
}

const byPath = `node ${cliPath}`

t.test('by its name only where the PATH leads here', async (t) => {
  const nowhere = await mkdtemp(join(tmpdir(), 'call-name-'))
  t.teardown(() => rm(nowhere, { recursive: true }))
  const stranger = join(nowhere, 'stranger')
  await writeFile(stranger, '#!/bin/sh\n')
  const here = await folderWith(t, cliPath)
  const cases: [string, string, string][] = [
    ['a link', [nowhere, here].join(delimiter), 'scale-bridge'],
    ['nothing', nowhere, byPath],
    ['another program of that name', await folderWith(t, stranger), byPath],
    ['what npm puts on the PATH', await folderWith(t, cliPath, 'node_modules/.bin'), byPath],
    ['a folder that changes with the current one', 'bin', byPath],
    ['a link that leads nowhere', await folderWith(t, join(nowhere, 'gone')), byPath]
  ]
  for (const [name, PATH, wanted] of cases) t.equal(callName({ PATH }, nowhere), wanted, name)
  t.equal(callName({}, nowhere), byPath)
})

t.test('by the script of Windows', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'call-name-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'scale-bridge.cmd'), '')
  t.equal(callName({ Path: folder }, folder), byPath, 'of another package')
  await mkdir(join(folder, 'node_modules'))
  await symlink(packageRoot, join(folder, 'node_modules', 'scale-bridge'))
  t.equal(callName({ Path: folder }, folder), 'scale-bridge')
})

t.test('by a path that a shell takes', async (t) => {
  t.equal(callName({}, packageRoot), 'node dist/cli.js')
  t.equal(callName({}, join(packageRoot, 'dist')), 'node cli.js')
  t.equal(callName({}, join(packageRoot, 'src')), byPath)
})

t.test('what is printed can be typed', async (t) => {
  const folder = await folderWith(t, cliPath)
  const pin = async (PATH: string): Promise<string> =>
    (await runSpawnedCli(t, ['pin'], { cwd: folder, env: { PATH } })).stderr
  const path = process.env['PATH'] ?? ''
  t.match(await pin(path), `\`${byPath} pin 10.20.0.11\``)
  t.match(await pin(`${folder}${delimiter}${path}`), '`scale-bridge pin 10.20.0.11`')
})

t.test('nothing that is printed fetches a package of our name', async (t) => {
  const { stdout } = await runSpawnedCli(t, ['--help'], { cwd: packageRoot })
  t.match(stdout, /^ {2}node dist\/cli\.js demo /m)
  t.notMatch(stdout, /npx/)
})

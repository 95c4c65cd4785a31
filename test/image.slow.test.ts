import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { simulatorFor, until } from './helper/simulator.ts'
import { missingPrograms } from './helper/shell.ts'
import { startSpawnedCli } from './helper/spawn-cli.ts'
import { callTool, envFor, token } from './src/cli/served.ts'

const dockerfile = readFileSync(join(packageRoot, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ')
const [, finalStage = ''] = dockerfile.split(/^FROM .*$/m).slice(1)

/** The settings of the image. */
const imageEnv = Object.fromEntries(
  [...(/^ENV (.*)$/m.exec(finalStage)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(
    ([, name = '', value = '']) => [name, value]
  )
)

t.test('the image runs as a user without rights and writes to its volume alone', async (t) => {
  t.match(finalStage, /^USER node$/m)
  const [, volume = ''] = /^VOLUME (\S+)$/m.exec(finalStage) ?? []
  t.match(finalStage, `RUN install -d -o node -g node -m 0700 ${volume}`, "the user's own")
  t.ok(
    finalStage.indexOf('USER node') > finalStage.lastIndexOf('COPY'),
    'what is copied is of root, and the user cannot change it'
  )
  t.notMatch(finalStage, /COPY[^\n]*--(?:chown|chmod)/)
  t.ok(imageEnv['SCALE_SESSION_FILE']?.startsWith(`${volume}/`), 'all state lies beside it')
  const { services } = parse(readFileSync(join(packageRoot, 'compose.yaml'), 'utf8')) as {
    services: Record<string, Record<string, unknown>>
  }
  const service = services['scale-bridge'] ?? {}
  t.match(service, {
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true']
  })
  t.notOk('user' in service || 'privileged' in service || 'tmpfs' in service)
  const mounts = service['volumes'] as (string | { target: string; read_only?: boolean })[]
  const writable = mounts
    .filter((mount) => typeof mount === 'string' || mount.read_only !== true)
    .map((mount) => (typeof mount === 'string' ? mount.split(':')[1] : mount.target))
  t.same(writable, [volume])
})

/** A user that owns nothing and has no home. */
const nobody = 65_534

const isRoot = process.getuid?.() === 0
const skip = isRoot ? missingPrograms('setpriv') : 'only root can become another user'

t.test('serve, unprivileged, where only the state folder is writable', { skip }, async (t) => {
  t.setTimeout(120_000)
  const root = mkdtempSync(join(tmpdir(), 'image-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  const [app, state] = [join(root, 'app'), join(root, 'state')]
  for (const name of ['package.json', 'openapi/hypercore.json', 'dist'])
    cpSync(join(packageRoot, name), join(app, name), { recursive: true })
  mkdirSync(state, { mode: 0o700 })
  chownSync(state, nobody, nobody)
  for (const name of [
    app,
    ...readdirSync(app, { recursive: true, encoding: 'utf8' }).map((each) => join(app, each))
  ])
    chmodSync(name, statSync(name).isDirectory() ? 0o555 : 0o444)
  chmodSync(root, 0o555)

  const simulator = await simulatorFor(t, { nodes: 1, vms: 4 })
  const settings = Object.fromEntries(
    envFor(simulator)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1).replaceAll(/^['"]|['"]$/g, '')
      ])
  )
  const bridge = startSpawnedCli(t, ['serve'], {
    cli: join(app, 'dist', 'cli.js'),
    through: [
      'setpriv',
      `--reuid=${nobody}`,
      `--regid=${nobody}`,
      '--clear-groups',
      '--no-new-privs',
      '--bounding-set=-all',
      // The test runner would have each Node program write to a folder of its own.
      'env',
      '-u',
      'NODE_OPTIONS'
    ],
    cwd: app,
    env: {
      // As of a user that has none, and on a system where nothing else can be written.
      HOME: '/nonexistent',
      TMPDIR: join(root, 'none'),
      ...imageEnv,
      ...settings,
      HOST: '127.0.0.1',
      PORT: '0',
      SCALE_SESSION_FILE: join(state, 'session.json')
    }
  })
  const [, url = ''] = await bridge.printed(/listens on (\S+) /)
  const status = readFileSync(`/proc/${bridge.process.pid}/status`, 'utf8')
  t.match(status, new RegExp(`^Uid:\\s+${nobody}\\s+${nobody}`, 'm'))
  t.match(status, /^CapEff:\s+0+$/m)
  t.equal((await callTool(url, 'vm_read'))[0], 200)
  const [vm] = [...simulator.world.state.virDomains.values()]
  const body = JSON.stringify({ vmUUID: vm?.uuid, label: 'as nobody', wait: 20 })
  const [written, text] = await callTool(url, 'snapshotVM', body)
  t.equal(written, 200, text)
  t.equal((await fetch(`${url}/docs`)).status, 200, 'pages come from the read-only tree')
  t.equal((await fetch(`${url}/console`)).status, 200)
  const files = (): string[] => readdirSync(state, { recursive: true, encoding: 'utf8' })
  await until(() => files().some((name) => name.endsWith('session.json')))
  for (const name of ['session.json', 'audit', 'audit-key.pem', 'store'])
    t.ok(files().includes(name), `${name} is in the state folder`)
  t.same(await bridge.stop('SIGTERM'), { code: 0, signal: null })
  t.notMatch(bridge.stdout + bridge.stderr, /EACCES|EROFS|EPERM|ENOENT/)
  t.notMatch(bridge.stdout + bridge.stderr, token)

  const { stdout: outside } = spawnSync(
    'find',
    [
      app,
      '/tmp',
      '/var/tmp',
      '/dev/shm',
      '-user',
      String(nobody),
      '-newer',
      join(app, 'package.json'),
      '-not',
      '-path',
      `${state}*`
    ],
    { encoding: 'utf8' }
  )
  t.equal(outside.trim(), '', 'nothing of it lies anywhere else')
  t.notOk(existsSync(join(root, 'none')))
  for (const name of files())
    if (statSync(join(state, name)).isFile())
      t.equal(statSync(join(state, name)).mode & 0o077, 0, `${name} is for nobody else`)
})

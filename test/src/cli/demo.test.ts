import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import t from 'tap'
import { freePort, portIsFree, takenPort } from '../../helper/ports.ts'
import type { claudeDesktopConfig } from '../../../src/cli/connect/claude-desktop.ts'
import type { OpenWebUiConnection } from '../../../src/cli/connect/openwebui.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { tokensOf } from '../../helper/token-file.ts'
import { until } from '../../helper/simulator.ts'

const run = promisify(execFile)

/** Pastes a line into a shell. */
const paste = (line: string, env: Record<string, string>) =>
  run('sh', ['-c', line], { env: { PATH: process.env['PATH'] ?? '', ...env } })

/** The JSON texts among the indented lines of an output. */
const jsonIn = (text: string): unknown[] =>
  [...text.matchAll(/^ {2}([[{][^]*?)\n\n/gm)].map(([, json = '']) => JSON.parse(json) as unknown)

t.test('the demo prints what is required, and it works as printed', async (t) => {
  const cwd = t.testdir({ '.env': 'PORT=1\nMCP_BEARER_TOKEN=from-the-file\nnonsense' })
  const port = await freePort()
  const demo = startCli(t, ['demo', '--port', String(port)], { cwd, env: { PORT: '2' } })
  await demo.printed(/Ctrl-C/)
  const { stdout } = demo
  const url = `http://127.0.0.1:${port}`
  t.match(stdout, `${url}/docs`, '--port beats PORT')

  const token = /export MCP_BEARER_TOKEN=(\S+)/.exec(stdout)?.[1] ?? ''
  t.match(token, /^[0-9a-f]{48}$/, 'a token of its own')
  t.notMatch(stdout, '$MCP_BEARER_TOKEN', 'nothing is left to replace')
  t.equal(demo.stderr, '')

  const line = stdout.split('\n').find((each) => each.includes('curl') && each.includes('Bearer'))
  const found = JSON.parse((await paste(line ?? '', {})).stdout)
  t.ok(found.total > 0, 'the curl line finds VMs')
  t.match(found.items[0].name, /web/)

  const [connections, desktop, ...others] = jsonIn(stdout)
  t.same(others, [])
  const [connection] = connections as [OpenWebUiConnection]
  t.match(connection, { type: 'openapi', url, auth_type: 'bearer', key: token })
  const document = await fetch(`${connection.url}/${connection.path}`)
  t.equal(document.status, 200, 'OpenWebUI finds the document')
  const call = await fetch(`${connection.url}/vm_read`, {
    method: 'POST',
    headers: { authorization: `Bearer ${connection.key}`, 'content-type': 'application/json' },
    body: '{}'
  })
  t.equal(call.status, 200, 'and may call what is in it')
  t.match(
    (desktop as ReturnType<typeof claudeDesktopConfig>).mcpServers['hypercore'],
    {
      command: 'npx',
      args: ['-y', /^mcp-remote@/, `${url}/mcp`],
      env: { AUTH_HEADER: `Bearer ${token}` }
    },
    'Claude Desktop is taken to this demo'
  )

  const control = stdout.split('\n').filter((each) => each.includes('/simulator/faults'))
  t.equal(JSON.parse((await paste(control[0] ?? '', {})).stdout)[0].kind, 'slow')
  t.strictSame(JSON.parse((await paste(control[1] ?? '', {})).stdout), [], 'and off again')

  t.equal(await demo.stop(), 0)
  t.ok(await portIsFree(port))
})

t.test('it fits 80 columns, and still works as printed', async (t) => {
  const demo = startCli(t, ['demo', '--port', '0'], {
    cwd: t.testdir(),
    env: { NO_COLOR: '1' },
    terminal: 80
  })
  await demo.printed(/Ctrl-C/)
  for (const line of demo.stdout.split('\n'))
    // A token cannot be broken.
    if (!line.includes('AUTH_HEADER')) t.ok(line.length <= 80, line)
  const [, command = ''] = /^ {2}(curl [^]*?)\n\n/m.exec(demo.stdout) ?? []
  t.match(command, ' \\\n')
  t.ok(JSON.parse((await paste(command, {})).stdout).total > 0)
  t.equal(jsonIn(demo.stdout).length, 2)
  await demo.stop()
})

t.test('the demo honours what is not about the cluster', async (t) => {
  const port = await freePort()
  const demo = startCli(t, ['demo', '--vms', '5', '--version', '9.6.19.223352'], {
    cwd: t.testdir(),
    env: {
      PORT: String(port),
      MCP_BEARER_TOKEN: 'my own',
      SCALE_HOST: 'http://wrong',
      SCALE_PASSWORD: 'of-another',
      SCALE_SESSION_FILE: 'session.json'
    }
  })
  t.equal(await demo.exit, 2)
  t.match(demo.stderr, /^MCP_BEARER_TOKEN must/, 'also when it is wrong')
  t.notMatch(demo.stderr, 'SCALE_')

  const second = startCli(t, ['demo', '--vms', '5', '--version', '9.6.19.223352'], {
    cwd: t.testdir(),
    env: { PORT: String(port), MCP_BEARER_TOKEN: 'my-own', LOG_LEVEL: 'info' }
  })
  await second.printed(/Ctrl-C/)
  t.match(second.stdout, `http://127.0.0.1:${port}`)
  t.match(second.stdout, /5 VMs on 3 simulated nodes, HyperCore 9\.6\.19\.223352/)
  t.match(second.stderr, /Warning: MCP_BEARER_TOKEN has fewer than 16 characters/)
  const answer = await fetch(`http://127.0.0.1:${port}/cluster_read`, {
    method: 'POST',
    headers: { authorization: 'Bearer my-own', 'content-type': 'application/json' },
    body: '{}'
  })
  t.match(await answer.json(), { icosVersion: '9.6.19.223352' })
  await second.printed(/"level":30.*"tool":"cluster_read"/)
  t.equal(await second.stop(), 0)
})

t.test('faults are on from the start', async (t) => {
  const demo = startCli(t, ['demo', '--port', '0', '--fault', 'error-500,path=/VirDomain'], {
    cwd: t.testdir(),
    env: { MCP_BEARER_TOKEN: 'a-token-that-is-long' }
  })
  const [, url = ''] = await demo.printed(/(http:\S+)\/docs/)
  const answer = await fetch(`${url}/vm_read`, {
    method: 'POST',
    headers: { authorization: 'Bearer a-token-that-is-long', 'content-type': 'application/json' },
    body: '{}'
  })
  t.equal(answer.status, 502)
})

t.test('it warns of what is open to the network, and of settings that it ignores', async (t) => {
  const demo = startCli(t, ['demo', '--port', '0'], {
    cwd: t.testdir(),
    env: { HOST: '0.0.0.0', READ_ONLY_MODE: 'true' }
  })
  await demo.printed(/Ctrl-C/)
  t.match(demo.stderr, /Warning: HOST is 0\.0\.0\.0: the token crosses the network in plain HTTP/)
  t.match(demo.stderr, /Warning: unknown setting READ_ONLY_MODE, did you mean READ_ONLY\?/)
  t.match(demo.stdout, /\n {2}It listens on every address of this machine: HOST is 0\.0\.0\.0\n/)
  await demo.stop()

  const local = startCli(t, ['demo', '--port', '0'], { cwd: t.testdir() })
  await local.printed(/Ctrl-C/)
  t.equal(local.stderr, '')
  t.notMatch(local.stdout, /every address/)
  await local.stop()
})

t.test('a port in use is one sentence', async (t) => {
  const port = await takenPort(t)
  const args = ['demo', '--port', String(port)]
  const { code, stderr, stdout } = await runCli(t, args, { cwd: t.testdir() })
  t.equal(code, 1)
  t.match(stderr, new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use.*--port.*\n$`))
  t.equal(stdout, '')
})

t.test('a demo in which a person approves', async (t) => {
  const cwd = t.testdir()
  const port = await freePort()
  const demo = startCli(t, ['demo', '--port', String(port), '--approval', 'lose'], { cwd })
  await demo.printed(/Ctrl-C/)
  const url = `http://127.0.0.1:${port}`
  t.match(demo.stdout, `${url}/console`)
  const [approver = ''] = /sb_[\w-]+/.exec(demo.stdout) ?? []
  const [, token = ''] = /export MCP_BEARER_TOKEN=(\S+)/.exec(demo.stdout) ?? []
  const call = async (bearer: string, tool: string, body: object) => {
    const response = await fetch(`${url}/${tool}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    return JSON.parse(await response.text())
  }
  const { items } = await call(token, 'vm_read', { filter: 'state=SHUTOFF' })
  const deletion = { vmUUID: items[0].uuid }
  t.match((await call(token, 'deleteVM', deletion)).error, {
    code: 'APPROVAL_REQUIRED',
    plan: /^p-/,
    console: `${url}/console`
  })
  t.match((await call(approver, 'deleteVM', deletion)).error, { code: 'SCOPE_REQUIRED' })
  t.ok((await call(approver, 'vm_read', {})).total > 0, 'it may read')
  await demo.stop()
  t.same(readdirSync(cwd), [], 'nothing is kept')

  const wrong = await runCli(t, ['demo', '--approval', 'all'], { cwd })
  t.match(wrong, { code: 2, stderr: /Allowed choices are off, interrupt, lose, write/ })
})

t.test('a token in a file counts in the demo', async (t) => {
  const token = 'token-of-a-file-0123456789'
  const cwd = t.testdir({ token: `${token}\n` })
  const demo = startCli(t, ['demo', '--port', '0'], {
    cwd,
    env: { MCP_BEARER_TOKEN_FILE: './token' }
  })
  const [, shown = ''] = await demo.printed(/MCP_BEARER_TOKEN=(\S+)/)
  t.equal(shown, token)
  await demo.stop()
  const none = await runCli(t, ['demo'], { cwd, env: { MCP_BEARER_TOKEN_FILE: './none' } })
  t.match(none.stderr, /MCP_BEARER_TOKEN_FILE names \S+none, which cannot be read \(ENOENT\)/)
  t.not(none.code, 0)
})

t.test('also without --approval a person can approve what acts on several objects', async (t) => {
  const demo = startCli(t, ['demo', '--port', '0'], { cwd: t.testdir() })
  const [, url = ''] = await demo.printed(/(http:\S+)\/docs/)
  await demo.printed(/Ctrl-C/)
  t.match(demo.stdout, /A person approves calls on more than MAX_TARGETS=1 objects/)
  const [approver = ''] = /sb_[\w-]+/.exec(demo.stdout) ?? []
  const [, token = ''] = /export MCP_BEARER_TOKEN=(\S+)/.exec(demo.stdout) ?? []
  const post = async (bearer: string, path: string, body: object) => {
    const response = await fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    return JSON.parse(await response.text())
  }
  const change = { vms: ['test-web-01', 'test-web-02'], action: 'snapshot', label: 'both' }
  const { error } = await post(token, 'changeVMs', change)
  t.match(error, { code: 'APPROVAL_REQUIRED', plan: /^p-/, console: `${url}/console` })
  t.match(await post(approver, `approvals/${error.plan}/approve`, {}), { state: 'APPROVED' })
  t.match(await post(token, 'changeVMs', { ...change, plan: error.plan }), { state: 'COMPLETE' })
  await demo.stop()
})

for (const approval of [[], ['--approval', 'lose']])
  t.test(`tokens of SCALE_TOKENS_FILE count in ${['demo', ...approval].join(' ')}`, async (t) => {
    const cwd = t.testdir()
    const tokens = tokensOf(t, cwd)
    const token = await tokens.create('lab', 'read,operate', '--vms', 'tag:test')
    const demo = startCli(t, ['demo', '--port', '0', ...approval], {
      cwd,
      env: { SCALE_TOKENS_FILE: tokens.path }
    })
    const [, url = ''] = await demo.printed(/(http:\S+)\/docs/)
    const call = async (tool: string, body: object) => {
      const response = await fetch(`${url}/${tool}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
      return JSON.parse(await response.text())
    }
    const { items } = await call('vm_read', {})
    t.same(items.map(({ name }: { name: string }) => name).toSorted(), [
      'test-web-01',
      'test-web-02'
    ])
    t.match((await call('deleteVM', { vm: 'test-web-02' })).error, { code: 'SCOPE_REQUIRED' })
    await tokens.run('revoke', 'lab')
    await until(async () => (await call('vm_read', {})).error !== undefined)
    t.match((await call('vm_read', {})).error, { code: 'UNAUTHORIZED', message: /was revoked/ })
    await demo.stop()
  })

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { TokenFile } from '../../src/identity/token-file.ts'
import {
  parseTokens,
  requireDistinctNames,
  type TokenRecord
} from '../../src/identity/token-record.ts'
import { editTokens } from '../../src/identity/token-store.ts'
import { silentLogger } from '../../src/lib/process/logger.ts'
import { startTestBridge, type TestBridge, type ToolAnswer } from '../helper/bridge.ts'
import { leaveLock } from '../helper/left-lock.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { post, rpc } from '../helper/mcp-raw.ts'
import { startSignedInBridge } from '../helper/signed-in-bridge.ts'
import { until } from '../helper/simulator.ts'
import { tokensOf } from '../helper/token-file.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const ping = (bridge: TestBridge, token: string): Promise<ToolAnswer> =>
  bridge.call('ping_read', {}, bearer(token))

async function start(t: Test, options: Parameters<typeof startTestBridge>[1] = {}) {
  const tokens = tokensOf(t)
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    ...options,
    tokensFile: tokens.path
  })
  return { tokens, bridge }
}

/** Waits until the token is refused; test/tokens/revoked.timing.test.ts measures how long that takes. */
const untilRefused = (bridge: TestBridge, token: string): Promise<void> =>
  until(async () => (await ping(bridge, token)).status === 401)

t.test('a token counts as soon as it is created, and no more once it is revoked', async (t) => {
  const { tokens, bridge } = await start(t)
  const token = await tokens.create('lab', 'read')
  t.match(token, /^sb_[\w-]{32}$/)
  t.equal((await ping(bridge, token)).status, 200)
  const second = await tokens.create('desk', 'read')
  t.equal((await ping(bridge, second)).status, 200, 'nothing was restarted')
  t.equal(statSync(tokens.path).mode & 0o777, 0o600)
  t.notMatch(readFileSync(tokens.path, 'utf8'), token.slice(3), 'the token itself is not kept')

  await tokens.run('revoke', 'lab')
  await untilRefused(bridge, token)
  t.match((await ping(bridge, token)).body.error, {
    code: 'UNAUTHORIZED',
    message: /^Token "lab" was revoked on \d{4}-\d\d-\d\d: ask the bridge administrator/
  })
  t.equal((await ping(bridge, second)).status, 200, 'the other one stays')
  t.equal((await ping(bridge, bridge.token)).status, 200, 'and that of the settings')
  const log = bridge.log.join('')
  for (const each of [token, second]) t.notMatch(log, each)
  t.match(
    bridge.log.map((line) => JSON.parse(line)).filter(({ tool }) => tool === 'ping_read'),
    [{ token: 'lab' }, { token: 'desk' }],
    'each line names its token'
  )
})

t.test('expired, wrong and nearly right tokens', async (t) => {
  const { tokens, bridge } = await start(t)
  const short = await tokens.create('short', 'read', '--expires', '1s')
  t.equal((await ping(bridge, short)).status, 200)
  await untilRefused(bridge, short)
  t.match((await ping(bridge, short)).body.error, {
    code: 'UNAUTHORIZED',
    message: /^Token "short" expired on \d{4}-\d\d-\d\d: ask/
  })
  const good = await tokens.create('good', 'read')
  const flipped = good.slice(0, -1) + (good.endsWith('A') ? 'B' : 'A')
  const { hash = '' } = parseTokens(readFileSync(tokens.path, 'utf8'))[1] ?? {}
  const near = [
    flipped,
    good.slice(0, -1),
    `${good}A`,
    good.slice(3),
    good.toUpperCase(),
    `sb_${'A'.repeat(32)}`,
    hash,
    'good',
    ` ${good} x`
  ]
  for (const each of near) {
    const { status, body } = await ping(bridge, each)
    t.equal(status, 401, each)
    t.match(body.error, { code: 'UNAUTHORIZED', message: /^A valid token is required/ })
  }
  t.equal((await ping(bridge, good)).status, 200)
})

t.test('a damaged file changes nothing, and a missing one takes its tokens with it', async (t) => {
  const { tokens, bridge } = await start(t)
  const [kept, revoked] = [await tokens.create('kept', 'read'), await tokens.create('old', 'read')]
  await tokens.run('revoke', 'old')
  t.equal((await ping(bridge, kept)).status, 200)
  const text = readFileSync(tokens.path, 'utf8')
  const [first] = parseTokens(text)
  const list = (...records: object[]): string => JSON.stringify({ tokens: records })
  const damaged: Record<string, string> = {
    'cut short': text.slice(0, -40),
    empty: '',
    'no tokens': '{}',
    'no objects': '{"tokens": [1]}',
    'an unknown scope': text.replace('"read"', '"reed"'),
    'a scope twice': list({ ...first, scopes: ['read', 'read'] }),
    'no scopes': list({ ...first, scopes: [] }),
    'no limit in the place of one': list({ ...first, vmTags: [] }),
    'a time that is none': list({ ...first, expiresAt: 'soon' }),
    'a field of another version': list({ ...first, hours: '9-17' }),
    'the name of MCP_BEARER_TOKEN': list({ ...first, name: 'Operator' }),
    'two valid ones of a name': list(
      { ...first },
      { ...first, id: 'aaaaaaaa', hash: 'a'.repeat(64), name: 'KEPT' }
    ),
    'two of an id': list({ ...first }, { ...first, hash: 'a'.repeat(64) })
  }
  for (const [name, content] of Object.entries(damaged)) {
    t.throws(() => requireDistinctNames(parseTokens(content), Date.now()), name)
    writeFileSync(tokens.path, content)
    await new Promise((resolve) => setTimeout(resolve, 150))
    // Looks at once.
    t.equal((await ping(bridge, `sb_${'A'.repeat(32)}`)).status, 401)
    t.equal((await ping(bridge, kept)).status, 200, name)
    t.equal((await ping(bridge, revoked)).status, 401, name)
  }
  const said = (words: string): number => bridge.log.filter((line) => line.includes(words)).length
  t.equal(said('is not used: it is not valid JSON'), 1, 'said once for each fault')
  t.equal(
    said('is not used'),
    new Set(bridge.log.flatMap((line) => /is not used: [^(]*/.exec(line) ?? [])).size
  )
  const refused = await tokens.run('new', '--name', 'x', '--scope', 'read')
  t.match(refused, { code: 1, stderr: /is damaged \(two tokens have the same id\): restore it/ })

  writeFileSync(tokens.path, text)
  chmodSync(tokens.path, 0o644)
  t.equal((await ping(bridge, `sb_${'B'.repeat(32)}`)).status, 401)
  t.equal((await ping(bridge, kept)).status, 200)
  t.match(bridge.log.join(''), /can be read by every user \(mode 644\)/)

  rmSync(tokens.path)
  await untilRefused(bridge, kept)
  t.equal(said('its tokens are no longer valid'), 1)
  t.equal((await ping(bridge, bridge.token)).status, 200)
})

t.test('two valid tokens of one name: one is revoked by its id', async (t) => {
  const { tokens, bridge } = await start(t)
  const [one, other] = [await tokens.create('desk', 'read'), await tokens.create('lab', 'read')]
  t.equal((await ping(bridge, one)).status, 200)
  writeFileSync(tokens.path, readFileSync(tokens.path, 'utf8').replace('"lab"', '"Desk"'))
  await new Promise((resolve) => setTimeout(resolve, 150))
  t.equal((await ping(bridge, `sb_${'A'.repeat(32)}`)).status, 401)
  t.match(bridge.log.join(''), /have the same name and both count: revoke one by its id/)
  const [first, second] = parseTokens(readFileSync(tokens.path, 'utf8'))
  t.match(await tokens.run('revoke', 'desk'), {
    code: 2,
    stderr: new RegExp(`The tokens ${first?.id} and ${second?.id} have this name`)
  })
  t.match(await tokens.run('revoke', second?.id ?? ''), { code: 0 })
  await untilRefused(bridge, other)
  t.equal((await ping(bridge, other)).status, 401, 'the file counts again')
  t.equal((await ping(bridge, one)).status, 200)
})

t.test('a token expires by the clock it is given', async (t) => {
  const tokens = tokensOf(t)
  const token = await tokens.create('desk', 'read', '--expires', '1h')
  const clock = { now: Date.now() }
  const file = new TokenFile(tokens.path, silentLogger, () => clock.now)
  t.match(await file.authenticate(token), { name: 'desk' })
  clock.now += 3_599_000 - 60_000
  t.match(await file.authenticate(token), { name: 'desk' })
  clock.now += 120_000
  await t.rejects(file.authenticate(token), { code: 'UNAUTHORIZED', message: /"desk" expired on/ })
})

t.test('a file that is damaged from the start is in the log', async (t) => {
  const tokens = tokensOf(t)
  writeFileSync(tokens.path, 'nonsense')
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, tokensFile: tokens.path })
  t.match(bridge.log.join(''), /is not used: it is not valid JSON.*None of its tokens is valid/)
  t.equal((await ping(bridge, bridge.token)).status, 200)
})

t.test('an unusable file does no harm', { skip: process.platform === 'win32' }, async (t) => {
  const { tokens, bridge } = await start(t)
  const token = await tokens.create('desk', 'read')
  const text = readFileSync(tokens.path)
  t.equal((await ping(bridge, token)).status, 200)
  const others: Record<string, () => void> = {
    'a folder': () => mkdirSync(tokens.path),
    'a pipe': () => void execFileSync('mkfifo', [tokens.path]),
    'a device without an end': () => symlinkSync('/dev/zero', tokens.path),
    'a huge file': () => {
      writeFileSync(tokens.path, '')
      truncateSync(tokens.path, 2 ** 31)
    }
  }
  for (const [what, make] of Object.entries(others)) {
    const from = bridge.log.length
    rmSync(tokens.path, { recursive: true })
    make()
    t.equal((await ping(bridge, `sb_${'A'.repeat(32)}`)).status, 401)
    t.match(
      bridge.log.slice(from).join(''),
      /is not used: it is (?:not a regular file|larger)/,
      what
    )
    t.equal((await ping(bridge, token)).status, 200, what)
    rmSync(tokens.path, { recursive: true })
    writeFileSync(tokens.path, text)
    await new Promise((resolve) => setTimeout(resolve, 150))
    t.equal((await ping(bridge, `sb_${'B'.repeat(32)}`)).status, 401)
    t.match(bridge.log.slice(from).join(''), /was read: valid tokens 1/, `${what} is a file again`)
    t.equal((await ping(bridge, token)).status, 200)
  }
})

t.test('a token sees and uses what its scopes allow', async (t) => {
  const { tokens, bridge } = await start(t)
  const token = await tokens.create('reader', 'read')
  const vmUUID = bridge.vm('web-01')
  const stop = await bridge.call('changeVM_state', { vmUUID, actionType: 'STOP' }, bearer(token))
  t.match(stop, {
    status: 403,
    body: { error: { code: 'SCOPE_REQUIRED', message: /ask the bridge administrator for/ } }
  })
  const client = await connectMcp(t, bridge, { token })
  const { tools } = await client.listTools()
  const names = tools.map(({ name }) => name)
  t.ok(names.includes('vm_read'))
  t.notOk(names.includes('changeVM_state'))
  const all = await (await connectMcp(t, bridge)).listTools()
  t.ok(all.tools.length > tools.length)
})

t.test('MCP_TOKEN_SCOPE narrows the token of the settings', async (t) => {
  const { bridge } = await start(t, { config: { tokenScope: ['read'] } })
  t.equal((await bridge.call('vm_read')).status, 200)
  const vmUUID = bridge.vm('web-01')
  t.match((await bridge.call('changeVM_state', { vmUUID, actionType: 'STOP' })).body.error, {
    code: 'SCOPE_REQUIRED',
    message: /MCP_TOKEN_SCOPE on the bridge decides/
  })
  t.same([...bridge.app.operator.scopes], ['read'], 'over standard input, too')
})

t.test('a token for tagged VMs, over REST and MCP', async (t) => {
  const { tokens, bridge } = await start(t)
  const all = [...bridge.simulator.world.state.virDomains.values()]
  const [own, other] = all
  if (own === undefined || other === undefined) throw new Error('two VMs are needed')
  for (const vm of all) vm.tags = ''
  own.tags = 'lab'
  const token = await tokens.create('lab', 'read,operate', '--vms', 'tag:LAB, tag:none')
  const listed = await bridge.call('vm_read', {}, bearer(token))
  t.equal(listed.body.total, 1)
  const snapshot = (vmUUID: string, label: string) =>
    bridge.call('snapshotVM', { vmUUID, label }, bearer(token))
  t.equal((await snapshot(own.uuid, 'mine')).status, 200)
  const refused = await snapshot(other.uuid, 'theirs')
  t.ok([403, 404].includes(refused.status), refused.text)

  const client = await connectMcp(t, bridge, { token })
  const read = await client.callTool({ name: 'vm_read', arguments: {} })
  t.match(read.structuredContent, { total: 1 })
  const write = await client.callTool({
    name: 'run_api',
    arguments: { method: 'PATCH', query: `/VirDomain/${other.uuid}`, payload: { description: 'x' } }
  })
  t.equal(write.isError, true)
  t.not(other.description, 'x')
})

t.test('calls are counted by who makes them, not by how the header is written', async (t) => {
  const { tokens, bridge } = await start(t, { config: { rateLimit: 4 } })
  const token = await tokens.create('busy', 'read')
  const written = [`Bearer ${token}`, `bearer ${token}`, `BEARER ${token}`, `bEARER ${token}`]
  for (const authorization of written)
    t.equal((await bridge.call('ping_read', {}, { authorization })).status, 200)
  t.equal((await ping(bridge, token)).status, 429)
  t.equal((await post(bridge, rpc('legacy', 'tools/list'), bearer(token))).status, 429)
  t.equal((await ping(bridge, bridge.token)).status, 200, 'others have calls of their own')
})

t.test('who could approve', async (t) => {
  const { tokens, bridge } = await start(t)
  const { app } = bridge
  const reader = { name: 'reader', kind: 'token', scopes: new Set(['read'] as const) } as const
  t.equal(await app.hasApprover(app.operator), false, 'not the requester')
  t.equal(await app.hasApprover(reader), true, 'MCP_BEARER_TOKEN')
  await tokens.create('ada', 'approve', '--expires', '4s')
  await until(async () => app.hasApprover(app.operator))
  t.pass('another token')
  await until(async () => !(await app.hasApprover(app.operator)))
  t.pass('until it expires')

  const narrow = await start(t, { config: { tokenScope: ['read', 'operate'] } })
  const asked = narrow.bridge.app
  t.equal(await asked.hasApprover(reader), false)
  await narrow.tokens.create('reader', 'read,approve')
  await until(async () => asked.hasApprover(asked.operator))
  t.equal(await asked.hasApprover(reader), false, 'not its own token')

  const signedIn = await startSignedInBridge(t, { simulator: { nodes: 1 } })
  const { operator } = signedIn.bridge.app
  t.equal(await signedIn.bridge.app.hasApprover(operator), true, 'somebody may sign in')
})

t.test('a change whose lock was taken away meanwhile is not written', async (t) => {
  const path = join(t.testdir(), 'tokens.json')
  await editTokens(path, () => ({ records: [], result: undefined }))
  const before = readFileSync(path, 'utf8')
  const edit = (): { records: TokenRecord[]; result: undefined } => {
    leaveLock(`${path}.lock`)
    return { records: [], result: undefined }
  }
  await t.rejects(editTokens(path, edit), { message: /is no longer held/ })
  t.equal(readFileSync(path, 'utf8'), before)
})

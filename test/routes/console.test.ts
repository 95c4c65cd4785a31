import t, { type Test } from 'tap'
import { StaticToken } from '../../src/identity/static-token.ts'
import { BridgeError } from '../../src/lib/errors/errors.ts'
import { consoleFiles } from '../../src/pages/console/files.ts'
import { addApprovers, type Holder } from '../helper/approvers.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { cookieOf, listen, signIn } from '../helper/console-stream.ts'
import { tokensOf } from '../helper/token-file.ts'
import { until } from '../helper/simulator.ts'

async function start(t: Test) {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: { approval: 'write' },
    timings: { consoleBeatMs: 50, consoleTasksMs: 50, consoleClusterMs: 50 }
  })
  return { bridge, ...addApprovers(bridge), vmUUID: bridge.vm('web-01') }
}

/** A POST of the page. */
const post = (bridge: TestBridge, path: string, cookie: string, headers = {}, body: object = {}) =>
  bridge.fetch(path, {
    method: 'POST',
    headers: { cookie, origin: bridge.url, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body)
  })

t.test('the page and its files, under a policy that runs nothing else', async (t) => {
  const { bridge } = await start(t)
  for (const [name, text] of Object.entries(consoleFiles)) {
    const path = name === 'console.html' ? '/console' : `/console/${name}`
    const found = await bridge.fetch(path)
    t.equal(found.status, 200, path)
    t.equal(found.text, text)
    const policy = String(found.headers['content-security-policy'])
    t.match(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/)
    t.match(policy, /require-trusted-types-for 'script'/)
    t.notMatch(policy, /unsafe|\*|https?:/)
  }
  const page = consoleFiles['console.html'] ?? ''
  t.notMatch(
    page,
    /<style|<script>|\son\w+=|\sstyle=|https?:\/\//,
    'nothing inline, nothing foreign'
  )
  const scripts = Object.entries(consoleFiles).filter(([name]) => name.endsWith('.js'))
  t.ok(scripts.length > 2)
  for (const [name, text] of scripts)
    t.notMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/, name)
  t.match((await bridge.fetch('/console/console.css')).headers['content-type'], 'text/css')
  t.equal((await bridge.fetch('/console/nothing.js')).status, 404)
})

t.test('a token signs in once, and a cookie stands for it', async (t) => {
  const { bridge, alice, viewer, worker } = await start(t)
  const { status, body, headers, text } = await signIn(bridge, alice)
  t.equal(status, 200)
  t.match(body, {
    signedIn: true,
    name: 'alice',
    mayApprove: true,
    person: { name: 'Alice Ames', verified: true }
  })
  const set = String(headers['set-cookie'])
  const { port } = new URL(bridge.url)
  t.match(
    set,
    new RegExp(
      `^scale_bridge_console_${port}=[\\w-]{43}; Path=/console; Max-Age=28800; HttpOnly; SameSite=Strict$`
    )
  )
  for (const each of [set, text, bridge.log.join('')]) t.notMatch(each, alice.token)
  t.notMatch(bridge.log.join(''), cookieOf({ headers }).split('=')[1] ?? '')

  const cookie = cookieOf({ headers })
  const session = (given: string) =>
    bridge.fetch('/console/session', { headers: { cookie: given } })
  t.match((await session(`a=b; ${cookie}; c=d`)).body, { signedIn: true, name: 'alice' })
  t.match((await session('')).body, { signedIn: false })
  const stale = await session(`${cookie}x`)
  t.match(stale.body, { signedIn: false })
  t.match(stale.headers['set-cookie'], /=; Path=\/console; Max-Age=0; HttpOnly/)

  t.match((await signIn(bridge, viewer)).body, { name: 'viewer', mayApprove: false })
  t.match(await signIn(bridge, worker), {
    status: 403,
    body: {
      error: { code: 'SCOPE_REQUIRED', message: /^The console requires the scope approve or read/ }
    }
  })
  t.match(await signIn(bridge, { token: 'a-wrong-token-0123456789' }), { status: 401 })
  t.equal((await bridge.fetch('/console/approvals', auth(alice))).status, 401, 'no token here')

  for (const headers of [
    { origin: bridge.url.replace('http:', 'https:') },
    { 'x-forwarded-proto': 'https' }
  ])
    t.match((await signIn(bridge, alice, headers)).headers['set-cookie'], /; Secure$/)
})

const auth = ({ token }: Holder) => ({ headers: { authorization: `Bearer ${token}` } })

t.test('pages of others decide on nothing', async (t) => {
  const { bridge, alice, plan, vmUUID } = await start(t)
  const id = await plan('snapshotVM', { vmUUID, label: 'x' })
  const cookie = cookieOf(await signIn(bridge, alice))
  const { port } = new URL(bridge.url)
  const paths = [
    `/console/approvals/${id}/approve`,
    `/console/approvals/${id}/deny`,
    '/console/logout'
  ]
  for (const path of paths)
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: 'http://127.0.0.1' },
      { origin: `http://localhost:${port}` },
      { origin: `http://evil.example@127.0.0.1:${port}x` },
      { origin: '' },
      { origin: undefined },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' }
    ])
      t.match(
        await post(bridge, path, cookie, headers),
        { status: 403, body: { error: { code: 'ORIGIN_REFUSED' } } },
        `${path} from ${JSON.stringify(headers)}`
      )
  for (const origin of ['https://evil.example', undefined])
    t.match(await signIn(bridge, alice, { origin }), { status: 403 }, 'nor do they sign in')
  t.equal((await bridge.app.plans.get(id))?.state, 'WAITING')
  t.match(await post(bridge, `/console/approvals/${id}/approve`, '', {}), { status: 401 })
  t.match((await post(bridge, `/console/approvals/${id}/approve`, cookie)).body, {
    state: 'APPROVED',
    decidedBy: 'alice'
  })
  t.equal((await bridge.fetch(`/console/approvals`, { headers: { cookie } })).status, 200)
})

t.test('an open page is notified of plans as they come and go', async (t) => {
  const { bridge, alice, plan, vmUUID } = await start(t)
  const cookie = cookieOf(await signIn(bridge, alice))
  const heard = await listen(t, bridge, cookie)
  t.match(heard.response.headers.get('content-type'), 'text/event-stream')
  t.equal(heard.response.headers.get('cache-control'), 'no-store')
  await until(() => heard.last('plans') !== undefined && heard.last('cluster') !== undefined)
  t.match(heard.last('session'), { name: 'alice' })
  t.match(heard.last('cluster'), { name: String, nodes: { up: 1, total: 1 }, vms: { total: 24 } })
  t.match(heard.last('tasks'), { tasks: [] })
  await until(() => heard.last('calls') !== undefined)
  const id = await plan('snapshotVM', { vmUUID, label: 'x' })
  await until(() => heard.text.includes(id))
  t.match(heard.last('plans'), { waiting: 1, plans: [{ id, own: false }] })
  await bridge.app.plans.approve(id, alice.principal)
  await until(() => (heard.last('plans') as { waiting: number }).waiting === 0)
  await until(() => JSON.stringify(heard.last('tokens')).includes('operator'))
  t.match(heard.last('tokens'), { tokens: [{ name: String, calls: Number }, { name: String }] })
  for (const secret of [bridge.token, alice.token]) t.notMatch(heard.text, secret)
})

t.test('the calls on record are shown, with who made and who approved them', async (t) => {
  const { bridge, alice, plan, vmUUID } = await start(t)
  const vm = bridge.simulator.world.state.virDomains.get(vmUUID)
  if (vm !== undefined) vm.name = 'web\u202e01'
  const args = { vmUUID, label: 'x' }
  const id = await plan('snapshotVM', args)
  await bridge.app.plans.approve(id, alice.principal)
  await bridge.call('snapshotVM', { ...args, plan: id, wait: 20 })
  const heard = await listen(t, bridge, cookieOf(await signIn(bridge, alice)))
  await until(() => JSON.stringify(heard.last('calls') ?? '').includes('COMPLETE'))
  const { calls } = heard.last('calls') as { calls: object[] }
  t.match(calls[0], {
    token: 'operator',
    tool: 'snapshotVM',
    effect: 'change',
    targets: ['web\\u202e01'],
    state: 'COMPLETE',
    plan: id,
    approver: 'alice'
  })
  t.notMatch(heard.text, '\u202e', 'nothing hides in it')
})

t.test('a limited token sees its own VMs, and no calls or tokens of others', async (t) => {
  const { bridge, lab, plan } = await start(t)
  const vms = [...bridge.simulator.world.state.virDomains.values()]
  const off = vms.find(({ state }) => state === 'SHUTOFF')
  const running = vms.filter(({ state }) => state === 'RUNNING').slice(0, 2)
  for (const vm of running) vm.tags = 'lab'
  await plan('deleteVM', { vmUUID: off?.uuid })
  const heard = await listen(t, bridge, cookieOf(await signIn(bridge, lab)))
  await until(() => heard.last('cluster') !== undefined && heard.last('beat') !== undefined)
  t.match(heard.last('cluster'), { vms: { running: 2, total: 2 } })
  t.match(heard.last('plans'), { plans: [] })
  t.notMatch(heard.text, /event: (?:calls|tokens)/)
})

t.test('a cluster that does not respond is said, and plans still come', async (t) => {
  const { bridge, alice } = await start(t)
  await bridge.simulator.close()
  const heard = await listen(t, bridge, cookieOf(await signIn(bridge, alice)))
  await until(() => heard.last('plans') !== undefined && heard.last('cluster') !== undefined)
  t.match(heard.last('cluster'), { problem: /node|cluster/i })
})

t.test('a stream ends with its session', async (t) => {
  const { bridge, alice } = await start(t)
  const open = async () => {
    const cookie = cookieOf(await signIn(bridge, alice))
    const stream = await listen(t, bridge, cookie)
    await until(() => stream.last('plans') !== undefined)
    return { cookie, heard: stream }
  }
  const [out, other] = [await open(), await open()]
  const left = await post(bridge, '/console/logout', out.cookie)
  t.match(left.headers['set-cookie'], /=; Path=\/console; Max-Age=0/)
  await until(() => out.heard.ended)
  t.ok(out.heard.last('end') !== undefined)
  t.equal((await bridge.fetch('/console/events', { headers: { cookie: out.cookie } })).status, 401)
  const beats = (): number => other.heard.text.split('event: beat\n').length
  const before = beats()
  await until(() => other.heard.ended || beats() > before + 1)
  t.equal(other.heard.ended, false, 'that of another browser goes on')

  // The token is revoked: it was known, and counts no more.
  bridge.app.authenticators.unshift({
    async authenticate(token) {
      if (token === alice.token) throw new BridgeError('UNAUTHORIZED', 'This token was revoked')
      return undefined
    }
  })
  await until(() => other.heard.ended)
  t.ok(other.heard.last('end') !== undefined)
  t.match((await bridge.fetch('/console/session', { headers: { cookie: other.cookie } })).body, {
    signedIn: false
  })
})

t.test(
  'a session ends with the token being forgotten, and with a token that lost its scopes',
  async (t) => {
    const { bridge, alice } = await start(t)
    const cookie = cookieOf(await signIn(bridge, alice))
    const stream = await listen(t, bridge, cookie)
    await until(() => stream.last('session') !== undefined)
    const [operator] = bridge.app.authenticators.splice(0)
    const narrowed = { ...alice.principal, scopes: new Set(['read'] as const) }
    bridge.app.authenticators.push(new StaticToken(alice.token, narrowed))
    await until(() => !(stream.last('session') as { mayApprove: boolean }).mayApprove)
    if (operator !== undefined) bridge.app.authenticators.splice(0, 1, operator)
    await until(() => stream.ended)
    t.ok(stream.last('end') !== undefined)
  }
)

t.test('a person with a token of the file approves, until it is revoked', async (t) => {
  const tokens = tokensOf(t)
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: { approval: 'write' },
    tokensFile: tokens.path,
    timings: { consoleBeatMs: 50 }
  })
  const args = { vmUUID: bridge.vm('web-01'), label: 'x' }
  t.notOk((await bridge.call('snapshotVM', args)).body.error.plan, 'nobody could approve it')
  const token = await tokens.create('ada', 'read,approve')
  await until(async () => bridge.app.hasApprover(bridge.app.operator))
  const cookie = cookieOf(await signIn(bridge, { token }))
  const heard = await listen(t, bridge, cookie)
  const call = bridge.call('snapshotVM', { ...args, wait: 60 })
  await until(() => (heard.last('plans') as { waiting?: number } | undefined)?.waiting === 1)
  const { plans } = heard.last('plans') as { plans: { id: string }[] }
  const approved = await post(bridge, `/console/approvals/${plans[0]?.id}/approve`, cookie)
  t.match(approved.body, { state: 'APPROVED', decidedBy: 'ada' })
  t.match((await call).body, { state: 'COMPLETE' })
  t.notMatch(heard.text + bridge.log.join(''), token)

  await tokens.run('revoke', 'ada')
  await until(() => heard.ended)
  t.ok(heard.last('end') !== undefined)
  t.equal((await signIn(bridge, { token })).status, 401)
  t.equal((await post(bridge, '/console/approvals/x/approve', cookie)).status, 401)
})

t.test('open pages do not hold the bridge up when it stops', async (t) => {
  const { bridge, alice } = await start(t)
  const heard = await listen(t, bridge, cookieOf(await signIn(bridge, alice)))
  await until(() => heard.last('plans') !== undefined)
  await bridge.close()
  await until(() => heard.ended)
  t.pass('it is closed')
})

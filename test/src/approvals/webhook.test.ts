import t, { type Test } from 'tap'
import { ApprovalWebhook, signatureOf, type WebhookLimits } from '../../../src/approvals/webhook.ts'
import type { Principal } from '../../../src/identity/principal.ts'
import { Outgoing } from '../../../src/lib/secrets/outgoing.ts'
import { Approvals } from '../../../src/policy/approvals.ts'
import { bindingOf } from '../../../src/policy/binding.ts'
import { addApprovers } from '../../helper/approvers.ts'
import { startTestBridge } from '../../helper/bridge.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { freePort } from '../../helper/ports.ts'
import { until } from '../../helper/simulator.ts'
import { startWebhookServer } from '../../helper/webhook-server.ts'

const caller: Principal = {
  name: 'model',
  kind: 'token',
  scopes: new Set(['read', 'lose']),
  person: { name: 'Bob', verified: false }
}
const person: Principal = { name: 'person', kind: 'token', scopes: new Set(['approve']) }

/** Plans, and what tells a server of them. */
function start(t: Test, url: string, secret: string, limits: Partial<WebhookLimits> = {}) {
  const plans = new Approvals()
  const log: string[] = []
  const note = (fields: object, message: string): void =>
    void log.push(`${JSON.stringify(fields)} ${message}`)
  const webhook = new ApprovalWebhook({
    config: { url, secret },
    plans,
    consoleUrl: () => 'https://bridge.example/console',
    outgoing: new Outgoing([{ value: 'S3cret-of-the-bridge' }]),
    logger: { debug: note, info: note, warn: note },
    limits: { postMs: 60_000, pausesMs: [20, 20, 20], ...limits }
  })
  t.teardown(() => webhook.close())
  const ask = (path = '/rest/v1/VirDomain/1') =>
    plans.ask(
      {
        tool: 'deleteVM',
        effect: 'lose',
        because: 'APPROVAL=lose, and this is lose',
        summary: `Delete VM "web\u202e01"`,
        does: 'Delete',
        vms: [],
        requests: [{ method: 'DELETE', path, body: { password: 'S3cret-of-the-bridge' } }],
        targets: [
          {
            entity: 'VirDomain',
            uuid: 'u',
            name: 'web\u202e01',
            deceptive: '',
            state: 'SHUTOFF',
            tags: [],
            loses: [],
            vm: undefined
          }
        ]
      },
      bindingOf(path, ''),
      caller,
      ''
    )
  return { plans, log, webhook, ask }
}

t.test('the signature is that of Standard Webhooks', async (t) => {
  // The example of their documentation.
  t.equal(
    signatureOf(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}'
    ),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  )
})

t.test('people are notified of each plan, once, signed, without a secret', async (t) => {
  const server = await startWebhookServer(t)
  const { plans, ask } = start(t, server.url, server.secret)
  const { id } = await ask()
  await ask()
  await until(() => server.notices.length > 0)
  await plans.deny(id, person, 'no')
  await ask('/rest/v1/VirDomain/2')
  await until(() => server.notices.length > 1)
  const [notice, ...others] = server.notices
  t.notOk(
    others.some(({ text }) => text.includes(id)),
    'neither the same again nor the decision is a notice'
  )
  t.equal(notice?.isSigned, true)
  t.match(notice?.body, {
    type: 'plan.waiting',
    text: /^Plan p-\w+ waits for approval until \d\d:\d\d UTC: Delete VM .*\. Asked for by model for Bob\. Decide at https:\/\/bridge\.example\/console$/,
    data: {
      id,
      effect: 'lose',
      targets: [{ entity: 'VirDomain', uuid: 'u', name: 'web\\u202e01', state: 'SHUTOFF' }],
      requester: 'model',
      person: { name: 'Bob', verified: false },
      console: 'https://bridge.example/console'
    }
  })
  t.notMatch(notice?.text, /S3cret|\u202e|"request"/)
})

t.test('a server that fails for a while is notified again, with the same id', async (t) => {
  const server = await startWebhookServer(t)
  const { log, ask } = start(t, server.url, server.secret)
  server.answers.push(
    (response) => response.writeHead(503).end('later'),
    (response) => response.destroy(),
    (response) => response.writeHead(429).end()
  )
  await ask()
  await until(() => server.notices.length === 4)
  t.equal(new Set(server.notices.map(({ id }) => id)).size, 1)
  t.ok(server.notices.every(({ isSigned }) => isSigned))
  t.equal(log.length, 3)
  t.match(log[0], /Tried again later.*returned 503/)
  t.notMatch(log.join(), /T0P-5ecret/, 'its path is not logged')
})

t.test('what will not do better is not tried again', async (t) => {
  const pauses = holdTimers(t, 5_000_000)
  for (const [status, words] of [
    [400, /returned 400/],
    [410, /returned 410/],
    [302, /redirects \(302\), which is not followed/],
    [307, /redirects \(307\)/]
  ] as const) {
    const server = await startWebhookServer(t)
    const { log, ask } = start(t, server.url, server.secret, { pausesMs: [5_000_000] })
    server.answers.push((response) =>
      response.writeHead(status, { location: `${server.url}/elsewhere` }).end()
    )
    await ask()
    await until(() => log.length > 0)
    t.same(pauses.waiting, [], `${status}: no other attempt is to come`)
    t.equal(server.notices.length, 1, `${status}`)
    t.match(log, [words])
    t.match(log[0], /The webhook was not notified of plan p-/)
  }
})

t.test('a server that is not there, slow or endless ends in the log', async (t) => {
  const { secret } = await startWebhookServer(t)
  const gone = start(t, `http://127.0.0.1:${await freePort()}/`, secret)
  await gone.ask()
  await until(() => gone.log.length === 4)
  t.match(gone.log[3], /The webhook was not notified.*refused the connection/)

  const silent = await startWebhookServer(t)
  const slow = start(t, silent.url, silent.secret, { postMs: 100, pausesMs: [10] })
  silent.answers.push(
    () => undefined,
    () => undefined
  )
  await slow.ask()
  t.equal(silent.notices.length, 0, 'who asks does not wait for it')
  await until(() => slow.log.length === 2)
  t.match(slow.log, [
    /Tried again later.*did not respond within 0.1 s/,
    /The webhook was not notified.*did not respond within 0.1 s/
  ])

  const server = await startWebhookServer(t)
  const pauses = holdTimers(t, 5_000_000)
  const endless = start(t, server.url, server.secret, { pausesMs: [5_000_000] })
  let isLeft = false
  server.answers.push((response) => {
    response.once('close', () => (isLeft = true))
    response.writeHead(200)
    response.write('x'.repeat(20_000))
  })
  await endless.ask()
  await until(() => isLeft)
  await endless.ask('/rest/v1/VirDomain/2')
  await until(() => server.notices.length > 1)
  t.same(pauses.waiting, [], 'a long answer is taken')
  t.equal(server.notices.length, 2)
  t.same(endless.log, [])
})

t.test('no notice is sent of a plan that no longer waits, nor too many at a time', async (t) => {
  const server = await startWebhookServer(t)
  const pauses = holdTimers(t, 5_000_000)
  const { plans, log, webhook, ask } = start(t, server.url, server.secret, {
    pausesMs: [5_000_000],
    // Longer than this test may take.
    postMs: 3_600_000,
    notices: 2
  })
  // Approved before the first attempt has failed: the next one comes too late, however soon it comes.
  server.answers.push((response) => {
    void plans.approve(id, person).then(() => response.writeHead(500).end())
  })
  const { id } = await ask('/a')
  await until(() => log.length === 1)
  t.equal(pauses.release(), 1)
  server.answers.push(
    () => undefined,
    () => undefined
  )
  for (const path of ['/b', '/c', '/d']) await ask(path)
  t.match(log[1], /The webhook was not notified.*2 notices are under way/)
  await until(() => server.notices.length === 3)
  t.same(
    server.notices.map(({ text }) => text.includes(id)),
    [true, false, false]
  )
  // The end does not wait for them.
  await webhook.close()
  t.equal(log.length, 2, 'and is no failure')
  await ask('/e')
  const other = start(t, server.url, server.secret)
  const next = await other.ask('/f')
  await until(() => server.notices.length > 3)
  t.same(
    server.notices.slice(3).map(({ body }) => body.data.id),
    [next.id],
    'nothing is begun after the end'
  )
})

t.test('a bridge tells, and no call waits for it', async (t) => {
  const server = await startWebhookServer(t)
  server.answers.push(() => undefined)
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    config: {
      approval: 'write',
      publicUrl: 'https://bridge.example',
      webhook: { url: server.url, secret: server.secret },
      secrets: [{ value: server.secret }, { value: server.url }]
    }
  })
  const { plan } = addApprovers(bridge)
  const id = await plan('snapshotVM', { vmUUID: bridge.vm('web-01'), label: 'x' })
  await until(() => server.notices.length === 1)
  t.match(server.notices[0], {
    isSigned: true,
    body: { data: { id, requester: 'operator', console: 'https://bridge.example/console' } }
  })
  const all = server.notices[0]?.text + bridge.log.join('')
  for (const secret of [bridge.token, server.secret, 'T0P-5ecret']) t.notMatch(all, secret)
})

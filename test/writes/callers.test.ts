import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const tokens = {
  'token-of-one-0123456789': { ...principalWith(['read', 'operate']), name: 'one' },
  'token-of-two-0123456789': { ...principalWith(['read', 'operate']), name: 'two' },
  'token-of-lab-0123456789': { ...principalWith(['read', 'operate'], ['lab']), name: 'lab' },
  'token-of-egress-0123456': { ...principalWith(['read', 'egress']), name: 'egress' }
}

type Token = keyof typeof tokens

const as = (bridge: TestBridge, token: Token, tool: string, args: object, headers = {}) =>
  bridge.call(tool, args, { authorization: `Bearer ${token}`, ...headers })

const snapshots = ({ simulator }: TestBridge, label: string): number =>
  [...simulator.world.state.snapshots.values()].filter((each) => each.label === label).length

t.test('a call is reported to no other caller, whether it runs or has run', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  acceptTokens(bridge, tokens)
  const payload = { domainUUID: bridge.vm('web-01'), label: 'mine' }
  const args = { method: 'POST', query: '/VirDomainSnapshot', payload }
  const snapshot = (token: Token) => as(bridge, token, 'run_api', args)
  const [one, lab, egress] = await Promise.all([
    snapshot('token-of-one-0123456789'),
    snapshot('token-of-lab-0123456789'),
    snapshot('token-of-egress-0123456')
  ])
  t.equal(one.status, 200)
  const later = await snapshot('token-of-lab-0123456789')
  for (const { status, text } of [lab, egress, later]) {
    t.ok(status >= 400, text)
    t.notMatch(text, /"createdUUID":"\w/)
  }
  t.equal(snapshots(bridge, 'mine'), 1)
  const refused = bridge.app.audit.recent(50).filter(({ kind }) => kind === 'refused')
  for (const token of ['lab', 'egress'])
    t.ok(
      refused.some((entry) => entry['token'] === token),
      `the refusal of ${token} is on record`
    )
})

t.test('one who may is not refused because another may not', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  acceptTokens(bridge, tokens)
  const args = {
    method: 'POST',
    query: '/VirDomainSnapshot',
    payload: { domainUUID: bridge.vm('web-01'), label: 'mine' }
  }
  const [egress, one] = await Promise.all([
    as(bridge, 'token-of-egress-0123456', 'run_api', args),
    as(bridge, 'token-of-one-0123456789', 'run_api', args)
  ])
  t.equal(egress.body.error.code, 'SCOPE_REQUIRED')
  t.equal(one.status, 200)
})

t.test('an Idempotency-Key is its caller’s own', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  acceptTokens(bridge, tokens)
  const vmUUID = bridge.vm('web-01')
  const key = { 'idempotency-key': 'k' }
  const [one, two] = ['token-of-one-0123456789', 'token-of-two-0123456789'] as const
  t.equal((await as(bridge, one, 'snapshotVM', { vmUUID, label: 'a' }, key)).status, 200)
  t.equal((await as(bridge, two, 'snapshotVM', { vmUUID, label: 'b' }, key)).status, 200)
  t.match((await as(bridge, one, 'snapshotVM', { vmUUID, label: 'a' }, key)).body, {
    message: /is not repeated/
  })
  t.equal(snapshots(bridge, 'a'), 1)
  t.equal(snapshots(bridge, 'b'), 1)
})

t.test('what a caller may not see of a response is refused on record, too', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  acceptTokens(bridge, tokens)
  const path = `/VirDomain/${bridge.vm('web-01')}`
  // No list, which could be shown in part.
  bridge.simulator.faults.add({ kind: 'no-body', method: 'GET', path, body: '{}' })
  const args = { method: 'GET', query: path }
  const { body } = await as(bridge, 'token-of-lab-0123456789', 'run_api', args)
  t.equal(body.error.code, 'TARGET_REFUSED')
  t.match(
    bridge.app.audit.recent(9).filter(({ kind }) => kind === 'refused'),
    [{ code: 'TARGET_REFUSED', token: 'lab', method: 'GET', path }]
  )
})

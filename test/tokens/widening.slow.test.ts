import fc from 'fast-check'
import t from 'tap'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { rpc } from '../helper/mcp-raw.ts'
import { tokensOf } from '../helper/token-file.ts'

/** Words that could mean who calls or what they may do, as names of headers, fields and parameters. */
const names = [
  'authority',
  'principal',
  'scope',
  'scopes',
  'x-scopes',
  'x-openwebui-user-role',
  'x-openwebui-user-name',
  'x-openwebui-user-jwt',
  'x-forwarded-user',
  'x-original-authorization',
  'x-http-method-override',
  'idempotency-key',
  'proxy-authorization',
  'cookie',
  'token',
  'access_token',
  'plan',
  'approved',
  'confirm',
  'vmTags',
  'tools',
  'kind',
  '_meta',
  '__proto__',
  'constructor'
]

const words = ['operator', 'admin', 'true', '*', 'all', 'operate', scopes.join(' '), scopes.join()]

const attack = fc.record({
  headers: fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...words), { maxKeys: 4 }),
  query: fc.dictionary(fc.constantFrom(...names), fc.constantFrom(...words), { maxKeys: 3 }),
  body: fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(
      fc.constantFrom<unknown>(...words, true, [...scopes]),
      fc.constant<unknown>({ scopes: [...scopes], kind: 'operator', name: 'operator' })
    ),
    { maxKeys: 2 }
  ),
  surface: fc.constantFrom('rest', 'mcp'),
  call: fc.constantFrom(
    ['snapshotVM', { label: 'x' }] as const,
    ['changeVM_state', { actionType: 'STOP' }] as const,
    ['deleteVM', {}] as const,
    ['updateVM', { description: 'x' }] as const,
    ['run_api', { method: 'PATCH', payload: { description: 'x' }, validate: false }] as const
  ),
  second: fc.nat(15).map((n) => n === 0)
})

t.test('nothing that a request holds makes its token wider', async (t) => {
  const tokens = tokensOf(t)
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 }, tokensFile: tokens.path })
  const token = await tokens.create('reader', 'read')
  const vmUUID = bridge.vm('web-01')
  const counts = { refused: 0, other: 0 }
  await fc.assert(
    fc.asyncProperty(attack, async ({ headers, query, body, surface, call, second }) => {
      const [tool, args] = call
      const target = tool === 'run_api' ? { query: `/VirDomain/${vmUUID}` } : { vmUUID }
      const given = { ...body, ...args, ...target }
      const sent: Record<string, string> = {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...headers,
        authorization: second ? `Bearer ${token}, Bearer ${bridge.token}` : `Bearer ${token}`
      }
      const search = new URLSearchParams(query).toString()
      const isMcp = surface === 'mcp'
      const message = rpc('legacy', 'tools/call', { name: tool, arguments: given, ...body })
      const { status, text } = await bridge.fetch(`/${isMcp ? 'mcp' : tool}?${search}`, {
        method: 'POST',
        headers: sent,
        body: JSON.stringify(isMcp ? message : given)
      })
      if (text.includes('SCOPE_REQUIRED') || /requires the scope/.test(text)) counts.refused++
      else counts.other++
      const writes = bridge.simulator.requests.filter(
        ({ method, path }) => method !== 'GET' && !/\/log(in|out)$/.test(path)
      )
      return status < 500 && writes.length === 0
    }),
    { numRuns: 300 }
  )
  t.ok(counts.refused > 30, `by its scopes: ${counts.refused}, as wrong input: ${counts.other}`)
  const snapshot = await bridge.call('snapshotVM', { vmUUID, label: 'x' })
  t.equal(snapshot.status, 200)
  t.ok(
    bridge.simulator.requests.some(({ path }) => path.includes('/VirDomainSnapshot')),
    'the same call writes with a token that may'
  )
})

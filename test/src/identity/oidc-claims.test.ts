import fc from 'fast-check'
import type { JWTPayload } from 'jose'
import t from 'tap'
import {
  clientOf,
  type ClaimOptions,
  personIn,
  scopesOf,
  vmTagsOf
} from '../../../src/identity/oidc-claims.ts'
import { scopes } from '../../../src/identity/scope.ts'
import { tokenPurpose } from '../../../src/identity/token-purpose.ts'

const map = new Map([
  ['ops', ['read', 'operate'] as const],
  ['/vm admins', ['read', 'operate', 'interrupt', 'lose'] as const]
])

t.test('what claims grant', async (t) => {
  const table: [JWTPayload, ClaimOptions, string][] = [
    [{ scope: 'openid read operate' }, {}, 'read operate'],
    [{ scope: ' operate  read ' }, {}, 'read operate'],
    [{ scope: ['read', 'lose'] }, {}, 'read lose'],
    [{ scp: ['read'] }, {}, 'read'],
    [{ scp: 'read control' }, {}, 'read control'],
    [{ scope: 'read', scp: ['operate'] }, {}, 'read operate'],
    [{ scope: 'scale-bridge:read hypercore:lose' }, {}, 'read lose'],
    [{ scope: 'other:read READ reader read-only unread change' }, {}, ''],
    [{ scope: 'scale-bridge:scale-bridge:read' }, {}, ''],
    [{ groups: ['read'], roles: ['operate'] }, {}, ''],
    [{ scope: { read: true } }, {}, ''],
    [{ scope: 7 }, {}, ''],
    [{ scope: [['read'], { read: 1 }, null] }, {}, ''],
    [{}, {}, ''],
    [{ groups: ['ops'] }, { scopeClaim: 'groups', scopeMap: map }, 'read operate'],
    [
      { groups: ['ops', '/vm admins'] },
      { scopeClaim: 'groups', scopeMap: map },
      'read operate interrupt lose'
    ],
    [{ groups: ['read', 'Ops', 'ops '] }, { scopeClaim: 'groups', scopeMap: map }, 'read operate'],
    [{ groups: ['control'] }, { scopeClaim: 'groups', scopeMap: map }, ''],
    [{ scope: 'read', groups: ['x'] }, { scopeClaim: 'groups', scopeMap: map }, ''],
    [{ groups: ['read'] }, { scopeClaim: 'groups' }, 'read'],
    [{ scope: 'ops' }, { scopeMap: map }, 'read operate'],
    [{ realm_access: { roles: ['read'] } }, { scopeClaim: 'realm_access.roles' }, 'read'],
    [{ 'https://x.example/roles': ['read'] }, { scopeClaim: 'https://x.example/roles' }, 'read'],
    [{ realm_access: 'roles' }, { scopeClaim: 'realm_access.roles' }, ''],
    [{}, { scopeClaim: 'constructor.name' }, ''],
    [{}, { scopeClaim: '__proto__' }, '']
  ]
  for (const [claims, options, expected] of table)
    t.equal(
      [...scopesOf(claims, options)].join(' '),
      expected,
      JSON.stringify([claims, options.scopeClaim])
    )
})

t.test('whatever a claim holds, it grants our scopes alone, and nothing fails', async () => {
  const names = fc.constantFrom('scope', 'scp', 'groups', 'azp', 'sub', 'preferred_username', 'vms')
  const claims = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }))
  const options = fc.record({
    scopeClaim: fc.option(fc.constantFrom('groups', 'scope', 'a.b'), { nil: undefined }),
    scopeMap: fc.option(fc.constant(map), { nil: undefined }),
    vmTagsClaim: fc.option(fc.constant('vms'), { nil: undefined })
  })
  fc.assert(
    fc.property(claims, options, (claims, options) => {
      const known = [...scopesOf(claims, options)].every((scope) => scopes.includes(scope))
      const tags = vmTagsOf(claims, options)
      const person = personIn(claims)
      return (
        known &&
        (options.vmTagsClaim !== undefined || tags === undefined) &&
        clientOf(claims).length > 0 &&
        (person === undefined || person.name !== '')
      )
    })
  )
})

t.test('VMs by a claim', async (t) => {
  const vmTagsClaim = 'vms'
  t.equal(vmTagsOf({ vms: ['lab'] }, {}), undefined, 'only where the setting names one')
  t.same(vmTagsOf({ vms: ['lab', 'tag:test'] }, { vmTagsClaim }), ['lab', 'test'])
  t.same(vmTagsOf({ vms: 'lab, test' }, { vmTagsClaim }), ['lab', 'test'])
  t.same(vmTagsOf({}, { vmTagsClaim }), [], 'without it: none')
  t.same(vmTagsOf({ vms: { lab: true } }, { vmTagsClaim }), [])
  t.equal(vmTagsOf({ vms: '*' }, { vmTagsClaim }), undefined, 'all, where it says so')
})

t.test('the program and the person', async (t) => {
  t.equal(clientOf({ azp: 'a', client_id: 'b', sub: 'c' }), 'a')
  t.equal(clientOf({ client_id: 'b\n{"forged": 1}' }), 'b {"forged": 1}')
  t.equal(clientOf({ client_id: 'x'.repeat(5000) }).length, 254)
  t.equal(clientOf({}), 'unknown client')
  const people: [JWTPayload, string | undefined][] = [
    [{ sub: 'u1', preferred_username: 'ada', email: 'a@x.example' }, 'ada'],
    [{ sub: 'u1', email: 'a@x.example' }, 'a@x.example'],
    [{ sub: 'u1' }, 'u1'],
    [{ sub: 'u1', preferred_username: '' }, 'u1'],
    [{ sub: 'u1', preferred_username: { a: 1 } }, 'u1'],
    [{ sub: 'report', client_id: 'report' }, undefined],
    [{ sub: 'report', azp: 'report', preferred_username: 'ada' }, undefined],
    [{ sub: 'o1', azp: 'x', idtyp: 'app' }, undefined],
    [{ sub: 'x@clients', azp: 'x', gty: 'client-credentials' }, undefined],
    [{}, undefined]
  ]
  for (const [claims, name] of people) t.equal(personIn(claims)?.name, name, JSON.stringify(claims))
})

t.test('access tokens, and what else a provider signs', async (t) => {
  const access: [string | undefined, JWTPayload][] = [
    ['at+jwt', {}],
    ['AT+JWT', { nonce: 'n' }],
    ['application/at+jwt', {}],
    ['JWT', { scope: '' }],
    [undefined, { scp: [] }],
    ['JWT', { client_id: 'x' }],
    ['JWT', { typ: 'Bearer', nonce: 'n' }],
    ['JWT', { token_use: 'access' }],
    ['JWT', { appid: 'x' }]
  ]
  const others: [string | undefined, JWTPayload][] = [
    ['id+jwt', { scope: 'read' }],
    ['logout+jwt', { scope: 'read' }],
    ['dpop+jwt', {}],
    ['JWT', {}],
    [undefined, { azp: 'x', groups: ['read'] }],
    ['JWT', { scope: 'read', nonce: 'n' }],
    ['JWT', { client_id: 'x', at_hash: 'h' }],
    ['JWT', { typ: 'ID', scope: 'read' }],
    ['at+jwt', { typ: 'Refresh' }],
    ['JWT', { token_use: 'id', scope: 'read' }],
    ['JWT', { typ: ['Bearer'] }],
    ['at+jwt', { events: {} }]
  ]
  for (const [typ, claims] of access)
    t.equal(tokenPurpose({ alg: 'RS256', typ }, claims), 'access', JSON.stringify([typ, claims]))
  for (const [typ, claims] of others)
    t.not(tokenPurpose({ alg: 'RS256', typ }, claims), 'access', JSON.stringify([typ, claims]))
})

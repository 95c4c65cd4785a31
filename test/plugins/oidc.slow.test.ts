import { generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { ada, desk, machine } from '../helper/oidc-provider.ts'
import { startSignedInBridge } from '../helper/signed-in-bridge.ts'

const seconds = (more: number): number => Math.floor(new Date().getTime() / 1000) + more

/** Another type, algorithm or claim in a token that is already signed. */
function rewritten(token: string, header: object, claims: object = {}): string {
  const [first = '', second = '', signature = ''] = token.split('.')
  const part = (text: string, more: object): string => {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString()) as object
    return Buffer.from(JSON.stringify({ ...value, ...more })).toString('base64url')
  }
  return [part(first, header), part(second, claims), signature].join('.')
}

t.test('tokens that the provider issues for this bridge', async (t) => {
  const { bridge, provider, resource, callWith } = await startSignedInBridge(t)
  t.equal((await callWith(bridge.token)).status, 200, 'MCP_BEARER_TOKEN goes on working')
  t.equal(provider.requests.length, 0, 'and nobody asks the provider about it')

  t.equal((await callWith(await provider.machineToken(resource))).status, 200, 'of a program')
  const { access_token: token = '', id_token: idToken = '' } = await provider.signIn(resource)
  t.equal((await callWith(token)).status, 200, 'of a person: authorization code and PKCE')
  t.equal(provider.count('/jwks'), 1, 'the keys are read once')
  const line = bridge.log.filter((line) => line.includes('tool called')).at(-1) ?? ''
  t.match(JSON.parse(line), { user: 'ada' }, 'the log names the person')
  t.notMatch(bridge.log.join(''), token, 'and no token')
  t.notMatch(JSON.stringify(bridge.simulator.requests), token.slice(0, 40), 'nor does the cluster')

  const { status, body, headers } = await callWith(idToken)
  t.equal(status, 401, 'an ID token of the same sign-in is none')
  t.match(body.error, { code: 'UNAUTHORIZED', message: /not issued for this bridge/ })
  t.match(headers['www-authenticate'], /error="invalid_token"/)

  const elsewhere = await provider.machineToken('https://other.example/mcp')
  t.match(await callWith(elsewhere), { status: 401, body: { error: { code: 'UNAUTHORIZED' } } })
})

t.test('who calls, and what the token grants', async (t) => {
  const { bridge, provider, resource, callWith } = await startSignedInBridge(t)
  const reading = await provider.machineToken(resource, 'read')
  t.equal((await callWith(reading)).status, 200)
  const vmUUID = bridge.vm('web-01')
  const before = bridge.simulator.requests.length
  const { status, body, headers } = await callWith(reading, 'deleteVM', { vmUUID })
  t.equal(status, 403)
  t.match(body.error, {
    code: 'SCOPE_REQUIRED',
    message: /deleteVM requires the scope lose, and this token has read: .*identity provider/,
    scope: 'lose'
  })
  const challenge = String(headers['www-authenticate'])
  t.match(challenge, /^Bearer realm="scale-bridge", resource_metadata="http:/)
  t.match(challenge, /, scope="lose", error="insufficient_scope"/)
  t.equal(bridge.simulator.requests.length, before, 'the cluster is not asked')

  const nothing = await callWith(await provider.sign(claimsOf(resource, provider.issuer, 'email')))
  t.match(nothing, { status: 403, body: { error: { code: 'SCOPE_REQUIRED', scope: 'read' } } })
  t.match(nothing.headers['www-authenticate'], /scope="read", error="insufficient_scope"/)
})

const claimsOf = (aud: string, iss: string, scope: string): Record<string, unknown> => ({
  iss,
  aud,
  scope,
  client_id: 'desk',
  exp: seconds(60)
})

t.test('tokens that are refused', async (t) => {
  const { bridge, provider, resource, callWith, claims } = await startSignedInBridge(t)
  const good = await provider.sign(claims())
  t.equal((await callWith(good)).status, 200, 'the form of all that follow')
  const stranger = await generateKeyPair('RS256', { extractable: true })
  const strangerJwk = { kty: 'RSA', n: 'AQAB', e: 'AQAB' }
  const pem = new TextEncoder().encode(await provider.publicPem())
  const { id_token: idToken = '' } = await provider.signIn(resource)

  const refused: [string, string, RegExp][] = [
    [
      'another audience',
      await provider.sign(claims({ aud: 'https://other.example' })),
      /not issued for this bridge/
    ],
    ['no audience', await provider.sign(claims({ aud: undefined })), /not issued for this bridge/],
    [
      'the audience as a part',
      await provider.sign(claims({ aud: `${resource}/x` })),
      /not issued for this bridge/
    ],
    ['another issuer', await provider.sign(claims({ iss: 'https://evil.example' })), /issuer/],
    ['no issuer', await provider.sign(claims({ iss: undefined })), /issuer/],
    ['a slash behind it', await provider.sign(claims({ iss: `${provider.issuer}/` })), /issuer/],
    ['expired', await provider.sign(claims({ exp: seconds(-40) })), /expired/],
    ['no end', await provider.sign(claims({ exp: undefined })), /"exp".*missing/],
    ['not yet valid', await provider.sign(claims({ nbf: seconds(60) })), /not valid yet/],
    ['an end that is no number', await provider.sign(claims({ exp: 'never' })), /"exp"/],
    ['tampered claims', rewritten(good, {}, { scope: 'read lose' }), /signature/],
    ['a cut signature', good.slice(0, -8), /signature/],
    ['no signature', `${good.split('.').slice(0, 2).join('.')}.`, /signature/],
    ['alg none', rewritten(good, { alg: 'none' }).replace(/[^.]*$/, ''), /signed with "none"/],
    ['alg None', rewritten(good, { alg: 'None' }).replace(/[^.]*$/, ''), /signed with "None"/],
    ['no alg', rewritten(good, { alg: undefined }), /signed with "undefined"/],
    [
      'HS256 with the public key',
      await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(pem),
      /signed with "HS256"/
    ],
    [
      "a stranger's key under the provider's kid",
      await new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', kid: kidOf(good) })
        .sign(stranger.privateKey),
      /signature/
    ],
    [
      'a key of its own in the header',
      await new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', kid: 'mine', jwk: strangerJwk })
        .sign(stranger.privateKey),
      /does not publish/
    ],
    ['another algorithm', rewritten(good, { alg: 'ES256' }), /does not publish/],
    ['an extension it must know', rewritten(good, { crit: ['x'], x: 1 }), /form is wrong/],
    ['type logout', await provider.sign(claims(), { typ: 'logout+jwt' }), /type \(typ\)/],
    ['type dpop', await provider.sign(claims(), { typ: 'dpop+jwt' }), /type \(typ\)/],
    ['an ID token', idToken, /not issued for this bridge/],
    [
      'an ID token for the same audience',
      await provider.sign(claims({ nonce: 'n', scope: undefined }), { typ: 'JWT' }),
      /ID token/
    ],
    [
      'an ID token with groups alone',
      await provider.sign(
        claims({ scope: undefined, client_id: undefined, azp: 'desk', groups: ['read'] }),
        { typ: undefined }
      ),
      /ID token/
    ],
    ['an ID token of Keycloak', await provider.sign(claims({ typ: 'ID' })), /ID token/],
    ['a refresh token of it', await provider.sign(claims({ typ: 'Refresh' })), /refresh token/],
    ['a logout token', await provider.sign(claims({ events: {} }), { typ: 'JWT' }), /logout token/],
    ['bound to a key', await provider.sign(claims({ cnf: { jkt: 'x' } })), /bound to a key/],
    ['an opaque token', 'x9'.repeat(20), /sign in at http:/],
    ['three parts of nothing', 'a.b.c', /sign in at http:/]
  ]
  const before = bridge.simulator.requests.length
  for (const [name, token, reason] of refused) {
    const { status, body, headers } = await callWith(token)
    t.equal(status, 401, name)
    t.match(body.error, { code: 'UNAUTHORIZED', message: reason }, name)
    t.same(Object.keys(body.error), ['code', 'message'], name)
    t.match(headers['www-authenticate'], /, error="invalid_token", error_description="/, name)
  }
  t.match(
    await bridge.fetch('/mcp', {
      method: 'POST',
      headers: { authorization: `Bearer ${idToken}`, 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    }),
    {
      status: 401,
      headers: { 'www-authenticate': /invalid_token/ },
      body: { error: { message: /not issued for this bridge/ } }
    },
    'over MCP too'
  )
  t.equal(bridge.simulator.requests.length, before, 'nothing reached the cluster')
  t.equal(bridge.log.filter((line) => line.includes('internal error')).length, 0)
  t.equal((await callWith(good)).status, 200, 'a good one goes on working')
})

const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string })
    .kid

t.test('clocks that are a little apart', async (t) => {
  const { provider, callWith, claims } = await startSignedInBridge(t)
  const late = claims({ exp: seconds(-20) })
  t.equal((await callWith(await provider.sign(late))).status, 200)
  t.equal((await callWith(await provider.sign(claims({ nbf: seconds(20) })))).status, 200)
})

t.test('forms of good tokens that providers have', async (t) => {
  const { provider, resource, callWith, claims } = await startSignedInBridge(t, {
    oidc: {
      audience: {
        resource: 'https://bridge.example',
        accepted: ['https://bridge.example', 'api://bridge']
      }
    }
  })
  const good: [string, Record<string, unknown>, string | undefined][] = [
    ['several audiences', { aud: ['account', 'https://bridge.example'] }, 'JWT'],
    ['a URL with its slash', { aud: 'https://bridge.example/' }, 'at+jwt'],
    ['a further audience', { aud: 'api://bridge' }, 'application/at+jwt'],
    ['Keycloak', { aud: 'api://bridge', typ: 'Bearer', azp: 'desk', nonce: 'n' }, 'JWT'],
    ['Entra', { aud: 'api://bridge', scope: undefined, scp: 'read', azp: 'x', ver: '2.0' }, 'JWT'],
    ['no type', { aud: 'api://bridge' }, undefined]
  ]
  for (const [name, more, typ] of good)
    t.equal((await callWith(await provider.sign(claims(more), { typ }))).status, 200, name)
  t.equal((await callWith(await provider.sign(claims({ aud: resource })))).status, 401)
})

t.test('groups instead of scopes, and VMs by a claim', async (t) => {
  const { bridge, provider, callWith, claims } = await startSignedInBridge(t, {
    oidc: {
      scopeClaim: 'groups',
      scopeMap: new Map([['vm-operators', ['read', 'operate'] as const]]),
      vmTagsClaim: 'vms'
    }
  })
  const operators = await provider.sign(claims({ groups: ['staff', 'vm-operators'] }))
  t.equal((await callWith(operators)).status, 200)
  const scoped = await provider.sign(claims({ groups: ['staff', 'read'] }))
  t.equal((await callWith(scoped)).status, 403, 'no word but those of the map grants anything')
  const { body } = await bridge.fetch('/.well-known/oauth-protected-resource')
  t.notOk('scopes_supported' in body, 'nobody can request a group')
  const { headers } = await callWith('')
  t.notMatch(headers['www-authenticate'], /scope=/)
})

t.test('how a client finds the provider (RFC 9728)', async (t) => {
  const { bridge, provider, resource } = await startSignedInBridge(t, {
    config: { corsOrigins: ['https://app.example'] }
  })
  const { status, headers } = await bridge.fetch('/mcp', { method: 'POST', body: '{}' })
  t.equal(status, 401)
  const challenge = String(headers['www-authenticate'])
  t.match(challenge, /^Bearer realm="scale-bridge", /)
  t.match(challenge, /scope="read operate"/)
  t.notMatch(challenge, /error=/, 'nothing was wrong with a token that was not sent')
  const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  t.equal(url, `${new URL(resource).origin}/.well-known/oauth-protected-resource/mcp`)
  for (const path of ['', '/mcp']) {
    const answer = await bridge.fetch(`/.well-known/oauth-protected-resource${path}`)
    t.match(answer, { status: 200, headers: { 'content-type': /^application\/json/ } })
    t.same(answer.body, {
      resource,
      authorization_servers: [provider.issuer],
      scopes_supported: ['read', 'operate', 'interrupt', 'lose', 'egress', 'control', 'approve'],
      bearer_methods_supported: ['header'],
      resource_name: 'scale-bridge'
    })
  }
  const page = await bridge.fetch('/mcp', {
    method: 'POST',
    headers: { origin: 'https://app.example' },
    body: '{}'
  })
  t.match(page.headers['access-control-expose-headers'], /www-authenticate/)
  const registration = await bridge.fetch('/register', { method: 'POST' })
  t.equal(registration.status, 400)
  t.match(registration.body, { error: 'access_denied', error_description: provider.issuer })
})

t.test('a bridge without sign-in has none of it', async (t) => {
  const bridge = await startTestBridge(t)
  const { headers } = await bridge.fetch('/mcp', { method: 'POST', body: '{}' })
  t.equal(headers['www-authenticate'], 'Bearer realm="scale-bridge"')
  t.equal((await bridge.fetch('/.well-known/oauth-protected-resource')).status, 404)
  t.equal((await bridge.fetch('/.well-known/oauth-protected-resource/mcp')).status, 404)
})

t.test('a program and a person are distinguished', async (t) => {
  const { bridge, provider, resource } = await startSignedInBridge(t)
  const seen: unknown[] = []
  for (const token of [
    await provider.machineToken(resource),
    (await provider.signIn(resource))['access_token'] ?? ''
  ])
    for (const authenticator of bridge.app.signIn.authenticators)
      seen.push(await authenticator.authenticate(token))
  t.match(seen, [
    { name: machine.id, kind: 'oidc', person: undefined },
    {
      name: desk.id,
      kind: 'oidc',
      person: { name: ada.preferred_username, verified: true, id: ada.sub }
    }
  ])
})

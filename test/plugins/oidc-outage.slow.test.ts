import t from 'tap'
import { startOidcProvider } from '../helper/oidc-provider.ts'
import { startSignedInBridge } from '../helper/signed-in-bridge.ts'

const forever = 3_600_000

t.test('a flood of unknown keys', async (t) => {
  const { provider, callWith, claims } = await startSignedInBridge(t)
  const tokens = await Promise.all(
    Array.from({ length: 50 }, (_, i) => provider.sign(claims(), { kid: `invented-${i}` }))
  )
  const results = await Promise.all(tokens.map((token) => callWith(token)))
  t.same(new Set(results.map(({ status }) => status)), new Set([401]))
  t.equal(provider.count('/jwks'), 1, 'asks the provider once')
  t.equal((await callWith(await provider.sign(claims()))).status, 200)
  t.equal(provider.count('/jwks'), 1)
})

t.test('the provider changes its key', async (t) => {
  const { provider, resource, callWith } = await startSignedInBridge(t, {
    timings: { keysCooldownMs: 0, keysFreshMs: forever }
  })
  const old = await provider.machineToken(resource)
  t.equal((await callWith(old)).status, 200)
  await provider.rotate()
  const next = await provider.machineToken(resource)
  t.equal((await callWith(next)).status, 200, 'the new one is looked up')
  t.equal(provider.count('/jwks'), 2)
  t.match(
    await callWith(old),
    { status: 401, body: { error: { message: /does not publish/ } } },
    'and the old one is not trusted any more'
  )
})

t.test('a key that was withdrawn', async (t) => {
  const { provider, resource, callWith } = await startSignedInBridge(t, {
    timings: { keysCooldownMs: 0, keysFreshMs: 0 }
  })
  const old = await provider.machineToken(resource)
  t.equal((await callWith(old)).status, 200)
  await provider.rotate()
  t.equal((await callWith(old)).status, 401, 'is refused once the keys are read again')
})

t.test('a provider that is down from the start', async (t) => {
  const provider = await startOidcProvider(t)
  await provider.stop()
  const { bridge, callWith, claims } = await startSignedInBridge(t, {
    provider,
    timings: { keysRetryMs: 0 }
  })
  t.equal((await callWith(bridge.token)).status, 200, 'the other tokens work')
  const token = await provider.sign(claims())
  const { status, body, headers } = await callWith(token)
  t.equal(status, 503, 'it is not the fault of the token')
  t.match(body.error, {
    code: 'OIDC_UNAVAILABLE',
    message: /identity provider 127\.0\.0\.1:\d+ refused the connection/,
    retryAfterSeconds: Number
  })
  t.match(headers['retry-after'], /^\d+$/)
  t.notOk(headers['www-authenticate'], 'nobody is told to sign in again')
  t.match(await callWith('not.a.token'), { status: 401 })
  await provider.start()
  t.equal((await callWith(token)).status, 200, 'it recovers by itself')
})

t.test('a provider that goes down later', async (t) => {
  const { bridge, provider, callWith, claims } = await startSignedInBridge(t, {
    timings: { keysFreshMs: 0, keysCooldownMs: 0, keysRetryMs: 0 }
  })
  const token = await provider.sign(claims())
  t.equal((await callWith(token)).status, 200)
  await provider.stop()
  for (let i = 0; i < 3; i++)
    t.equal((await callWith(token)).status, 200, 'the keys that were read are enough')
  const unknown = await callWith(await provider.sign(claims(), { kid: 'perhaps-new' }))
  t.match(unknown, { status: 503, body: { error: { code: 'OIDC_UNAVAILABLE' } } })
  const warnings = bridge.log.filter((line) => line.includes('The identity provider'))
  t.equal(warnings.length, 1, 'the log says it once')
  await provider.start()
  t.equal((await callWith(token)).status, 200)
  t.ok(bridge.log.some((line) => line.includes('can be reached again')))
})

t.test('keys are not believed for ever', async (t) => {
  const { provider, callWith, claims } = await startSignedInBridge(t, {
    timings: { keysFreshMs: 0, keysStaleMs: 0, keysCooldownMs: 0, keysRetryMs: 0 }
  })
  const token = await provider.sign(claims())
  await provider.stop()
  t.match(await callWith(token), { status: 503 })
})

t.test('a provider that does not respond as one', async (t) => {
  const cases: [typeof provider.fault, RegExp][] = [
    ['html', /returned no JSON object/],
    ['reset', /closed the connection/],
    [500, /returned 500/],
    [404, /has no \/\.well-known/],
    [302, /returned 302/],
    ['hang', /did not respond within 5 s/]
  ]
  const provider = await startOidcProvider(t)
  const { callWith, claims } = await startSignedInBridge(t, {
    provider,
    timings: { keysRetryMs: 0 }
  })
  const token = await provider.sign(claims())
  for (const [fault, reason] of cases) {
    provider.fault = fault
    const { status, body } = await callWith(token)
    t.equal(status, 503, String(fault))
    t.match(body.error, { code: 'OIDC_UNAVAILABLE', message: reason }, String(fault))
  }
  provider.fault = undefined
  t.equal((await callWith(token)).status, 200)
})

t.test('many calls while the provider is down ask it once', async (t) => {
  const provider = await startOidcProvider(t)
  provider.fault = 503
  const { callWith, claims } = await startSignedInBridge(t, { provider })
  const token = await provider.sign(claims())
  const results = await Promise.all(Array.from({ length: 100 }, () => callWith(token)))
  t.same(new Set(results.map(({ status }) => status)), new Set([503]), 'and are not told to slow')
  t.equal(provider.requests.length, 1)
})

t.test('an issuer by another name', async (t) => {
  const provider = await startOidcProvider(t)
  const { port } = new URL(provider.issuer)
  const { callWith, claims } = await startSignedInBridge(t, {
    provider,
    oidc: { issuer: `http://localhost:${port}` }
  })
  const { status, body } = await callWith(
    await provider.sign(claims({ iss: `http://localhost:${port}` }))
  )
  t.equal(status, 503)
  t.match(body.error.message, /calls itself "http:\/\/127\.0\.0\.1:\d+": set OIDC_ISSUER/)
})

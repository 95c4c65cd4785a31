import t from 'tap'
import { ourScopes } from '../helper/oidc-provider.ts'
import { startSignedInBridge } from '../helper/signed-in-bridge.ts'
import { mountFixtures } from './fixtures/mount.ts'
import { orSkip, versions } from './packages.ts'
import { runSuite } from './suite.ts'
import { summary } from './summary.ts'
import { startTokenProxy } from './token-proxy.ts'

/**
 * The suite has scenarios for clients that sign in (`auth/…`) and for authorization servers, and none
 * for what stands between the two. So those for servers are run, with an access token of a real provider.
 */
const { program: suite, skip } = await orSkip({
  name: '@modelcontextprotocol/conformance',
  bin: 'conformance',
  needsNewNode: true
})

t.test('revision 2026-07-28, with an access token of a provider', { skip }, async (t) => {
  if (suite === undefined) return
  const { bridge, provider, resource } = await startSignedInBridge(t)
  await mountFixtures(bridge.app)
  const token = await provider.machineToken(resource, ourScopes)
  const url = `${await startTokenProxy(t, bridge.url, token)}/mcp`
  const { exitCode, scored, output } = await runSuite(suite, url, '2026-07-28')
  const failing = scored.filter(({ failed }) => failed > 0)
  summary(
    `conformance ${versions['@modelcontextprotocol/conformance']}, revision 2026-07-28, signed in: ` +
      `${scored.length - failing.length} of ${scored.length} scored scenarios pass`
  )
  t.equal(scored.length, 37, 'every scenario of the revision was run')
  t.equal(exitCode, 0, 'none fails', { output })
})

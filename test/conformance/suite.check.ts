import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { mountFixtures } from './fixtures/mount.ts'
import { orSkip, versions } from './packages.ts'
import { summary } from './summary.ts'
import { expectedToFail, type Revision, runSuite } from './suite.ts'
import { startTokenProxy } from './token-proxy.ts'

const { program: suite, skip } = await orSkip({
  name: '@modelcontextprotocol/conformance',
  bin: 'conformance',
  needsNewNode: true
})

interface Run {
  revision: Revision
  /** Scenarios a revision requires of servers. */
  required: number
  /** Add the tools, resources and prompts the suite asks for. */
  fixtures: boolean
  /** Of `expected/`. */
  expected?: string
}

const runs: Run[] = [
  { revision: '2026-07-28', required: 37, fixtures: true },
  { revision: '2025-11-25', required: 30, fixtures: true, expected: '2025-11-25' },
  { revision: '2026-07-28', required: 37, fixtures: false, expected: '2026-07-28-product' },
  { revision: '2025-11-25', required: 30, fixtures: false, expected: '2025-11-25-product' }
]

for (const { revision, required, fixtures, expected } of runs) {
  const subject = fixtures ? 'the bridge with test tools' : 'the bridge as it is'
  const name = `revision ${revision}, ${subject}`
  t.test(name, { skip }, async (t) => {
    if (suite === undefined) return
    const bridge = await startTestBridge(t)
    if (fixtures) await mountFixtures(bridge.app)
    const url = `${await startTokenProxy(t, bridge.url, bridge.token)}/mcp`

    const { exitCode, scored, output } = await runSuite(suite, url, revision, expected)
    const failing = scored.filter(({ failed }) => failed > 0)
    const known = expected === undefined ? [] : await expectedToFail(expected)
    const passed = scored.length - failing.length
    const checks = scored.reduce((sum, { passed }) => sum + passed, 0)
    const missed = failing.reduce((sum, { failed }) => sum + failed, 0)
    const asExpected = exitCode === 0 ? ' as expected' : `, ${known.length} expected to`
    summary(
      `conformance ${versions['@modelcontextprotocol/conformance']}, ${name}: ` +
        `${passed} of ${scored.length} scored scenarios pass (${checks} checks)` +
        (failing.length === 0 ? '' : `, ${failing.length} fail${asExpected} (${missed} checks)`)
    )
    t.equal(scored.length, required, 'every scenario of the revision was run')
    t.equal(exitCode, 0, 'exactly what is expected fails', { output })
  })
}

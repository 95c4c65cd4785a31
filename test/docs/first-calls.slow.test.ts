import t from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { docPages, fencesIn, readPage } from '../helper/docs.ts'
import { missingPrograms, run } from '../helper/shell.ts'
import { asDemo } from './generated.ts'

/** Every page with curl lines, after the one that sets the variables the others use. */
const first = 'docs/first-calls.md'
const others = docPages.filter((page) => page !== first && page !== 'README.md')

/** Blocks of shell that call the bridge or its simulated cluster, in the order they are pasted. */
const curlBlocks = (page: string): string[] =>
  fencesIn(readPage(page))
    .filter(({ info, code }) => info === 'sh' && /curl -sSk? [^|\n]*(?:\$BRIDGE|:8443)/.test(code))
    .map(({ code }) => code)

/** Of a dry run nothing is known, as nothing was sent. */
const failedWrite =
  /"createdUUID":"[^"]*","state":"(ERROR|UNKNOWN)","progressPercent":\d+,"message":"(?!Not sent, as dry_run)/

/** Reports the status of each call, and leaves its response alone. */
const wrapper = `
set -u
curl() { command curl --max-time 60 --write-out '%{stderr}<status %{http_code}>' "$@"; }
`

async function paste(
  { url, token, simulator }: TestBridge,
  blocks: string[]
): Promise<{
  calls: { line: string; status: string; got?: string }[]
  stdout: string
  rest: string
  exitCode: number | null
}> {
  const script = blocks
    .join('\n')
    .replaceAll('http://127.0.0.1:5075', url)
    .replaceAll('https://127.0.0.1:8443', simulator.urls[0] ?? '')
  const { exitCode, stdout, stderr } = await run('bash', [], {
    input: wrapper + script,
    env: { MCP_BEARER_TOKEN: token }
  })
  const statuses = [...stderr.matchAll(/<status (\d+)>/g)].map(([, status]) => status)
  const calls = [...script.matchAll(/curl -sS/g)].map(({ index }, i) => {
    const [line = ''] = script.slice(index).split(/(?<!\\)\n/)
    return { line, status: /# returns (\d+)/.exec(line)?.[1] ?? '200', got: statuses[i] }
  })
  return { calls, stdout, rest: stderr.replaceAll(/<status \d+>/g, ''), exitCode }
}

t.test(
  'every curl line works when it is pasted',
  { skip: missingPrograms('bash', 'curl') },
  async (t) => {
    const [, maxTargets] = /MAX_TARGETS=(\d+) npm run demo/.exec(readPage(first)) ?? []
    const bridge = await startTestBridge(t, {
      ...asDemo,
      config: { importSources: [], maxTargets: Number(maxTargets) }
    })
    const blocks = [...curlBlocks(first), ...others.flatMap(curlBlocks)]
    const { calls, stdout, rest, exitCode } = await paste(bridge, blocks)
    t.ok(calls.length > 45, `${calls.length} calls`)
    for (const { line, status, got } of calls) t.equal(got, status, line)
    t.equal(exitCode, 0)
    t.equal(rest, '', 'nothing is complained of')
    t.notMatch(stdout, failedWrite, 'no write failed')
    t.match(stdout, /app-01 is [0-9a-f-]{36}\n/, 'the uuid was found')

    const names = [...bridge.simulator.world.state.virDomains.values()].map(({ name }) => name)
    t.ok(names.includes('app-01-try'), 'the clone is there')
    t.ok(names.includes('app-01-back'), 'the import is there')
    t.notOk(names.includes('try-01'), 'what was deleted is gone')
    t.same(bridge.simulator.faults.list(), [], 'the faults are cleared again')
  }
)

t.test('every tool is called in the first calls', async (t) => {
  const { app } = await startTestBridge(t)
  const page = readPage(first)
  for (const name of app.tools.keys()) t.match(page, `$BRIDGE/${name} `, name)
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { packageRoot, packageVersion } from '../../src/lib/files/package-info.ts'
import { cliPath, runCli } from '../helper/run-cli.ts'
import { type Case, cases, ways } from './cases.ts'
import { login } from './direct.ts'
import { labelOf, measureCase, type Stage } from './measure.ts'
import {
  type Party,
  safeties,
  type Safety,
  startBridgeParty,
  startCluster,
  startFastify,
  startForwarder
} from './party.ts'
import { asMarkdown, asText, compared, machine, type Report } from './report.ts'
import { measureMemory, measureStart } from './whole-process.ts'

const help = `npm run bench -- [options]

The built bridge beside a bare forwarder and the cluster itself, in one run.

  --only PATTERN    rows whose "CASE / WAY" matches, such as "one VM", "/ rest$", "raw list 1000 / (forw|rest$)";
                    "start" and "memory" are rows, too
  --callers LIST    how many call at once (default 1,16,64)
  --seconds N       of each row (default 1.5)
  --calls N         of the measurement of memory (default 100000)
  --json FILE       writes the figures
  --compare FILE    prints what changed since those
  --cli FILE        another build (default dist/cli.js)
  --cpu-prof DIR    writes a CPU profile of each bridge
  --write           writes the table into docs/performance.md`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    callers: { type: 'string', default: '1,16,64' },
    seconds: { type: 'string', default: '1.5' },
    calls: { type: 'string', default: '100000' },
    json: { type: 'string' },
    compare: { type: 'string' },
    cli: { type: 'string', default: cliPath },
    'cpu-prof': { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

const page = join(packageRoot, 'docs', 'performance.md')
const block = /(<!-- measured -->)[\s\S]*?(<!-- \/measured -->)/

function positive(name: 'seconds' | 'calls', text: string): number {
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new Error(`--${name} takes a number above 0`)
}

const pattern = new RegExp(values.only, 'i')
const isWanted = (label: string): boolean => pattern.test(label)
const seconds = positive('seconds', values.seconds)
const calls = positive('calls', values.calls)
const callersList = values.callers.split(',').map(Number)
if (callersList.some((count) => !Number.isInteger(count) || count < 1))
  throw new Error('--callers takes whole numbers from 1, such as 1,16')

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const parties: Party[] = []
const started = <T extends Party>(party: T): T => {
  parties.push(party)
  return party
}

async function stopAll(): Promise<void> {
  for (const party of parties.splice(0).toReversed()) await party.stop()
}

const wantedWays = (each: Case, safety?: Safety): boolean =>
  ways.some((way) => isWanted(labelOf(each.name, way, safety)))

/** A token for the VMs with a tag, which all have. */
async function limitedToken(own: string): Promise<string> {
  const args = 'token new --name bench --scope read,operate --vms tag:lab'.split(' ')
  const { code, stdout, stderr } = await runCli({ teardown: () => undefined }, args, {
    cwd: own,
    env: { XDG_STATE_HOME: join(own, 'state') }
  })
  const token = stdout.trim().split(/\s+/).at(-1)
  if (code !== 0 || token === undefined) throw new Error(stderr)
  return token
}

/** Starts all parties in front of a cluster with the number of VMs of the group. */
async function openStage(group: readonly Case[]): Promise<Stage> {
  const [first] = group
  if (first === undefined) throw new Error('There is nothing to measure')
  const { party: clusterParty, facts: cluster } = await startCluster(first.upstream, first.vms)
  started(clusterParty)
  const others = {
    direct: clusterParty,
    forwarder: started(await startForwarder(cluster)),
    fastify: started(await startFastify(cluster))
  }
  const bridges = new Map<Safety, Party>()
  let limited = ''
  for (const safety of safeties) {
    if (!group.some((each) => wantedWays(each, safety))) continue
    const own = join(folder, `${first.upstream}-${first.vms}-${safety}`)
    mkdirSync(own)
    if (safety === 'safe') limited = await limitedToken(own)
    const profile = values['cpu-prof']
    const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
    bridges.set(
      safety,
      started(
        await startBridgeParty(cluster, { folder: own, safety, cli: values.cli, nodeOptions })
      )
    )
  }
  const session = await login(cluster.url)
  return { cluster, clusterParty, others, bridges, session, limitedToken: limited }
}

async function measureGroup(group: readonly Case[], report: Report): Promise<void> {
  const stage = await openStage(group)
  for (const each of group)
    for (const callers of callersList) {
      process.stderr.write(`${each.name}, ${callers} callers\n`)
      report.rows.push(...(await measureCase(stage, each, { callers, seconds, isWanted })))
    }
  const [first] = group
  for (const [safety, bridge] of stage.bridges) {
    const { rssMiB, peakMiB } = await bridge.cost()
    const name = `${first?.upstream} ${first?.vms} VMs${safety === 'safe' ? ' safe' : ''}`
    report.bridges[name] = { rssMiB, peakMiB }
  }
  await stopAll()
}

async function measureAll(): Promise<Report> {
  const report: Report = {
    machine: machine(),
    at: new Date().toISOString(),
    version: packageVersion,
    secondsEach: seconds,
    rows: [],
    bridges: {}
  }
  const wanted = cases.filter((each) => safeties.some((safety) => wantedWays(each, safety)))
  const groups = new Map<string, Case[]>()
  for (const each of wanted) {
    const name = `${each.upstream} ${each.vms}`
    groups.set(name, [...(groups.get(name) ?? []), each])
  }
  for (const group of groups.values()) await measureGroup(group, report)
  if (isWanted('start') || isWanted('memory')) {
    const { party, facts } = await startCluster('stub', 20)
    started(party)
    if (isWanted('start')) report.start = await measureStart(facts, folder, values.cli)
    if (isWanted('memory')) report.memory = await measureMemory(facts, folder, values.cli, calls)
  }
  return report
}

async function writePage(report: Report): Promise<void> {
  const before = readFileSync(page, 'utf8')
  if (!block.test(before)) throw new Error('docs/performance.md has no place for the figures')
  const text = before.replace(block, (_, begin: string, end: string) =>
    [begin, asMarkdown(report), end].join('\n\n')
  )
  const config = await resolveConfig(page)
  writeFileSync(page, await format(text, { ...config, parser: 'markdown' }))
}

if (values.help) console.log(help)
else
  try {
    const report = await measureAll()
    console.log(asText(report))
    if (values.compare !== undefined)
      console.log(
        `\n${compared(JSON.parse(readFileSync(values.compare, 'utf8')) as Report, report)}`
      )
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
    if (values.write) await writePage(report)
  } finally {
    await stopAll()
    rmSync(folder, { recursive: true })
  }

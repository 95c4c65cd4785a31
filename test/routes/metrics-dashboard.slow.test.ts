import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/lib/files/package-info.ts'

const text = readFileSync(join(packageRoot, 'examples/grafana/scale-bridge.json'), 'utf8')

// oxlint-disable-next-line typescript/no-explicit-any -- it is broken on purpose
type Change = (dashboard: any) => void

/** A panel of a type. */
// oxlint-disable-next-line typescript/no-explicit-any -- it is broken on purpose
const first = ({ panels }: any, type: string): any =>
  panels.find((panel: { type: string }) => panel.type === type)

/** Of each, what TypeScript says names this. */
const broken: Record<string, { change: Change; said: RegExp }> = {
  'a type of panel': {
    change: (all) => (first(all, 'stat').type = 'singlestats'),
    said: /"singlestats"/
  },
  'the value of an option': {
    change: (all) => (first(all, 'stat').options.colorMode = 'bright'),
    said: /"bright"/
  },
  'the name of an option': {
    change: (all) => (first(all, 'timeseries').options.legends = {}),
    said: /"legends"/
  },
  'an option of another panel': {
    change: (all) => (first(all, 'timeseries').options.graphMode = 'none'),
    said: /"graphMode"/
  },
  'the name of a field': {
    change: (all) => (first(all, 'stat').fieldConfig.defaults.units = 'short'),
    said: /"units"/
  },
  'the mode of thresholds': {
    change: (all) => (first(all, 'stat').fieldConfig.defaults.thresholds.mode = 'relative'),
    said: /"relative"/
  },
  'a field of the graph': {
    change: (all) => (first(all, 'timeseries').fieldConfig.defaults.custom.stacking.mode = 'piled'),
    said: /"piled"/
  },
  'no fieldConfig.defaults': {
    change: (all) => delete first(all, 'stat').fieldConfig.defaults,
    said: /'defaults'/
  },
  'the source of a panel': {
    change: (all) => (first(all, 'stat').datasource = 'Prometheus'),
    said: /'string'|"Prometheus"/
  },
  'the source of a query': {
    change: (all) => (first(all, 'timeseries').targets[0].datasource.type = 'loki'),
    said: /"loki"/
  },
  'no expression': {
    change: (all) => delete first(all, 'stat').targets[0].expr,
    said: /'expr'/
  },
  'the type of a variable': {
    change: ({ templating }) => (templating.list[1].type = 'queries'),
    said: /"queries"/
  },
  'a size': {
    change: (all) => (first(all, 'stat').gridPos.w = '4'),
    said: /'string'|"4"/
  },
  'a key of the dashboard': { change: (all) => (all.refreshes = '5s'), said: /"refreshes"/ }
}

/** What the compiler says of each of these, by the types of Grafana. */
async function checked(
  dashboards: readonly unknown[]
): Promise<{ said: string[]; others: string[] }> {
  // Below the root, where the packages are found.
  const folder = mkdtempSync(join(packageRoot, 'node_modules', '.dashboards-'))
  try {
    const types = JSON.stringify(join(packageRoot, 'test/routes/dashboard-types.ts'))
    for (const [i, dashboard] of dashboards.entries())
      writeFileSync(
        join(folder, `dashboard-${i}.ts`),
        `import type { GrafanaDashboard } from ${types}\nexport const dashboard: GrafanaDashboard = ${JSON.stringify(dashboard, undefined, 2)}\n`
      )
    const config = {
      extends: join(packageRoot, 'tsconfig.json'),
      compilerOptions: { types: [] },
      include: [join(folder, '*.ts')],
      exclude: []
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc')
    const printed = await new Promise<string>((resolve) => {
      const args = [process.execPath, tsc, '--pretty', 'false', '-p', folder]
      // tap's runner puts a loader into every Node, which the compiler does not start with.
      execFile('env', ['-u', 'NODE_OPTIONS', ...args], (error, out, err) => {
        resolve(error === null || out !== '' ? out : `${error.message}\n${err}`)
      })
    })
    const said = dashboards.map(() => '')
    const others: string[] = []
    let last = -1
    for (const line of printed.split('\n').filter((each) => each !== '')) {
      // An error continues in indented lines.
      if (!line.startsWith(' ')) last = Number(/dashboard-(\d+)\.ts\(/.exec(line)?.[1] ?? -1)
      if (last === -1) others.push(line)
      else said[last] += `${line}\n`
    }
    return { said, others }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

t.test('the dashboard is one by the types of Grafana, and a broken one is none', async (t) => {
  t.setTimeout(120_000)
  const all = Object.entries(broken).map(([name, { change, said }]) => {
    const dashboard: unknown = JSON.parse(text)
    change(dashboard)
    return { name, dashboard, said }
  })
  const { said, others } = await checked([
    JSON.parse(text),
    ...all.map(({ dashboard }) => dashboard)
  ])
  t.same(others, [], 'nothing but dashboards is wrong')
  t.equal(said[0], '', 'the example')
  for (const [i, each] of all.entries()) t.match(said[i + 1], each.said, `wrong: ${each.name}`)
})

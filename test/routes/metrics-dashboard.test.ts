import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { codeRows, section } from '../helper/docs.ts'

interface Panel {
  id: number
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets: { refId: string; expr: string; legendFormat: string }[]
}

interface Dashboard {
  panels: Panel[]
  templating: { list: { name: string; definition?: string }[] }
}

const file = 'examples/grafana/scale-bridge.json'
const { panels, templating } = JSON.parse(await readFile(file, 'utf8')) as Dashboard
const targets = panels.flatMap(({ title, targets: all }) =>
  all.map((target) => ({ title, ...target }))
)

/** Names of metrics, with the labels each has, by the text of a bridge that was used. */
function exported(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
      found.set(name + suffix, new Set())
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm))
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) found.get(name)?.add(label)
  return found
}

/** Prometheus adds these to what it scrapes. */
const added = ['job', 'instance']

t.test('the dashboard asks for what is exported, by the labels it has', async (t) => {
  const bridge = await startTestBridge(t, { config: { readOnly: true } })
  await bridge.call('vm_read')
  await bridge.call('createVM', { name: 'refused' })
  const writable = await startTestBridge(t)
  await writable.call('snapshotVM', { vmUUID: 'web-01', label: 'one', wait: 30 })
  const sharing = await startTestBridge(t, { store: 'postgres://x:x@127.0.0.1:1/x' })
  const text = await Promise.all([bridge, writable, sharing].map((each) => each.fetch('/metrics')))
  const known = exported(text.map((response) => response.text).join('\n'))
  for (const { title, expr, legendFormat } of targets) {
    const names = [...expr.matchAll(/\b(?:scale_bridge|process|nodejs)_\w+/g)].map(String)
    t.equal(names.length, 1, `${title}: one metric in ${expr}`)
    const labels = known.get(names[0] ?? '')
    t.ok(labels, `${title}: ${names[0]} is exported`)
    const inMatchers = [...expr.matchAll(/[{,]\s*(\w+)(?:=|!=|=~|!~)"/g)].map(([, label]) => label)
    const inBy = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by = '']) => by.split(/,\s*/))
    const inLegend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
    for (const label of [...inMatchers, ...inBy, ...inLegend])
      t.ok(
        added.includes(label ?? '') || labels?.has(label ?? ''),
        `${title}: ${names[0]} has the label ${label}`
      )
    if (inBy.length > 0)
      t.same(
        inLegend.filter((label) => !inBy.includes(label ?? '')),
        [],
        `${title}: the legend names what is kept`
      )
  }
  for (const { definition } of templating.list.filter((each) => each.definition !== undefined))
    t.ok(known.has(/\((\w+),/.exec(definition ?? '')?.[1] ?? ''), String(definition))
})

/** Names of the bridge's own metrics, those of a bridge with a shared database included. */
async function ownMetrics(t: Test): Promise<string[]> {
  const alone = await startTestBridge(t)
  // None listens there: the metrics are the same.
  const sharing = await startTestBridge(t, { store: 'postgres://x:x@127.0.0.1:1/x' })
  const [ofOne, all] = await Promise.all(
    [alone, sharing].map(async (bridge) => {
      const { text } = await bridge.fetch('/metrics')
      return [...text.matchAll(/^# TYPE (scale_bridge_\w+)/gm)].map(([, name = '']) => name)
    })
  )
  t.same(
    all?.filter((name) => ofOne?.includes(name) !== true),
    ['scale_bridge_store_reachable'],
    'what only several bridges have'
  )
  return all ?? []
}

t.test('what the bridge exports by its own names is shown, and documented', async (t) => {
  const own = await ownMetrics(t)
  t.ok(own.length > 10)
  const shown = targets.map(({ expr }) => expr).join(' ')
  t.same(
    own.filter((name) => !shown.includes(name)),
    []
  )
  const rows = codeRows(section('docs/deployment.md', 'Prometheus'))
  const documented = rows.flatMap(([names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `scale_bridge_${name}`)
  )
  t.same(documented.toSorted(), own.toSorted())
})

t.test('what bridges on one database have in common is not added up', async (t) => {
  const shared = /scale_bridge_(?:plans|ledger_writes|cluster_sessions|store_reachable)\b/
  const asked = targets.filter(({ expr }) => shared.test(expr))
  t.ok(asked.length >= 5)
  for (const { title, expr } of asked)
    t.match(expr, /(?:\b(?:max|min) by \(job(?:, \w+)*\) \(|^min\()scale_bridge_/, title)
})

t.test('panels have their own ids and places', async (t) => {
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    t.ok(x + w <= 24)
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`)
  })
  t.equal(new Set(cells).size, cells.length, 'none lies over another')
})

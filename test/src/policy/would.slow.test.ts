import t from 'tap'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { itWould } from '../../../src/policy/would.ts'
import { startTestBridge } from '../../helper/bridge.ts'
import { argsOf, samples, subjectsOf } from '../../tools.ts'

/** Every verb that a sentence may continue with. */
const verbs =
  'add|carry out|change|close|connect|copy|create|delete|empty|end|exchange|give|insert|let|mark|move|open|pause|put|register|rename|replace|restart|resume|send|set|shut|start|stop|switch|tag|take|trust|turn|undo|update'
const infinitive = new RegExp(`^It would: (?:\\d+\\. )?(?:${verbs})\\b`)
/** A sentence after the colon: it names what acts before its verb. */
const clause = new RegExp(`^It would have this effect: (?!(?:${verbs})(?:e?s)?\\b)\\S+ \\S+`)

/** All reasons that the catalog gives, wherever it holds them. */
function reasonsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, each] of Object.entries(value)) {
    if ((key === 'x-effect-reason' || key === 'reason') && typeof each === 'string') found.add(each)
    else reasonsIn(each, found)
  }
  return found
}

t.test('what the catalog says of a request makes a sentence', async (t) => {
  const path = join(packageRoot, 'openapi', 'hypercore.json')
  const reasons = reasonsIn(JSON.parse(await readFile(path, 'utf8')))
  t.ok(reasons.size > 80)
  for (const reason of reasons) {
    const said = itWould(`${reason}: VM "web-01"`)
    t.ok(infinitive.test(said) || clause.test(said), said)
    t.ok(said.endsWith(': VM "web-01"'))
  }
})

t.test('third person, sentences and infinitives', async (t) => {
  for (const [summary, said] of [
    ['deletes a VM with its disks: VM "a"', 'It would: delete a VM with its disks: VM "a"'],
    ['copies a disk', 'It would: copy a disk'],
    ['switches off the cluster', 'It would: switch off the cluster'],
    ['closes the support tunnel', 'It would: close the support tunnel'],
    ['trusts the key of another cluster', 'It would: trust the key of another cluster'],
    ['move off node 10.20.0.11 3 VMs', 'It would: move off node 10.20.0.11 3 VMs'],
    ['Compare two snapshots', 'It would: compare two snapshots'],
    ['STOP cuts the power', 'It would have this effect: STOP cuts the power'],
    ['vlan moves a VM', 'It would have this effect: vlan moves a VM'],
    ['the data goes elsewhere', 'It would have this effect: the data goes elsewhere']
  ] as const)
    t.equal(itWould(summary), said)
})

t.test('every tool that writes says in a dry run what it would do', async (t) => {
  const bridge = await startTestBridge(t)
  const about = subjectsOf(bridge, 'would-01')
  const writers = samples.filter(
    ({ tool, effect }) =>
      effect !== 'reads' && bridge.app.tools.get(tool)?.input.properties['dry_run'] !== undefined
  )
  t.ok(writers.length > 15)
  for (const sample of writers) {
    const args = await argsOf(sample, about, bridge)
    const { status, body } = await bridge.call(sample.tool, { ...args, dry_run: true })
    if (sample.refused === true) continue
    if (sample.tool === 'run_api') {
      // The sample only reads.
      t.equal(status, 200)
      continue
    }
    const said = /It would.*/s.exec(String(body.message))?.[0] ?? String(body.message)
    t.ok(infinitive.test(said) || clause.test(said), `${sample.tool}: ${said}`)
    // Later ones need what it creates.
    await bridge.call(sample.tool, args)
  }
})

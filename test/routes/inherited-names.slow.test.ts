import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

/** What every object of the language has, and no table of ours. */
const inherited = ['constructor', '__proto__', 'toString', 'valueOf']

t.test('names that every object has mean nothing, wherever a text is due', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 4, speed: 5_000 } })
  const vmUUID = bridge.vm('web-01')
  let calls = 0
  const broken: string[] = []
  for (const tool of bridge.app.tools.values()) {
    const names = Object.keys(tool.input.properties)
    const waits = names.includes('wait') ? { wait: 0 } : {}
    // Together with one that is the other's reason to be looked at.
    const base = names.includes('vmUUID') ? { vmUUID } : {}
    for (const name of names)
      for (const word of inherited)
        for (const value of [word, `${word}:1`, [word], { [word]: 1 }, { [word]: { [word]: 1 } }]) {
          if (name === 'wait') continue
          const args = JSON.stringify({ ...base, ...waits, [name]: value, dry_run: undefined })
          const { status, body } = await bridge.call(tool.name, args)
          calls += 1
          if (status >= 500) broken.push(`${tool.name} ${args}: ${body.error?.message}`)
        }
  }
  t.ok(calls > 1_000, `${calls} calls`)
  t.same(broken, [])
  t.same(
    bridge.log.filter((line) => line.includes('"level":50')),
    []
  )
})

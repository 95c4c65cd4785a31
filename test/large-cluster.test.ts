import t from 'tap'
import { startTestBridge } from './helper/bridge.ts'

t.test('1,000 VMs with every field, without a memory jump', async (t) => {
  const started = performance.now()
  const bridge = await startTestBridge(t, { simulator: { vms: 1000 } })
  t.ok(performance.now() - started < 5000, 'the simulated cluster starts in about a second')
  t.equal(bridge.simulator.world.state.virDomains.size, 1000)

  const list = () => bridge.call('vm_read', { detail: 'full' })
  const first = await list()
  t.equal(first.status, 200)
  t.equal(first.body.returned, 1000)
  t.ok(first.text.length > 2_000_000)

  global.gc?.()
  const before = process.memoryUsage.rss()
  for (let i = 0; i < 10; i++) await list()
  const grownMiB = (process.memoryUsage.rss() - before) / 1024 ** 2
  t.comment(`ten lists later: ${grownMiB.toFixed(0)} MiB more, simulator and caller included`)
  t.ok(grownMiB < 250)

  const short = await bridge.call('vm_read', { limit: 20 }, { accept: 'text/plain' })
  t.equal(short.text.split('\n').length, 22)
})

import t from 'tap'
import { startTestBridge } from './helper/bridge.ts'
import { run, sourceProgram } from './helper/shell.ts'

t.test('1,000 VMs', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 1000 } })
  t.equal(bridge.simulator.world.state.virDomains.size, 1000)

  const whole = await bridge.call('run_api', { query: '/VirDomain', method: 'GET' })
  t.equal(whole.status, 200)
  t.equal(whole.body.body.length, 1000)
  t.ok(whole.text.length > 2_000_000, 'every field of every VM')
  t.match(whole.body.notes[0], /^This response is about \d{7} tokens: fields and limit .*vm_read$/)

  const full = await bridge.call('vm_read', { detail: 'full', max_tokens: 100_000 })
  t.equal(full.body.total, 1000)
  t.ok(full.body.returned > 50, `${full.body.returned} whole VMs in 100,000 tokens`)

  const short = await bridge.call('vm_read', { limit: 20 }, { accept: 'text/plain' })
  t.equal(short.text.split('\n').length, 22)
})

t.test('starts in a moment and lists without a memory jump', async (t) => {
  const program = ['--expose-gc', ...sourceProgram('test/helper/large-lists.ts')]
  const { stdout } = await run(process.execPath, program)
  const { startMs, rssMiB, heapMiB } = JSON.parse(stdout) as Record<string, number>
  t.comment(
    `the simulated cluster starts in ${startMs} ms; ten lists later: ${rssMiB} MiB more, ` +
      `${heapMiB} MiB of it in use; simulator and caller included`
  )
  t.ok(startMs !== undefined && startMs < 1000, 'well within a second')
  t.ok(rssMiB !== undefined && rssMiB < 60)
  t.ok(heapMiB !== undefined && heapMiB < 4)
})

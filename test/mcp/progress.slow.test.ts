import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { clientKinds, connectUser } from '../helper/mcp-users.ts'
import { until } from '../helper/simulator.ts'
import { everythingThatWaits, isProgress, told } from './told-progress.ts'

for (const kind of clientKinds)
  t.test(`progress over HTTP, ${kind}`, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
    await everythingThatWaits(t, bridge, await connectUser(t, kind, bridge))
  })

t.test('a wait in which nothing moves, or that ends before what it waits for', async (t) => {
  const bridge = await startTestBridge(t, {
    simulator: { speed: 0 },
    timings: { heartbeatMs: 1000 }
  })
  const isHeard = async (kind: 'v2 modern' | 'v1', vm: string): Promise<void> => {
    const user = await connectUser(t, kind, bridge)
    const calls: [tool: string, args: Record<string, unknown>, subject: string][] = [
      ['changeVM_state', { actionType: 'SHUTDOWN' }, `SHUTDOWN of VM "${vm}": `],
      ['exportVM', {}, `Export of VM "${vm}": `]
    ]
    const vmUUID = bridge.vm(vm)
    for (const [tool, args, subject] of calls) {
      const { notes, late } = await told(user, tool, { vmUUID, wait: 3, ...args })
      isProgress(t, notes)
      t.equal(late, 0, `${tool} says nothing after its result`)
      for (const { message } of notes) t.ok(message?.startsWith(subject), String(message))
      const repeated = notes.filter(({ message }) => / \(\d s\)$/.test(message ?? ''))
      t.ok(repeated.length > 0, `${tool} says again and again that it goes on`)
      t.match(
        notes.at(-1)?.message,
        /: the VM is still [A-Z]+$| \(task \d+\), it is still running$/
      )
      t.ok((notes.at(-1)?.progress ?? 100) < 100, 'it is not done')
    }
  }
  await Promise.all([isHeard('v2 modern', 'web-01'), isHeard('v1', 'web-02')])
})

t.test('a VM that is shut down in time', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  for (const [i, kind] of clientKinds.entries()) {
    const args = {
      vmUUID: bridge.vm(['web-01', 'web-02', 'app-01'][i] ?? ''),
      actionType: 'SHUTDOWN'
    }
    const { notes, text, late } = await told(
      await connectUser(t, kind, bridge),
      'changeVM_state',
      args,
      bridge.simulator.world.clock
    )
    isProgress(t, notes)
    t.equal(late, 0, 'nothing after the result')
    t.match(notes[0]?.message, /^SHUTDOWN of VM \S+: the VM is (RUNNING|SHUTDOWN)$/)
    t.match(notes.at(-1)?.message, /^VM \S+ is shut down$/)
    t.equal(notes.at(-1)?.progress, 100)
    t.match(text, `message: ${notes.at(-1)?.message}`)
  }
})

t.test('nothing is said to those who did not ask', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const looks = (): number =>
    bridge.simulator.requests.filter(({ path }) => path.includes('/TaskTag/')).length
  for (const era of eras)
    for (const progressToken of [undefined, 'a', 7]) {
      const meta = progressToken === undefined ? {} : { _meta: { progressToken } }
      const args = { vmUUID: bridge.vm('app-01'), label: `${era} ${progressToken}` }
      const params = { name: 'snapshotVM', arguments: args, ...meta }
      const before = looks()
      const call = bridge.fetch('/mcp', {
        method: 'POST',
        headers: rpcHeaders(era, bridge.token, 'tools/call', 'snapshotVM'),
        body: JSON.stringify(rpc(era, 'tools/call', params))
      })
      // The second look: what the first one saw has been said.
      await until(() => looks() >= before + 2)
      bridge.simulator.world.clock.advance(60_000)
      const { status, text } = await call
      t.equal(status, 200)
      const said = text.match(/"notifications\/progress"/g)?.length ?? 0
      if (progressToken === undefined) t.equal(said, 0, `${era}: silence`)
      else {
        t.ok(said > 0, `${era}: progress`)
        t.match(
          text,
          `"progressToken":${JSON.stringify(progressToken)}`,
          'with the token of the client'
        )
      }
    }
})

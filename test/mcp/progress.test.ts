import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'
import { clientKinds, connectUser, type McpUser, type ProgressNote } from '../helper/mcp-users.ts'
import { clusterFolder } from './cluster-folder.ts'

/** What a call says on its way, with the result behind it. */
async function told(
  user: McpUser,
  tool: string,
  args: Record<string, unknown>
): Promise<{ notes: ProgressNote[]; text: string; late: number }> {
  const notes: ProgressNote[] = []
  const { text } = await user.call(tool, args, { onprogress: (note) => void notes.push(note) })
  const before = notes.length
  await new Promise((resolve) => setTimeout(resolve, 50))
  return { notes, text, late: notes.length - before }
}

function isProgress(t: Test, notes: ProgressNote[], says: RegExp): void {
  t.ok(notes.length > 0, 'something is said before the result')
  let last = -1
  for (const { progress, total, message } of notes) {
    t.ok(progress > last, `${progress} is more than ${last}`)
    t.ok(progress <= 100, 'not more than all')
    t.equal(total, 100)
    t.match(message, says)
    last = progress
  }
}

/** Everything that waits for a task, one after another. */
async function everythingThatWaits(t: Test, bridge: TestBridge, user: McpUser): Promise<void> {
  const vmUUID = bridge.vm('app-01')
  const name = `progress-${Math.random()}`
  const calls: [string, () => Record<string, unknown>, RegExp][] = [
    ['snapshotVM', () => ({ vmUUID, label: 'x' }), /Snapshot.*(QUEUED|RUNNING|COMPLETE), \d+ %/],
    ['cloneVM', () => ({ vmUUID, name }), /Clone.*(QUEUED|RUNNING|COMPLETE), \d+ %/],
    ['exportVM', () => ({ vmUUID, wait: 60 }), /Export.*(QUEUED|RUNNING|COMPLETE), \d+ %/],
    ['importVM', () => ({ pathURI, name, wait: 60 }), /Import.*(QUEUED|RUNNING|COMPLETE), \d+ %/],
    ['waitTask', () => ({ taskTag, wait: 60 }), /(QUEUED|RUNNING|COMPLETE), \d+ %/],
    [
      'run_api',
      () => ({
        query: '/VirDomainSnapshot',
        method: 'POST',
        payload: { domainUUID: vmUUID, label: 'y' }
      }),
      /(QUEUED|RUNNING|COMPLETE), \d+ %/
    ]
  ]
  let pathURI = ''
  let taskTag = ''
  for (const [tool, args, says] of calls) {
    if (tool === 'waitTask') {
      const { text } = await user.call('exportVM', { vmUUID, wait: 0 })
      taskTag = /taskTag: (\S+)/.exec(text)?.[1] ?? ''
    }
    const { notes, text, late } = await told(user, tool, args())
    pathURI = /pathURI: (\S+)/.exec(text)?.[1] ?? pathURI
    t.equal(late, 0, `${tool} says nothing after its result`)
    await t.test(tool, async (t) => isProgress(t, notes, says))
  }
}

for (const kind of clientKinds) {
  t.test(`progress over HTTP, ${kind}`, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { speed: 60 } })
    await everythingThatWaits(t, bridge, await connectUser(t, kind, bridge))
  })

  t.test(`progress over stdio, ${kind}`, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { speed: 60 } })
    const user = await connectUser(t, kind, await clusterFolder(t, bridge.simulator))
    await everythingThatWaits(t, bridge, user)
  })
}

t.test('a VM that is shut down, and a wait in which nothing moves', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 1 } })
  const shutdown = async (kind: 'v2 modern' | 'v2 legacy', vm: string): Promise<ProgressNote[]> => {
    const args = { vmUUID: bridge.vm(vm), actionType: 'SHUTDOWN', wait: 8 }
    return (await told(await connectUser(t, kind, bridge), 'changeVM_state', args)).notes
  }
  const both = [shutdown('v2 modern', 'web-01'), shutdown('v2 legacy', 'web-02')]
  for (const notes of await Promise.all(both)) {
    isProgress(t, notes, /^The VM is (RUNNING|SHUTDOWN), waiting for SHUTOFF/)
    t.match(notes.at(-1)?.message, /\(5 s\)$/, 'it says every five seconds that it goes on')
  }
})

t.test('nothing is said to those who did not ask', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 20 } })
  const args = { vmUUID: bridge.vm('app-01'), label: 'x' }
  for (const era of eras)
    for (const progressToken of [undefined, 'a', 7]) {
      const meta = progressToken === undefined ? {} : { _meta: { progressToken } }
      const params = { name: 'snapshotVM', arguments: args, ...meta }
      const { status, text } = await bridge.fetch('/mcp', {
        method: 'POST',
        headers: rpcHeaders(era, bridge.token, 'tools/call', 'snapshotVM'),
        body: JSON.stringify(rpc(era, 'tools/call', params))
      })
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

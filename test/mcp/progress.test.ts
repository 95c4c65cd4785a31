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

/** What everything that is said has in common. */
function isProgress(t: Test, notes: ProgressNote[]): void {
  t.ok(notes.length > 1, 'something is said on the way, and at the end')
  let last = -1
  for (const { progress, total } of notes) {
    t.ok(progress > last, `${progress} is more than ${last}`)
    t.ok(progress <= 100, 'not more than all')
    t.equal(total, 100)
    last = progress
  }
  const messages = notes.map(({ message }) => message)
  t.equal(new Set(messages).size, messages.length, 'nothing is said twice')
}

/** A task that ends meanwhile: how far it is with its tag, then what the answer says, too. */
function isTask(t: Test, notes: ProgressNote[], text: string, subject: string): void {
  isProgress(t, notes)
  const tag = /taskTag[:=] ?(\d+)/.exec(text)?.[1]
  const far = new RegExp(`^${subject}: (?:queued|(\\d+) %) \\(task ${tag}\\)$`)
  const ending = notes.at(-1)
  const onTheWay = notes.filter(({ message }) => !message?.endsWith(': the cluster prepares it'))
  for (const { progress, message } of onTheWay.slice(0, -1)) {
    t.match(message, far)
    const percent = far.exec(message ?? '')?.[1]
    if (percent !== undefined) t.equal(Math.floor(progress), Number(percent), 'the same in both')
  }
  t.equal(ending?.progress, 100)
  t.ok(text.includes(`${ending?.message}`), `the answer says it, too: ${ending?.message}`)
  t.match(ending?.message, /(is made|is exported to \S+ as \S+|: done)$/)
}

/** Everything that waits for a task, one after another. */
async function everythingThatWaits(t: Test, bridge: TestBridge, user: McpUser): Promise<void> {
  const vmUUID = bridge.vm('app-01')
  const name = `progress-${Math.random()}`
  const snapshot = { domainUUID: vmUUID, label: 'y' }
  const calls: [tool: string, args: () => Record<string, unknown>, subject: string][] = [
    ['snapshotVM', () => ({ vmUUID, label: 'x' }), 'Snapshot "x" of VM app-01'],
    ['cloneVM', () => ({ vmUUID, name }), `Clone ${name} of VM app-01`],
    ['exportVM', () => ({ vmUUID, wait: 60 }), 'Export of VM app-01'],
    ['importVM', () => ({ pathURI, name, wait: 60 }), `Import of VM ${name}`],
    ['waitTask', () => ({ taskTag, wait: 60 }), 'Export of VM app-01'],
    [
      'run_api',
      () => ({ query: '/VirDomainSnapshot', method: 'POST', payload: snapshot }),
      'Create Snapshot for Virtual Machine app-01'
    ]
  ]
  let pathURI = ''
  let taskTag = ''
  for (const [tool, args, subject] of calls) {
    if (tool === 'waitTask') {
      const { text } = await user.call('exportVM', { vmUUID, wait: 0 })
      taskTag = /taskTag: (\S+)/.exec(text)?.[1] ?? ''
    }
    const { notes, text, late } = await told(user, tool, args())
    pathURI = /pathURI: (\S+)/.exec(text)?.[1] ?? pathURI
    t.equal(late, 0, `${tool} says nothing after its result`)
    await t.test(tool, async (t) => isTask(t, notes, text, subject))
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

t.test('a wait in which nothing moves, or that ends before what it waits for', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0.3 } })
  const isHeard = async (kind: 'v2 modern' | 'v1', vm: string): Promise<void> => {
    const user = await connectUser(t, kind, bridge)
    const calls: [tool: string, args: Record<string, unknown>, subject: string][] = [
      ['changeVM_state', { actionType: 'SHUTDOWN' }, `SHUTDOWN of VM ${vm}: `],
      ['exportVM', {}, `Export of VM ${vm}: `]
    ]
    const vmUUID = bridge.vm(vm)
    for (const [tool, args, subject] of calls) {
      const { notes, late } = await told(user, tool, { vmUUID, wait: 8, ...args })
      isProgress(t, notes)
      t.equal(late, 0, `${tool} says nothing after its result`)
      for (const { message } of notes) t.ok(message?.startsWith(subject), String(message))
      const repeated = notes.filter(({ message }) => message?.endsWith(' (5 s)'))
      t.equal(repeated.length, 1, `${tool} says every five seconds that it goes on`)
      t.match(notes.at(-1)?.message, /: the VM is still [A-Z]+$| \(task \d+\), it goes on$/)
      t.ok((notes.at(-1)?.progress ?? 100) < 100, 'it is not done')
    }
  }
  await Promise.all([isHeard('v2 modern', 'web-01'), isHeard('v1', 'web-02')])
})

t.test('a VM that is shut down in time', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 20 } })
  for (const [i, kind] of clientKinds.entries()) {
    const args = {
      vmUUID: bridge.vm(['web-01', 'web-02', 'app-01'][i] ?? ''),
      actionType: 'SHUTDOWN'
    }
    const { notes, text, late } = await told(
      await connectUser(t, kind, bridge),
      'changeVM_state',
      args
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

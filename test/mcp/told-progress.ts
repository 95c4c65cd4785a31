import type { Test } from 'tap'
import type { TestBridge } from '../helper/bridge.ts'
import type { Clock } from '../../src/simulator/clock.ts'
import type { McpUser, ProgressNote } from '../helper/mcp-users.ts'

/** Cluster time that passes with each tick: less than any task takes. */
const tick = { ms: 20, clusterMs: 300 }

/**
 * What a call says on its way, with the result behind it. The clock of a cluster that stands still is
 * started by the first that is said, so that no task ends before it was seen on its way, however slow
 * the machine.
 */
export async function told(
  user: McpUser,
  tool: string,
  args: Record<string, unknown>,
  clock?: Clock
): Promise<{ notes: ProgressNote[]; text: string; late: number }> {
  const notes: ProgressNote[] = []
  let ticking: NodeJS.Timeout | undefined
  const onprogress = (note: ProgressNote): void => {
    notes.push(note)
    ticking ??= clock && setInterval(() => clock.advance(tick.clusterMs), tick.ms)
  }
  const { text } = await user.call(tool, args, { onprogress }).finally(() => clearInterval(ticking))
  const before = notes.length
  // What is sent after the result comes before the next.
  await user.call('get_session')
  return { notes, text, late: notes.length - before }
}

/** What everything that is said has in common. */
export function isProgress(t: Test, notes: ProgressNote[]): void {
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
  t.match(ending?.message, /^(Created|Exported|Deleted|Changed) .|: done$/)
}

/** Everything that waits for a task, one after another, on a cluster whose clock stands still. */
export async function everythingThatWaits(
  t: Test,
  bridge: TestBridge,
  user: McpUser
): Promise<void> {
  const vmUUID = bridge.vm('app-01')
  const { clock } = bridge.simulator.world
  const name = `progress-${Math.random()}`
  const snapshot = { domainUUID: vmUUID, label: `${name}-raw` }
  const calls: [tool: string, args: () => Record<string, unknown>, subject: string][] = [
    [
      'snapshotVM',
      () => ({ vmUUID, label: name }),
      `Creation of snapshot "${name}" of VM "app-01"`
    ],
    ['cloneVM', () => ({ vmUUID, name }), `Clone "${name}" of VM "app-01"`],
    ['exportVM', () => ({ vmUUID, wait: 60, again: true }), 'Export of VM "app-01"'],
    ['importVM', () => ({ pathURI, name, wait: 60 }), `Import of VM "${name}"`],
    ['waitTask', () => ({ taskTag, wait: 60 }), 'Export of VM "app-01"'],
    [
      'run_api',
      () => ({ query: '/VirDomainSnapshot', method: 'POST', payload: snapshot }),
      '"Create Snapshot for Virtual Machine app-01"'
    ]
  ]
  let pathURI = ''
  let taskTag = ''
  for (const [tool, args, subject] of calls) {
    if (tool === 'waitTask') {
      const { text } = await user.call('exportVM', { vmUUID, wait: 0, again: true })
      taskTag = /taskTag: (\S+)/.exec(text)?.[1] ?? ''
    }
    const { notes, text, late } = await told(user, tool, args(), clock)
    pathURI = /pathURI: (\S+)/.exec(text)?.[1] ?? pathURI
    t.equal(late, 0, `${tool} says nothing after its result`)
    await t.test(tool, async (t) => isTask(t, notes, text, subject))
  }
}

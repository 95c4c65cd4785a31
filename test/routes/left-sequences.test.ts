import t from 'tap'
import { Ledger } from '../../src/ledger/ledger.ts'
import { Sequences } from '../../src/ledger/sequences.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { startFileServer } from '../helper/file-server.ts'
import { vmsOn } from '../helper/nodes.ts'
import { startTime, until } from '../helper/simulator.ts'

const first = '10.20.0.11'
const second = '10.20.0.12'

const evacuate = (bridge: TestBridge, node: string) =>
  bridge.call('evacuateNode', { node, wait: 120, partly: true })

const movesSent = ({ simulator }: TestBridge): number =>
  simulator.requests.filter(({ path }) => path.endsWith('/VirDomain/action')).length

/** Leaves a sequence in the state in which a process that has ended leaves it. */
async function leave({ app: { store } }: TestBridge, id: string): Promise<void> {
  const kept = await store.get('sequences', id)
  const owner = { ...(kept?.value['owner'] as object), pid: 2 ** 22 + 1, nonce: 'gone' }
  const value = { ...kept?.value, state: 'RUNNING', endedAt: 0, owner }
  t.ok(await store.swap('sequences', id, kept?.version ?? 0, value))
}

/** Another bridge on the same store, which takes this one for ended. */
function otherBridge({ app: { store, ledger } }: TestBridge): Sequences {
  const presence = { show: async () => undefined, hasEnded: () => true }
  return new Sequences(new Ledger({ store, cluster: ledger.cluster, presence }))
}

t.test('a sequence that others end right before its write sends nothing', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 3, speed: 300 } })
  const other = otherBridge(bridge)
  const taking: Promise<void>[] = []
  const unwatch = bridge.app.store.watch(({ name, key }) => {
    if (name !== 'sequences') return
    const take = async (): Promise<void> => {
      const found = await other.get(String(key))
      if (found?.steps[0]?.state === 'RUNNING') await other.take(found)
    }
    taking.push(take())
  })
  const { body } = await evacuate(bridge, first)
  unwatch()
  await Promise.all(taking)
  t.match(body, { state: 'ERROR', message: /held up for so long that another has taken its place/ })
  t.equal(movesSent(bridge), 0)
})

t.test('an evacuation that others have ended meanwhile stops', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 3, speed: 0 } })
  const running = evacuate(bridge, first)
  const other = otherBridge(bridge)
  const isAt = (step: number) => async (): Promise<boolean> =>
    (await other.list())[0]?.steps[step]?.state === 'RUNNING'
  await until(isAt(0))
  await until(async () => !(await isAt(0)()), undefined, bridge.simulator.world.clock)
  // Time stands still, so that this one does not end.
  await until(isAt(1))
  const [found] = await other.list()
  if (found === undefined) throw new Error('There is no sequence')
  await other.take(found)
  await other.markUndone(found.id, 's-other')
  const sent = movesSent(bridge)
  startTime(t, bridge.simulator)
  const { body } = await running
  t.match(body, { state: 'ERROR', message: /stood still for so long that others took sequence/ })
  t.ok(movesSent(bridge) <= sent + 1, 'nothing but what had been entered')
  t.ok(vmsOn(bridge.simulator, first).length > 1)
  t.match((await other.list())[0], { state: 'ERROR', undoneBy: 's-other' })
})

t.test('an undo ends the sequence that it undoes', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 3, speed: 300 } })
  const { sequences } = bridge.app
  const { body } = await evacuate(bridge, first)
  await leave(bridge, body.sequence)
  const shown = await bridge.call('undo', { sequence: body.sequence, dry_run: true })
  t.match(shown.body, { sent: false })
  t.match(await sequences.get(body.sequence), { state: 'RUNNING' }, 'a dry run ends nothing')
  const undone = await bridge.call('undo', { sequence: body.sequence, wait: 120 })
  t.match(undone.body, { state: 'COMPLETE' })
  t.match(await sequences.get(body.sequence), { state: 'ERROR', undoneBy: undone.body.sequence })
})

t.test('a mover ends the one that was left in the middle', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 3, speed: 300 } })
  const { sequences } = bridge.app
  const { body } = await evacuate(bridge, first)
  await leave(bridge, body.sequence)
  await evacuate(bridge, second)
  t.match(await sequences.get(body.sequence), { state: 'ERROR' })
  await leave(bridge, body.sequence)
  await bridge.call('moveBack', { node: first, wait: 120 })
  t.match(await sequences.get(body.sequence), { state: 'ERROR' })
})

t.test('the same call gets OUTCOME_UNKNOWN for a sequence that others have ended', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 3, speed: 300 } })
  const { store, sequences } = bridge.app
  const { body } = await evacuate(bridge, first)
  await leave(bridge, body.sequence)
  for (const [key, { version, value }] of await store.all('calls')) {
    const owner = { ...(value['owner'] as object), pid: 2 ** 22 + 1, nonce: 'gone' }
    await store.swap('calls', key, version, { ...value, state: 'RUNNING', endedAt: 0, owner })
  }
  await evacuate(bridge, second)
  t.match(await sequences.get(body.sequence), { state: 'ERROR' })
  const sent = movesSent(bridge)
  t.match((await evacuate(bridge, first)).body, { error: { code: 'OUTCOME_UNKNOWN' } })
  t.equal(movesSent(bridge), sent)
})

t.test('an upload ends the one whose record it fills', async (t) => {
  const files = await startFileServer(t, 2 ** 20)
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1, speed: 300 },
    config: { importSources: ['127.0.0.1', 'localhost'] }
  })
  const { sequences } = bridge.app
  const args = { url: `${files.url}/left.iso`, wait: 60 }
  const { body } = await bridge.call('uploadISO', args)
  const { isos, uploads } = bridge.simulator.world.state
  Object.assign(isos.get(body.createdUUID) as object, { readyForInsert: false })
  uploads.delete(body.createdUUID)
  const [left] = await sequences.list()
  await leave(bridge, left?.id ?? '')
  const filled = await bridge.call('uploadISO', { ...args, again: true })
  t.match(filled.body, { state: 'COMPLETE', createdUUID: body.createdUUID })
  t.match(await sequences.get(left?.id ?? ''), { state: 'ERROR' })
})

import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { PlainClient, until } from '../helper/simulator.ts'

const text = { accept: 'text/plain' }

t.test('who did what, by name, in the time zone of the cluster, others too', async (t) => {
  const bridge = await startTestBridge(t)
  const vmUUID = bridge.vm('web-01')
  await bridge.call('snapshotVM', { vmUUID, label: 'ours' }, { 'x-openwebui-user-name': 'Ada' })
  bridge.simulator.faults.add({
    kind: 'fail-task',
    path: '/VirDomainSnapshot',
    message: 'No room',
    times: 1
  })
  await bridge.call('snapshotVM', { vmUUID, label: 'fails' })
  const other = new PlainClient(bridge.simulator.urls[0] ?? '')
  await other.raw('POST', '/VirDomainSnapshot', { body: { domainUUID: vmUUID, label: 'theirs' } })
  await until(async () => {
    const { body } = await bridge.call('recentActivity', { vmUUID, since: '1h' })
    return body.items.some(
      ({ who, result }: Record<string, string>) =>
        who?.startsWith('another') && result === 'COMPLETE'
    )
  })
  const { body } = await bridge.call('recentActivity', { vmUUID: 'web-01', since: '1h' })
  t.equal(body.timeZone, 'Europe/Berlin')
  const ours = body.items.filter(({ write }: { write: string }) => write !== '')
  t.match(ours, [
    { who: 'operator', did: 'snapshotVM "fails"', on: '"web-01"', result: /^ERROR: "No room/ },
    {
      who: '"Ada" (claimed) by token operator',
      did: 'snapshotVM "ours"',
      result: 'COMPLETE',
      targets: [vmUUID]
    }
  ])
  const theirs = body.items.filter(({ write }: { write: string }) => write === '')
  t.match(theirs[0], { who: 'another client or the cluster', on: '"web-01"' })
  t.equal(
    new Set(body.items.map(({ taskTag }: { taskTag: string }) => taskTag)).size,
    body.items.length,
    'each task once'
  )
  const local = new Date(bridge.app.audit.recent(1)[0]?.time ?? '').toLocaleString('sv-SE', {
    timeZone: 'Europe/Berlin'
  })
  t.equal(ours[0].when.slice(0, 13), local.slice(0, 13))

  const shown = await bridge.call('recentActivity', { since: '1h' }, text)
  t.match(shown.text, /^total \d+, shown .*timeZone: Europe\/Berlin\nwhen\twho\tdid\ton\tresult\n/)
  t.equal(
    (await bridge.call('recentActivity', { vmUUID: bridge.vm('app-01'), since: '5m' })).body.total,
    0
  )
})

t.test('it is paged, and fits the budget of a list', async (t) => {
  const bridge = await startTestBridge(t)
  const all = await bridge.call('recentActivity', {}, text)
  t.ok(all.text.length < 16_000)
  const first = (await bridge.call('recentActivity', { limit: 2 })).body
  const next = (await bridge.call('recentActivity', { limit: 2, offset: first.next_offset })).body
  t.equal(first.returned, 2)
  t.notSame(first.items, next.items)
})

t.test('a time that is none is refused with what to write', async (t) => {
  const bridge = await startTestBridge(t)
  for (const since of ['yesterday', '2026-13-40', '24', '5 fortnights']) {
    const { status, body } = await bridge.call('recentActivity', { since })
    t.equal(status, 400, since)
    t.match(body.error, { code: 'INVALID_ARGUMENT', message: /since/ })
  }
  for (const since of [
    '90m',
    '24 hours ago',
    '7d',
    '2026-11-28',
    '2026-11-28T14:00',
    '2026-11-28T14:00:00Z'
  ])
    t.equal((await bridge.call('recentActivity', { since })).status, 200, since)
})

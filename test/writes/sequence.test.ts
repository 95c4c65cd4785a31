import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { BridgeConfig } from '../../src/config/config.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { scopes } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { seenWrites } from '../helper/hardware.ts'
import { offWithSnapshot } from '../tools.ts'

const approver: Principal = { name: 'person', kind: 'token', scopes: new Set(scopes) }

async function start(
  t: Test,
  config: Partial<BridgeConfig> = {},
  speed = 300
): Promise<TestBridge> {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, speed }, config })
  bridge.app.hasApprover = () => true
  return bridge
}

const restore = (bridge: TestBridge, more: object = {}) =>
  bridge.call('restoreVM', {
    vmUUID: offWithSnapshot(bridge),
    snapshot: 'newest',
    wait: 60,
    ...more
  })

t.test('all steps are approved as one, before the first is sent', async (t) => {
  const bridge = await start(t, { approval: 'write' })
  const asked = await restore(bridge, { wait: 0 })
  t.match(asked.body.error, { code: 'APPROVAL_REQUIRED', plan: /^p-/ })
  const { plan } = asked.body.error
  const shown = await bridge.app.plans.get(plan)
  t.match(shown?.requests, [
    { method: 'PATCH', body: { name: /-old-/ } },
    { method: 'POST', path: /\/clone$/ }
  ])
  t.same(seenWrites(bridge), [])
  await bridge.app.plans.approve(plan, approver)
  const done = await restore(bridge, { plan })
  t.match(done.body, { state: 'COMPLETE' })
  t.match(await bridge.app.plans.get(plan), { state: 'USED', outcome: 'carried out' })
  t.equal(seenWrites(bridge).length, shown?.requests.length)
  const entries = bridge.app.audit.recent().filter(({ kind }) => kind === 'write')
  t.equal(entries.length, shown?.requests.length)
  for (const entry of entries) t.match(entry, { plan, approver: 'person' })
  t.match((await restore(bridge, { plan, again: true })).body.error, { code: /^PLAN_/ })
})

t.test('a dry run shows every request and sends none', async (t) => {
  const bridge = await start(t, { approval: 'write' })
  const { body } = await restore(bridge, { dry_run: true })
  t.match(body, {
    sent: false,
    dry_run: {
      requests: [{ method: 'PATCH' }, { method: 'POST' }],
      needsApproval: /APPROVAL=write/
    }
  })
  t.same(seenWrites(bridge), [])
})

t.test('one step that is refused keeps all from being sent', async (t) => {
  const bridge = await start(t, { tokenScope: ['read', 'interrupt'] as never })
  const vmUUID = bridge.vm('web-02')
  const { status, body } = await restore(bridge, { vmUUID })
  t.equal(status, 403)
  t.match(body.error, { code: 'SCOPE_REQUIRED', message: /operate/ })
  t.same(seenWrites(bridge), [])
})

t.test('the first step that fails ends it, and what was done can be undone', async (t) => {
  const bridge = await start(t)
  const vmUUID = offWithSnapshot(bridge)
  const name = bridge.simulator.world.state.virDomains.get(vmUUID)?.name
  bridge.simulator.faults.add({
    kind: 'fail-task',
    path: `/VirDomain/${vmUUID}/clone`,
    times: 1,
    message: 'no space left'
  })
  const { status, body } = await restore(bridge, { vmUUID })
  t.equal(status, 200)
  t.match(body, {
    state: 'ERROR',
    message:
      /^Stopped at step 2 of \d, create VM .*no space left.*Done before it: rename VM .*undo with sequence s-/
  })
  const undone = await bridge.call('undo', { sequence: body.sequence, wait: 60 })
  t.match(undone.body, { state: 'COMPLETE' })
  t.equal(bridge.simulator.world.state.virDomains.get(vmUUID)?.name, name)
})

t.test(
  'a caller whose wait is over gets the progress, and the same call again gets the outcome',
  async (t) => {
    const bridge = await start(t, {}, 20)
    const vmUUID = offWithSnapshot(bridge)
    const first = await restore(bridge, { vmUUID, wait: 0 })
    t.match(first.body, {
      state: 'RUNNING',
      message: /^Step \d of \d, .*call restoreVM again with the same arguments/
    })
    const second = await restore(bridge, { vmUUID })
    t.match(second.body, { state: 'COMPLETE', notes: [/nothing was sent twice/] })
    const clones = seenWrites(bridge).filter((line) => line.endsWith('/clone'))
    t.equal(clones.length, 1)
  }
)

t.test('what was changed since is not undone', async (t) => {
  const bridge = await start(t)
  const vmUUID = offWithSnapshot(bridge)
  const { body } = await restore(bridge, { vmUUID })
  await bridge.call('updateVM', { vmUUID, name: 'renamed-by-hand' })
  const before = seenWrites(bridge).length
  const { body: refused } = await bridge.call('undo', { sequence: body.sequence })
  t.match(refused.error, {
    code: 'ILLEGAL_STATE',
    message: /its name was changed since\. Nothing was sent/
  })
  t.equal(seenWrites(bridge).length, before)
})

t.test('a bridge that ended in the middle leaves word of what was done', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sequence-'))
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, speed: 300 }, store: folder })
  const vmUUID = offWithSnapshot(bridge)
  const { body } = await restore(bridge, { vmUUID })
  // As a process that has ended would have left it.
  const { sequences, store } = bridge.app
  const kept = await store.get('sequences', body.sequence)
  const value = {
    ...kept?.value,
    state: 'RUNNING',
    owner: { ...(kept?.value['owner'] as object), pid: 999_999, nonce: 'gone' }
  }
  await store.swap('sequences', body.sequence, kept?.version ?? 0, value)
  t.equal((await sequences.get(body.sequence))?.state, 'RUNNING')
  const undone = await bridge.call('undo', { sequence: body.sequence, wait: 60 })
  t.match(undone.body, { state: 'COMPLETE' }, 'what a killed bridge left can be undone')
})

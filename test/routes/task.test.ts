import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

t.test('tasks are listed, shown and waited for', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { body } = await bridge.call('cloneVM', { vmUUID, name: 'slow', wait: 0 })
  t.match(body, { state: /QUEUED|RUNNING/ })
  const { taskTag } = body

  const listed = await bridge.call('taskTagStatus_read')
  t.equal(listed.body.items[0].taskTag, taskTag, 'newest first')
  t.match(listed.body.items[0].description, /^Clone Virtual Machine/)
  t.notOk('sessionID' in listed.body.items[0])

  const shown = await bridge.call('taskTagStatusFilter', { taskTag })
  t.match(shown.body, { taskTag, state: /QUEUED|RUNNING/, sessionID: '', description: /^Clone/ })

  const short = await bridge.call('waitTask', { taskTag, wait: 0 })
  t.match(short.body, { state: /QUEUED|RUNNING/, message: /waitTask/ })
  const both = [bridge.call('waitTask', { taskTag }), bridge.call('waitTask', { taskTag })]
  bridge.simulator.world.clock.advance(60_000)
  for (const { body } of await Promise.all(both))
    t.match(body, { state: 'COMPLETE', progressPercent: 100 })

  const failed = await bridge.call('taskTagStatus_read', { filter: 'state:ERROR' })
  t.ok(failed.body.total >= 1)
  t.notMatch(failed.body.items[0].message, '%@', 'slots are filled')
})

t.test('an unknown task, and one the cluster has forgotten', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 50, taskRetentionSeconds: 1 } })
  for (const tool of ['taskTagStatusFilter', 'waitTask']) {
    const { status, body } = await bridge.call(tool, { taskTag: '999999' })
    t.equal(status, 404, tool)
    t.match(body.error.message, /getVM_details; taskTagStatus_read lists/)
    t.equal((await bridge.call(tool, { taskTag: '../x' })).status, 400)
    t.match((await bridge.call(tool, { taskTag: {} })).body.error.message, /taskTag must be/)
    t.match((await bridge.call(tool)).body.error.message, /taskTag is required/)
  }

  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { body } = await bridge.call('snapshotVM', { vmUUID, label: 'forgotten' })
  const { taskTag } = body
  await until(() => bridge.simulator.world.tasks.get(taskTag) === undefined)
  for (const tool of ['taskTagStatusFilter', 'waitTask']) {
    const { status, body } = await bridge.call(tool, { taskTag })
    t.equal(status, 200, tool)
    t.match(body, {
      state: 'UNKNOWN',
      message: /finished, its outcome unknown\. .*vmSnapshots_read shows the current state$/
    })
  }

  const raw = await bridge.call('run_api', {
    query: '/VirDomainSnapshot',
    method: 'POST',
    payload: { domainUUID: vmUUID, label: 'raw' }
  })
  const tag = raw.body.task.taskTag
  await until(() => bridge.simulator.world.tasks.get(tag) === undefined)
  const { body: unnamed } = await bridge.call('waitTask', { taskTag: tag })
  t.match(unnamed, { state: 'UNKNOWN', message: /getVM_details shows the current state for a VM/ })
})

t.test('waiting ends with the bridge, not the other way round', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0 } })
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { body } = await bridge.call('cloneVM', { vmUUID, name: 'long', wait: 0 })
  const looks = (): number =>
    bridge.simulator.requests.filter(({ path }) => path.includes('/TaskTag/')).length
  const before = looks()
  const waiting = bridge.call('waitTask', { taskTag: body.taskTag, wait: 300 })
  await until(() => looks() > before)
  const [answer] = await Promise.all([waiting, bridge.close()])
  t.equal(answer.status, 200, 'the running request is finished')
  t.match(answer.body, { state: /QUEUED|RUNNING/ })
})

import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('tasks are listed, shown and waited for', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 5 } })
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
  const both = await Promise.all([
    bridge.call('waitTask', { taskTag }),
    bridge.call('waitTask', { taskTag })
  ])
  for (const { body } of both) t.match(body, { state: 'COMPLETE', progressPercent: 100 })

  const failed = await bridge.call('taskTagStatus_read', { filter: 'state:ERROR' })
  t.ok(failed.body.total >= 1)
  t.notMatch(failed.body.items[0].message, '%@', 'slots are filled')
})

t.test('a task nobody knows, and one the cluster forgot', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 50, taskRetentionSeconds: 1 } })
  for (const tool of ['taskTagStatusFilter', 'waitTask']) {
    const { status, body } = await bridge.call(tool, { taskTag: '999999' })
    t.equal(status, 404, tool)
    t.match(body.error.message, /getVM_details; taskTagStatus_read lists/)
    t.equal((await bridge.call(tool, { taskTag: '../x' })).status, 400)
    t.match((await bridge.call(tool, { taskTag: {} })).body.error.message, /taskTag must be/)
    t.match((await bridge.call(tool)).body.error.message, /taskTag is missing/)
  }

  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { body } = await bridge.call('snapshotVM', { vmUUID, label: 'forgotten' })
  const { taskTag } = body
  while (bridge.simulator.world.tasks.get(taskTag) !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
  for (const tool of ['taskTagStatusFilter', 'waitTask']) {
    const { status, body } = await bridge.call(tool, { taskTag })
    t.equal(status, 200, tool)
    t.match(body, {
      state: 'UNKNOWN',
      message: /finished, its outcome unknown\. .*vmSnapshots_read shows what holds now$/
    })
  }

  const raw = await bridge.call('run_api', {
    query: '/VirDomainSnapshot',
    method: 'POST',
    payload: { domainUUID: vmUUID, label: 'raw' }
  })
  const tag = raw.body.task.taskTag
  while (bridge.simulator.world.tasks.get(tag) !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const { body: unnamed } = await bridge.call('waitTask', { taskTag: tag })
  t.match(unnamed, { state: 'UNKNOWN', message: /getVM_details shows what holds now for a VM/ })
})

t.test('waiting ends with the bridge, not the other way round', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 0.05 } })
  const [vmUUID] = bridge.simulator.world.state.virDomains.keys()
  const { body } = await bridge.call('cloneVM', { vmUUID, name: 'long', wait: 0 })
  const waiting = bridge.call('waitTask', { taskTag: body.taskTag, wait: 300 })
  await new Promise((resolve) => setTimeout(resolve, 300))
  const started = performance.now()
  const [answer] = await Promise.all([waiting, bridge.close()])
  t.ok(performance.now() - started < 2000, 'quickly')
  t.equal(answer.status, 200, 'the running request is finished')
  t.match(answer.body, { state: /QUEUED|RUNNING/ })
})

import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { editHint, toolSamples } from '../tools.ts'

t.test('the tool list', async (t) => {
  const bridge = await startTestBridge(t)
  t.same([...bridge.app.tools.keys()].toSorted(), Object.keys(toolSamples).toSorted(), editHint)

  for (const tool of bridge.app.tools.values())
    await t.test(tool.name, async (t) => {
      t.ok(tool.title)
      t.ok(tool.description.length >= 40)
      const hints = tool.annotations
      t.same(Object.keys(hints).toSorted(), [
        'destructiveHint',
        'idempotentHint',
        'openWorldHint',
        'readOnlyHint'
      ])
      t.notOk(hints.readOnlyHint && hints.destructiveHint)
      t.equal(tool.input['additionalProperties'], false)

      const { status, body } = await bridge.call(tool.name, { surely_unknown: 1 })
      t.equal(status, 400, 'an unknown argument is refused')
      t.match(body.error, { code: 'INVALID_ARGUMENT', message: /unknown argument surely_unknown/ })
    })
  t.equal(bridge.simulator.requests.length, 0, 'nothing was sent to the cluster')
})

t.test('what is missing is said with what to pass', async (t) => {
  const bridge = await startTestBridge(t)
  for (const { name, input } of bridge.app.tools.values()) {
    if ((input.required ?? []).length === 0) continue
    const { status, body } = await bridge.call(name)
    t.equal(status, 400, name)
    for (const argument of input.required ?? [])
      t.match(body.error.message, new RegExp(`${argument} is required \\([^)]{4}`), name)
  }
})

t.test('tools without arguments take {} and nothing', async (t) => {
  const bridge = await startTestBridge(t)
  for (const tool of [...bridge.app.tools.values()].filter(
    (each) => each.annotations.readOnlyHint
  )) {
    if ((tool.input.required ?? []).length > 0 || tool.name === 'fetch_vm') continue
    t.equal((await bridge.call(tool.name)).status, 200, tool.name)
  }
})

t.test('no answer and no log line holds a session id or a password', async (t) => {
  const bridge = await startTestBridge(t)
  const sessionIDs = new Set<string>()
  const texts: string[] = []
  const say = async (tool: string, body: unknown = {}): Promise<void> => {
    texts.push((await bridge.call(tool, body)).text)
    for (const { sessionID } of bridge.simulator.world.tasks.list())
      if (sessionID !== '') sessionIDs.add(sessionID)
  }
  const vmUUID = [...bridge.simulator.world.state.virDomains.keys()][0]
  await say('snapshotVM', { vmUUID, label: 'secrets' })
  await say('exportVM', { vmUUID })
  for (const tool of bridge.app.tools.values())
    if (tool.annotations.readOnlyHint && tool.name !== 'fetch_vm') await say(tool.name)
  await say('vm_read', { detail: 'full' })
  await say('vmSnapshots_read', { detail: 'full' })
  await say('taskTagStatus_read', { detail: 'full' })
  await say('getVM_details', { vmUUID })
  await say('run_api', { query: '/TaskTag', method: 'GET' })
  await say('run_api', { query: '/RemoteClusterConnection', method: 'GET' })
  await say('generate_session')
  await say('get_session')
  await say('kill_session')

  t.ok(sessionIDs.size > 0, 'tasks remember the session that started them')
  const everything = [...texts, ...bridge.log].join('\n')
  for (const id of sessionIDs) t.notOk(everything.includes(id), 'no session id')
  t.notOk(everything.includes('s3cret'), 'no archive password')
  t.match(everything, /smb:\/\/archive\.example\/exports/)
})

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { addApprovers } from '../helper/approvers.ts'
import { startTestBridge, type TestBridge, type TestBridgeOptions } from '../helper/bridge.ts'
import { startLlmServer } from '../helper/llm-server.ts'
import { type OpenWebUiServer, startOpenWebUi } from '../helper/openwebui-server.ts'
import { until } from '../helper/simulator.ts'

type Teardown = { teardown(handler: () => unknown): void }

const headers = {
  'x-openwebui-chat-id': '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21',
  'x-openwebui-message-id': '0f7e6d5c-4b3a-4291-8f0e-7d6c5b4a3921'
}
const eventPath = `/api/v1/chats/${headers['x-openwebui-chat-id']}/messages/${headers['x-openwebui-message-id']}/event`

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A bridge that shows progress in the chats of an OpenWebUI. A clone takes three seconds. */
async function setUp(
  t: Teardown,
  options: TestBridgeOptions = {}
): Promise<{ bridge: TestBridge; chat: OpenWebUiServer; vmUUID: string; vmName: string }> {
  const chat = await startOpenWebUi(t)
  const bridge = await startTestBridge(t, {
    ...options,
    simulator: { speed: 1, vms: 8, ...options.simulator },
    config: { openWebUi: { url: chat.url, apiKey: chat.apiKey }, ...options.config }
  })
  const [vm] = bridge.simulator.world.state.virDomains.values()
  if (vm === undefined) throw new Error('The simulated cluster has no VM')
  return { bridge, chat, vmUUID: vm.uuid, vmName: vm.name }
}

t.test('a slow tool shows in the chat how far it is', async (t) => {
  const { bridge, chat, vmUUID, vmName } = await setUp(t)
  const { body } = await bridge.call('cloneVM', { vmUUID, name: 'copy-01' }, headers)
  t.match(body, { state: 'COMPLETE', message: `Created VM "copy-01": uuid ${body.createdUUID}` })
  await until(() => chat.events.at(-1)?.done === true)
  t.ok(chat.events.length >= 2 && chat.events.length <= 4, `${chat.events.length} events`)
  t.match(chat.events[0], {
    path: eventPath,
    type: 'status',
    description: new RegExp(`^Clone "copy-01" of VM "${vmName}": (queued|\\d+ %) \\(task \\d+\\)$`),
    done: false
  })
  t.match(chat.events.at(-1), { description: 'Created VM "copy-01"', done: true })
  t.notMatch(bridge.log.join(), chat.apiKey, 'the key is not logged')
})

t.test('what is not slow, or not waited for, shows nothing', async (t) => {
  const { bridge, chat, vmUUID } = await setUp(t, { simulator: { speed: 50 } })
  await bridge.call('snapshotVM', { vmUUID, label: 'quick' }, headers)
  await bridge.call('snapshotVM', { vmUUID, label: 'not waited for', wait: 0 }, headers)
  await bridge.call('vm_read', {}, headers)
  await bridge.call('snapshotVM', { vmUUID: 'wrong' }, headers)
  await sleep(1200)
  t.equal(chat.asked, 0)
})

t.test('calls that come from no chat, and a bridge without the settings', async (t) => {
  const { bridge, chat, vmUUID } = await setUp(t)
  const silent = await startTestBridge(t, { simulator: { speed: 1 } })
  const [other] = silent.simulator.world.state.virDomains.keys()
  const wrong = { ...headers, 'x-openwebui-chat-id': '../../../auths' }
  await Promise.all([
    bridge.call('cloneVM', { vmUUID, name: 'copy-01', wait: 2 }),
    bridge.call('cloneVM', { vmUUID, name: 'copy-02', wait: 2 }, wrong),
    silent.call('cloneVM', { vmUUID: other, name: 'copy-01', wait: 2 }, headers)
  ])
  t.equal(chat.asked, 0)
})

t.test('a wait that is over before the task, and waitTask after it', async (t) => {
  const { bridge, chat, vmUUID } = await setUp(t, { simulator: { speed: 0.5 } })
  const { body } = await bridge.call('cloneVM', { vmUUID, name: 'long', wait: 2 }, headers)
  t.match(
    body.message,
    /^Clone "long" of VM .* is RUNNING, \d+ % after [12] s\. Call waitTask with/
  )
  await until(() => chat.events.at(-1)?.done === true)
  t.match(
    chat.events.at(-1)?.description,
    /^Clone "long" of VM .*: \d+ % \(task \d+\), it is still running$/
  )
  const before = chat.events.length
  const waited = await bridge.call('waitTask', { taskTag: body.taskTag, wait: 60 }, headers)
  t.match(waited.body, { state: 'COMPLETE', createdUUID: body.createdUUID })
  t.equal(
    waited.body.message,
    `Created VM "long": uuid ${body.createdUUID}. It is off: changeVM_state with START starts it`
  )
  await until(() => chat.events.length > before && chat.events.at(-1)?.done === true)
  t.equal(chat.events.at(-1)?.description, 'Created VM "long"')
})

t.test('a shutdown without a task is shown by the state of the VM', async (t) => {
  const { bridge, chat } = await setUp(t)
  const { virDomains, guests } = bridge.simulator.world.state
  const deaf = [...virDomains.values()].find(
    ({ state, uuid }) => state === 'RUNNING' && guests.get(uuid)?.ignoresAcpi
  )
  const args = { vmUUID: deaf?.uuid, actionType: 'SHUTDOWN', wait: 2 }
  await bridge.call('changeVM_state', args, headers)
  await until(() => chat.events.at(-1)?.done === true)
  t.match(chat.events[0]?.description, `SHUTDOWN of VM "${deaf?.name}": the VM is RUNNING`)
  t.match(chat.events.at(-1)?.description, /the VM is still RUNNING$/)
})

t.test(
  'a call that waits for approval says where, and the chat is notified of the outcome',
  async (t) => {
    const setting = { simulator: { speed: 50 }, config: { approval: 'write' } } as const
    const { bridge, chat, vmUUID } = await setUp(t, {
      ...setting,
      config: { ...setting.config, publicUrl: 'https://bridge.example' }
    })
    const { alice } = addApprovers(bridge)
    const { plans } = bridge.app
    const call = async (label: string, wait: number, decide: (id: string) => unknown) => {
      const seen = chat.events.length
      const called = bridge.call('snapshotVM', { vmUUID, label, wait }, headers)
      await until(() => chat.events.length > seen)
      const { description } = chat.events[seen] ?? {}
      const id = /p-[a-z0-9]+/.exec(description ?? '')?.[0] ?? ''
      t.match(
        description,
        `Waiting for a person to approve plan ${id} at https://bridge.example/console`
      )
      await decide(id)
      const { body } = await called
      await until(() => chat.events.at(-1)?.done === true)
      return { body, last: chat.events.at(-1)?.description }
    }
    const late = await call('late', 3, () => undefined)
    t.match(late.body, { error: { code: 'APPROVAL_REQUIRED' } })
    t.match(
      late.last,
      /^Plan p-[a-z0-9]+ still waits for approval at https:\/\/bridge\.example\/console$/
    )

    const denied = await call('no', 30, (id) => plans.deny(id, alice.principal, 'not today'))
    t.match(denied.body, { error: { code: 'PLAN_DENIED' } })
    t.match(denied.last, /^Plan p-[a-z0-9]+ is denied$/)

    const approved = await call('yes', 30, (id) => plans.approve(id, alice.principal))
    t.match(approved.body, { state: 'COMPLETE' })
    t.match(
      approved.last,
      /^Plan p-[a-z0-9]+ is approved$/,
      'a quick task shows nothing of its own'
    )
  }
)

t.test('a model that takes its time', async (t) => {
  const llm = await startLlmServer(t, { pauseMs: 700 })
  const { bridge, chat } = await setUp(t, {
    config: { llm: { baseUrl: llm.url, model: 'test-model', apiKey: undefined } }
  })
  const { status } = await bridge.call('ask_api', { question: 'how do I clone a VM?' }, headers)
  t.equal(status, 200)
  await until(() => chat.events.at(-1)?.done === true)
  t.same(
    chat.events.map(({ description }) => description),
    ['test-model is answering', 'test-model has answered']
  )
})

t.test('over MCP it is shown in both places', async (t) => {
  const { bridge, chat, vmUUID, vmName } = await setUp(t)
  const client = new Client({ name: 'test', version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', bridge.url), {
    requestInit: { headers: { authorization: `Bearer ${bridge.token}`, ...headers } }
  })
  await client.connect(transport)
  t.teardown(() => client.close())
  const told: { progress: number; message?: string | undefined }[] = []
  await client.callTool(
    { name: 'cloneVM', arguments: { vmUUID, name: 'copy-01' } },
    { onprogress: (progress) => told.push(progress) }
  )
  t.ok(told.length >= 3, `${told.length} notifications`)
  for (const { message } of told.slice(0, -1))
    t.match(
      message,
      new RegExp(`^Clone "copy-01" of VM "${vmName}": (queued|\\d+ %) \\(task \\d+\\)`)
    )
  t.match(told.at(-1), { progress: 100, message: 'Created VM "copy-01"' })
  const values = told.map(({ progress }) => progress)
  t.same(
    values,
    values.toSorted((a, b) => a - b),
    'it never goes back'
  )
  await until(() => chat.events.at(-1)?.done === true)
  t.match(chat.events.at(-1), { path: eventPath, description: 'Created VM "copy-01"' })
})

t.test('an OpenWebUI that hangs delays neither call nor close', async (t) => {
  const { bridge, chat, vmUUID } = await setUp(t)
  chat.fault = 'hang'
  const call = bridge.call('cloneVM', { vmUUID, name: 'copy-01', wait: 2 }, headers)
  await until(() => chat.open === 1)
  t.equal((await call).status, 200)
  t.equal(chat.open, 1, 'the post still hangs')
  await bridge.close()
  await until(() => chat.open === 0)
})

t.test('a bridge that shuts down notifies the chat, and sends nothing afterwards', async (t) => {
  const { bridge, chat, vmUUID } = await setUp(t, { simulator: { speed: 0.1 } })
  const call = bridge.call('cloneVM', { vmUUID, name: 'long', wait: 300 }, headers)
  await until(() => chat.events.length > 0)
  const [{ status, body }] = await Promise.all([call, bridge.close()])
  t.equal(status, 200)
  t.match(body, { state: /QUEUED|RUNNING/, message: /Call waitTask with taskTag \d+ and wait 45$/ })
  t.match(chat.events.at(-1), { done: true, description: /it is still running$/ })
  const { asked } = chat
  await sleep(300)
  t.equal(chat.asked, asked)
})

t.test('a caller that disconnects finds the outcome of the write in the chat', async (t) => {
  const { bridge, chat, vmUUID } = await setUp(t, { simulator: { speed: 1 } })
  const gone = new AbortController()
  const call = bridge.fetch('/cloneVM', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bridge.token}`,
      'content-type': 'application/json',
      ...headers
    },
    body: JSON.stringify({ vmUUID, name: 'long', wait: 300 }),
    signal: gone.signal
  })
  await until(() => chat.events.length > 0)
  gone.abort()
  await t.rejects(call)
  await until(() => chat.events.at(-1)?.done === true)
  t.match(chat.events.at(-1)?.description, /^Created VM "long"/)
})

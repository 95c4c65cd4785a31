import { operator } from '../../src/identity/static-token.ts'
import { PassThrough } from 'node:stream'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Environment } from '../../src/config/env-file.ts'
import { StdioTransport } from '../../src/mcp/transports/stdio.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { argsOf, samples, subjectsOf } from '../tools.ts'
import { startTestBridge, type TestBridge } from './bridge.ts'
import { startDirectory } from './directory-server.ts'
import { startLlmServer } from './llm-server.ts'
import { rpc, rpcHeaders } from './mcp-raw.ts'
import { startOpenWebUi } from './openwebui-server.ts'
import { until } from './simulator.ts'
import { saidOfApprovals } from './ways-out-approvals.ts'
import { startWebhookServer } from './webhook-server.ts'

type Teardown = { teardown(handler: () => unknown): void }
type Args = Record<string, unknown>

/** What left the bridge. */
export interface Said {
  /** The way it took: every one of them is there, or the test that looks at it proves nothing. */
  way: (typeof waysOut)[number]
  /** The call or the address. */
  what: string
  text: string
}

/** Every way out of the bridge. */
export const waysOut = [
  'REST JSON',
  'REST text',
  'REST error',
  'pages',
  'MCP over HTTP',
  'MCP stream',
  'MCP over stdio',
  'log',
  'console stream',
  'webhook',
  'chat event',
  'model prompt'
] as const

export interface Situation {
  /** Makes the cluster hostile before the bridge is asked. */
  prepare: (simulator: Simulator) => void
  simulator?: { user: string; password: string }
  /** Settings beside those of the cluster and of the other servers. */
  settings?: Environment
  /** Texts that a caller gives as names, labels, filters and paths. */
  typed: readonly string[]
}

const chatHeaders = {
  'x-openwebui-chat-id': '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21',
  'x-openwebui-message-id': '0f7e6d5c-4b3a-4291-8f0e-7d6c5b4a3921'
}

/** Calls that are refused, or find nothing, for a text that a user typed. */
const typedCalls = (text: string, vmUUID: string): [tool: string, args: Args][] => [
  ['fetch_vm', { name: text }],
  ['fetch_vm', { user: text }],
  ['vm_read', { filter: text }],
  ['vm_read', { filter: `name:${text}` }],
  ['vm_read', { fields: [text] }],
  ['vmSnapshots_read', { vmUUID: text }],
  ['getVM_details', { vmUUID: text }],
  ['getVM_details', { [text]: text }],
  ['deleteVM', { vmUUID: text }],
  ['delete_snapshotVM', { snapUUID: text }],
  ['changeVM_state', { vmUUID, actionType: text }],
  ['cloneVM', { vmUUID, name: text, snapUUID: text }],
  ['waitTask', { taskTag: text }],
  ['importVM', { pathURI: `smb://bob:${text}@nas.example/share/x`, name: text, wait: 1 }],
  ['importVM', { pathURI: text }],
  [
    'run_api',
    { query: `/VirDomain?${new URLSearchParams({ [text]: text }).toString()}`, method: 'GET' }
  ],
  ['run_api', { query: text, method: text }],
  ['run_api', { query: '/User', method: 'POST', payload: { username: text, password: text } }],
  [
    'run_api',
    { query: '/VirDomain', method: 'POST', payload: { dom: { name: text } }, check: true }
  ],
  ['run_api', { query: '/VirDomain', method: 'POST', payload: { [text]: 1 } }],
  ['query_api', { query: text }],
  ['ask_api', { question: `How do I start the VM ${text}?` }]
]

/** A name as a header takes it. */
const inHeader = <T extends string | undefined>(name: T): T =>
  name?.replaceAll(/[^\x21-\x7e]/g, '_') as T

/** A snapshot that is of another VM. */
const snapshotOfAnother = ({ world }: Simulator, vmUUID: string | undefined): string | undefined =>
  [...world.state.snapshots.values()].find(({ domainUUID }) => domainUUID !== vmUUID)?.uuid

/** Sends one JSON-RPC message and answers the whole body; `stream` says whether it came in pieces. */
async function post(
  bridge: TestBridge,
  era: 'modern' | 'legacy',
  method: string,
  params: Args,
  name?: string
): Promise<{ text: string; stream: boolean }> {
  const { text, headers } = await bridge.fetch('/mcp', {
    method: 'POST',
    headers: { ...rpcHeaders(era, bridge.token, inHeader(method), inHeader(name)), ...chatHeaders },
    body: JSON.stringify(rpc(era, method, params))
  })
  return { text, stream: String(headers['content-type']).startsWith('text/event-stream') }
}

interface Listed {
  tools?: { name: string }[]
  resources?: { uri: string }[]
  resourceTemplates?: { uriTemplate: string }[]
  prompts?: { name: string; arguments?: { name: string }[] }[]
}

/** What MCP offers, asked for in every way it can be; `ask` sends a message and answers its body. */
async function askAll(
  ask: (method: string, params: Args, name?: string) => Promise<string>,
  bridge: TestBridge,
  calls: readonly [tool: string, args: Args][],
  typed: readonly string[]
): Promise<void> {
  const listed: Listed = {}
  for (const list of ['tools', 'resources', 'resources/templates', 'prompts'])
    Object.assign(listed, (JSON.parse(await ask(`${list}/list`, {})) as { result: Listed }).result)
  for (const [tool, args] of calls)
    await ask('tools/call', { name: tool, arguments: args, _meta: { progressToken: 'p' } }, tool)
  const uris = [
    ...(listed.resources ?? []).map(({ uri }) => uri),
    'hypercore://schema/VirDomain',
    ...typed.map((text) => `hypercore://schema/${encodeURIComponent(text)}`)
  ]
  for (const uri of uris) await ask('resources/read', { uri }, uri)
  const vmUUID = bridge.simulator.world.state.virDomains.keys().next().value
  for (const { name, arguments: wanted = [] } of listed.prompts ?? [])
    for (const text of [...typed, vmUUID ?? '']) {
      const args = Object.fromEntries(wanted.map((each) => [each.name, text]))
      await ask('prompts/get', { name, arguments: args }, name)
      for (const { name: argument } of wanted)
        for (const value of [text.slice(0, 3), ''])
          await ask('completion/complete', {
            ref: { type: 'ref/prompt', name },
            argument: { name: argument, value }
          })
    }
  const node = [...bridge.simulator.world.state.nodes.values()][0]?.lanIP ?? ''
  await ask('prompts/get', { name: 'node-maintenance', arguments: { node } }, 'node-maintenance')
  for (const text of typed) {
    await ask('tools/call', { name: text, arguments: {} }, 'x')
    await ask('prompts/get', { name: text }, 'x')
    await ask(text, {})
  }
}

/** The lines a bridge writes to standard output for messages sent one after the other. */
async function startStdio(
  t: Teardown,
  bridge: TestBridge
): Promise<(message: object) => Promise<string>> {
  const { createServer } = await bridge.app.mcp()
  const [input, output] = [new PassThrough(), new PassThrough()]
  const connection = serveStdio(() => createServer({ principal: operator }), {
    transport: new StdioTransport(input, output)
  })
  t.teardown(async () => {
    input.end()
    await connection.close()
  })
  let lines: string[] = []
  let rest = ''
  output.on('data', (chunk: Buffer) => {
    rest += chunk.toString()
    const parts = rest.split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  return async (message) => {
    lines = []
    input.write(`${JSON.stringify(message)}\n`)
    await until(() => lines.some((line) => /"id":|"id": /.test(line)))
    return lines.join('\n')
  }
}

/** Calls everything a bridge offers, over every surface, and answers all that left it. */
export async function everythingSaid(t: Teardown, situation: Situation): Promise<Said[]> {
  const { prepare, settings = {}, typed } = situation
  const said: Said[] = []
  const chat = await startOpenWebUi(t)
  chat.apiKey = settings['OPENWEBUI_API_KEY'] ?? chat.apiKey
  const llm = await startLlmServer(t)
  llm.parts = typed.flatMap((text) => ['POST /VirDomain/action ', text, ' '])
  const directory = await startDirectory(t, (_user, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(typed.map((name) => ({ name }))))
  })
  const webhook = await startWebhookServer(t, settings['APPROVAL_WEBHOOK_SECRET'])
  const bridge = await startTestBridge(t, {
    simulator: { ...situation.simulator, vms: 8, speed: 200 },
    env: (simulator) => ({
      MCP_BEARER_TOKEN: 'test-token-0123456789',
      SCALE_HOST: simulator.urls.map((url) => new URL(url).host).join(','),
      SCALE_USERNAME: simulator.world.options.user,
      SCALE_PASSWORD: simulator.world.options.password,
      SCALE_EXPORT_URI: 'smb://backup:s3cret@archive.example/exports',
      SCALE_DIRECTORY_URL: directory.url,
      // More calls than a client makes.
      WRITES_PER_MINUTE: 'off',
      APPROVAL_WEBHOOK: webhook.url,
      APPROVAL_WEBHOOK_SECRET: webhook.secret,
      OPENWEBUI_URL: chat.url,
      OPENWEBUI_API_KEY: chat.apiKey,
      LLM_BASE_URL: llm.url,
      LLM_MODEL: llm.models[0] ?? '',
      ...settings
    })
  })
  const { simulator } = bridge
  const about = subjectsOf(bridge, 'out-vm')
  prepare(simulator)
  const calls: [string, Args][] = []

  const rest = async (tool: string, args: Args): Promise<void> => {
    const json = await bridge.call(tool, args, chatHeaders)
    const text = await bridge.call(tool, args, { accept: 'text/plain' })
    const what = `${tool} ${JSON.stringify(args)}`
    said.push({ way: json.status < 400 ? 'REST JSON' : 'REST error', what, text: json.text })
    said.push({ way: text.status < 400 ? 'REST text' : 'REST error', what, text: text.text })
  }
  for (const sample of samples) {
    const { tool, surfaces, effect } = sample
    const given = [await argsOf(sample, about, bridge), ...(surfaces?.(about) ?? [])]
    for (const each of given) await rest(tool, each)
    if (effect === 'reads') {
      await rest(tool, { ...given[0], detail: 'full' })
      calls.push(...given.map((each): [string, Args] => [tool, each]))
    }
  }
  const untold: [string, Args][] = [
    ['exportVM', { vmUUID: about.vmUUID, wait: 0 }],
    ['taskTagStatus_read', { detail: 'full', max_tokens: 100_000 }],
    ['snapshotVM', { vmUUID: about.vmUUID, label: typed[0] ?? 'x', wait: 2 }],
    ['run_api', { query: '/VirDomain', method: 'GET' }],
    ['run_api', { query: '/VirDomainSnapshot', method: 'GET' }]
  ]
  const running = [...simulator.world.state.virDomains.values()].find(
    ({ state }) => state === 'RUNNING'
  )?.uuid
  untold.push(
    ['deleteVM', { vmUUID: running }],
    ['updateVM', { vmUUID: running, numVCPU: 7, machineType: 'scale-bios-9.3' }],
    ['changeVM_state', { vmUUID: running, actionType: 'LIVEMIGRATE' }],
    ['changeVM_state', { vmUUID: about.vmUUID, actionType: 'NMI' }],
    ['cloneVM', { vmUUID: running, snapUUID: snapshotOfAnother(simulator, running) }],
    ['delete_snapshotVM', { vmUUID: running, snapUUID: snapshotOfAnother(simulator, running) }],
    ...[...simulator.world.state.isos.keys()].map((isoUUID): [string, Args] => [
      'createVM',
      { name: typed[0] ?? 'x', isoUUID }
    ]),
    ...[...simulator.world.state.virDomains.values()].map(({ uuid }): [string, Args] => [
      'changeVM_state',
      { vmUUID: uuid, actionType: 'PAUSE', wait: 1 }
    ])
  )
  for (const [tool, args] of untold) await rest(tool, args)
  calls.push(...untold)
  for (const text of typed)
    for (const [tool, args] of typedCalls(text, about.vmUUID)) {
      await rest(tool, args)
      calls.push([tool, args])
    }
  for (const vm of [...simulator.world.state.virDomains.values()].slice(0, 4)) {
    for (const tool of ['getVM_details', 'getVM_sysStats']) await rest(tool, { vmUUID: vm.uuid })
    await rest('cloneVM', { vmUUID: vm.name, wait: 2 })
    await rest('changeVM_state', { vmUUID: vm.uuid, actionType: 'RESET', wait: 1 })
  }
  // What takes longer than a second is reported in the chat.
  const { virDomains, guests } = simulator.world.state
  const isAwake = ({ state }: { state: string }): boolean => state === 'RUNNING'
  for (const { uuid } of virDomains.values())
    if (![...virDomains.values()].some(isAwake))
      await rest('changeVM_state', { vmUUID: uuid, actionType: 'START', wait: 5, again: true })
  const awake = [...virDomains.values()].find(isAwake)
  const guest = guests.get(awake?.uuid ?? '')
  if (guest === undefined) throw new Error('no VM can be started any more')
  guest.ignoresAcpi = true
  const shutdown = { vmUUID: awake?.uuid, actionType: 'SHUTDOWN', wait: 2 }
  const { text } = await bridge.call('changeVM_state', shutdown, chatHeaders)
  said.push({ way: 'REST JSON', what: 'changeVM_state SHUTDOWN', text })
  simulator.faults.add({ kind: 'fail-task', times: 2, message: `It failed: ${typed.join(' ')}` })
  await rest('cloneVM', { vmUUID: about.vmUUID, name: typed[0] ?? 'x', wait: 5 })

  for (const path of ['/health', '/ready', '/openapi.json', '/nope', '/VM_read', '/vm_read', '/%'])
    said.push({ way: 'pages', what: path, text: (await bridge.fetch(path)).text })
  for (const text of typed) {
    const path = `/${encodeURIComponent(text)}`
    said.push({ way: 'pages', what: path, text: (await bridge.fetch(path)).text })
    const body = JSON.stringify({ vmUUID: text }).slice(0, -1)
    said.push({
      way: 'REST error',
      what: body,
      text: (await bridge.call('getVM_details', body)).text
    })
  }

  said.push(...(await saidOfApprovals(t, bridge, webhook, typed)))

  for (const era of ['modern', 'legacy'] as const)
    await askAll(
      async (method, params, name) => {
        const { text, stream } = await post(bridge, era, method, params, name)
        const what = `${era} ${method} ${JSON.stringify(params)}`
        said.push({ way: stream ? 'MCP stream' : 'MCP over HTTP', what, text })
        return text
      },
      bridge,
      calls,
      typed
    )

  const line = await startStdio(t, bridge)
  await line(
    rpc('legacy', 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw', version: '1.0.0' }
    })
  )
  let id = 1
  await askAll(
    async (method, params) => {
      const text = await line(rpc('legacy', method, params, ++id))
      said.push({ way: 'MCP over stdio', what: `${method} ${JSON.stringify(params)}`, text })
      return text
    },
    bridge,
    calls,
    typed
  )

  await bridge.close()
  said.push(...bridge.log.map((text): Said => ({ way: 'log', what: 'log', text })))
  said.push(
    ...chat.events.map(({ description }): Said => ({
      way: 'chat event',
      what: 'event',
      text: description
    }))
  )
  said.push(
    ...llm.requests.map(({ body }): Said => ({
      way: 'model prompt',
      what: 'request',
      text: JSON.stringify(body)
    }))
  )
  return said
}

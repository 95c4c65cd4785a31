import t from 'tap'
import type { Scope } from '../../src/identity/scope.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { startLlmServer } from '../helper/llm-server.ts'
import { connectMcp, eras } from '../helper/mcp-client.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'

const granted: Record<string, Scope[]> = {
  reader: ['read'],
  operator: ['read', 'operate'],
  loser: ['lose'],
  approver: ['approve']
}

async function start(config: NonNullable<Parameters<typeof startTestBridge>[1]>['config'] = {}) {
  const bridge = await startTestBridge(t, { config })
  acceptTokens(
    bridge,
    Object.fromEntries(
      Object.entries(granted).map(([token, scopes]) => [token, principalWith(scopes)])
    )
  )
  return bridge
}

async function documentFor(bridge: TestBridge, token?: string, query = '') {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await bridge.fetch(`/openapi.json${query}`, { headers })
  const paths = Object.keys(response.body.paths ?? {})
  return { ...response, tools: paths.map((path) => path.slice(1)) }
}

/** What a token is shown: every tool of which one effect is in its scopes. */
const expected = ({ app }: TestBridge, scopes: readonly Scope[]): string[] =>
  [...app.tools.values()]
    .filter(({ effects = ['read'] }) =>
      effects.some((effect) => scopes.includes(effect === 'change' ? 'operate' : effect))
    )
    .map(({ name }) => name)

t.test('OpenAPI and every era of MCP list what a token may use, and no more', async (t) => {
  const bridge = await start()
  const lists = new Set<string>()
  for (const [token, scopes] of Object.entries(granted)) {
    const tools = expected(bridge, scopes)
    lists.add(tools.join())
    const document = await documentFor(bridge, token)
    t.equal(document.status, 200)
    t.same(document.tools, tools, token)
    t.match(document.headers, { 'cache-control': /private/, vary: /authorization/i })
    for (const era of eras) {
      const client = await connectMcp(t, bridge, { era, token })
      const { tools: listed } = await client.listTools()
      t.same(
        listed.map(({ name }) => name),
        tools,
        `${token}, ${era}`
      )
      const told = client.getInstructions() ?? ''
      for (const name of ['vm_read', 'waitTask', 'run_api', 'query_api'])
        t.equal(told.includes(name) && !tools.includes(name), false, `${token}: ${name}`)
    }
  }
  t.equal(lists.size, Object.keys(granted).length, 'each sees something else')
})

t.test('a set of tools and a token hold together', async (t) => {
  const bridge = await start()
  const all = expected(bridge, ['read'])
  const { tools: core } = await documentFor(bridge, undefined, '?tools=core')
  const { tools } = await documentFor(bridge, 'reader', '?tools=core')
  t.same(
    tools,
    core.filter((name) => all.includes(name))
  )
  t.ok(tools.length < core.length)
  const client = await connectMcp(t, bridge, { token: 'reader', path: '/mcp?tools=core' })
  t.same(
    (await client.listTools()).tools.map(({ name }) => name),
    tools
  )
  const outside = client.callTool({ name: 'createVM', arguments: {} })
  await t.rejects(outside, { message: /There is no tool createVM/ })
})

t.test('without a token all is shown, with a wrong one nothing', async (t) => {
  const bridge = await start()
  const all = [...bridge.app.tools.keys()]
  for (const authorization of [undefined, '', 'Bearer', 'bearer ', 'Basic b3A6eA==']) {
    const headers = authorization === undefined ? {} : { authorization }
    const { status, body, headers: sent } = await bridge.fetch('/openapi.json', { headers })
    t.equal(status, 200)
    t.equal(Object.keys(body.paths).length, all.length)
    t.match(sent, { 'cache-control': 'no-cache', vary: /authorization/i })
  }
  t.same((await documentFor(bridge, bridge.token)).tools, all, "the operator's own")
  for (const authorization of ['Bearer wrong', bridge.token]) {
    const { status, body } = await bridge.fetch('/openapi.json', { headers: { authorization } })
    t.equal(status, 401, authorization)
    t.equal(body.error.code, 'UNAUTHORIZED')
  }
})

t.test('RUN_API=off leaves run_api out for everybody, and a call of it says so', async (t) => {
  const bridge = await start({ runApi: 'off' })
  for (const token of [undefined, bridge.token, 'reader'])
    t.notOk((await documentFor(bridge, token)).tools.includes('run_api'))
  for (const era of eras) {
    const client = await connectMcp(t, bridge, { era })
    const { tools } = await client.listTools()
    t.notOk(tools.some(({ name }) => name === 'run_api'))
    t.notMatch(client.getInstructions(), /run_api/)
    const called = await client.callTool({
      name: 'run_api',
      arguments: { query: '/Node', method: 'GET' }
    })
    t.match(called, { isError: true, content: [{ text: /RUN_API=off/ }] })
  }
})

t.test('READ_ONLY=true leaves out what only writes, and a call of it says so', async (t) => {
  const bridge = await start({ readOnly: true })
  const readers = [...bridge.app.tools.values()]
    .filter(({ annotations, name }) => annotations.readOnlyHint || name === 'run_api')
    .map(({ name }) => name)
  for (const token of [undefined, bridge.token, 'reader'])
    t.same((await documentFor(bridge, token)).tools, readers)
  const refused = [
    ['deleteVM', { vmUUID: 'no such VM' }],
    ['kill_session', {}],
    ['generate_session', {}]
  ] as const
  for (const era of eras) {
    const client = await connectMcp(t, bridge, { era })
    t.same(
      (await client.listTools()).tools.map(({ name }) => name),
      readers
    )
    t.notMatch(client.getInstructions(), /deleteVM|snapshotVM/)
    for (const [name, args] of refused)
      t.match(await client.callTool({ name, arguments: args }), {
        isError: true,
        content: [{ text: /READ_ONLY=true.*Nothing was sent/ }]
      })
  }
  for (const [name, args] of refused)
    t.match(await bridge.call(name, args), { status: 403, body: { error: { code: 'READ_ONLY' } } })
  const dry = await bridge.call('snapshotVM', {
    vmUUID: bridge.vm('web-01'),
    label: 'x',
    dry_run: true
  })
  t.match(dry, { status: 200, body: { sent: false } }, 'what sends nothing may be looked at')
  t.same(
    bridge.simulator.requests.filter(
      ({ method, path }) => method !== 'GET' && !path.endsWith('/login')
    ),
    []
  )
})

t.test('a hidden tool that is called says which scope it takes, as over REST', async (t) => {
  const bridge = await start()
  for (const [name, args] of [
    ['deleteVM', { vmUUID: bridge.vm('web-01') }],
    ['deleteVM', {}],
    ['snapshotVM', { nonsense: 1 }]
  ] as const) {
    const { status, body } = await bridge.call(name, args, { authorization: 'Bearer reader' })
    t.equal(status, 403)
    t.equal(body.error.code, 'SCOPE_REQUIRED')
    for (const era of eras) {
      const client = await connectMcp(t, bridge, { era, token: 'reader' })
      const called = await client.callTool({ name, arguments: args })
      t.match(called, { isError: true, content: [{ text: body.error.message }] })
    }
  }
})

t.test('who may not read has no resources, prompts and completions', async (t) => {
  const bridge = await start()
  for (const era of eras) {
    const reader = await connectMcp(t, bridge, { era, token: 'reader' })
    t.ok((await reader.listResources()).resources.length > 3)
    t.ok((await reader.listPrompts()).prompts.length > 3)
    const client = await connectMcp(t, bridge, { era, token: 'loser' })
    t.same((await client.listResources()).resources, [])
    t.same((await client.listResourceTemplates()).resourceTemplates, [])
    t.same((await client.listPrompts()).prompts, [])
    const refused = { message: /requires the scope read, and this token has lose/ }
    await t.rejects(client.readResource({ uri: 'hypercore://cluster' }), refused)
    await t.rejects(client.getPrompt({ name: 'morning-check', arguments: {} }), refused)
    const ref = { type: 'ref/prompt' as const, name: 'why-is-this-vm-slow' }
    await t.rejects(client.complete({ ref, argument: { name: 'vm', value: '' } }), refused)
  }
})

/** The endpoints that a search finds, with what is said of them. */
async function found(bridge: TestBridge, token: string, query: string, text = false) {
  const { body } = await bridge.call(
    'query_api',
    { query, limit: 10 },
    { authorization: `Bearer ${token}`, ...(text && { accept: 'text/plain' }) }
  )
  return body
}

t.test('a search marks what the token may not do', async (t) => {
  const bridge = await start()
  const { available_paths: all } = await found(bridge, 'reader', '/VirDomain')
  t.ok(all.length > 3)
  for (const { method, path, effect, allowed, restriction } of all) {
    const reads = String(effect)
      .split(/, | or /)
      .includes('read')
    t.equal(allowed, reads ? undefined : false, `${method} ${path}: ${effect}`)
    t.equal(typeof restriction, reads ? 'undefined' : 'string')
  }
  for (const entry of (await found(bridge, bridge.token, '/VirDomain')).available_paths)
    t.notOk('allowed' in entry || 'restriction' in entry, 'the operator may do all')
  const { available_paths: actions } = await found(bridge, 'operator', '/VirDomain/action')
  const action = actions.find(({ path }: { path: string }) => path === '/VirDomain/action')
  t.match(action, { restriction: /^for some bodies not with this token: may need interrupt/ })
  t.notOk('allowed' in action)
  const deletion = await found(bridge, 'reader', 'DELETE /VirDomain/{virDomainUUID}', true)
  t.match(deletion, /DELETE \/VirDomain\/\{virDomainUUID\} .*\(not with this token: needs lose\)/)
})

t.test('and what no token may send as a raw call, or at all', async (t) => {
  for (const [config, mark] of [
    [{ runApi: 'read' as const }, /RUN_API=read/],
    [{ runApi: 'off' as const }, /RUN_API=off/],
    [{ readOnly: true }, /READ_ONLY=true/]
  ] as const) {
    const bridge = await start(config)
    for (const query of ['/VirDomain', '/DNSConfig', '/Node']) {
      const { available_paths: all } = await found(bridge, bridge.token, query)
      for (const { method, tool, allowed, restriction } of all) {
        const isMarked = method !== 'GET' || ('runApi' in config && config.runApi === 'off')
        if (!isMarked) t.equal(restriction, undefined)
        else t.match(restriction, mark)
        const byTool = tool !== undefined && !('readOnly' in config)
        if (isMarked) t.equal(allowed, byTool ? undefined : false)
      }
    }
  }
})

t.test('schema resources mark the same, each for its own token', async (t) => {
  const bridge = await start()
  const textFor = async (token: string, uri: string): Promise<string> => {
    const client = await connectMcp(t, bridge, { token })
    const { contents, cacheScope } = (await client.readResource({ uri })) as {
      contents: { text?: string }[]
      cacheScope?: string
    }
    t.equal(cacheScope, 'private')
    return contents[0]?.text ?? ''
  }
  for (const uri of [
    'hypercore://schema/VirDomain',
    'hypercore://schema/VirDomain/delete-virDomainUUID'
  ]) {
    t.match(await textFor('reader', uri), /not with this token: needs lose/)
    t.notMatch(await textFor(bridge.token, uri), /with this token/)
  }
})

t.test('a document and a list are written once for each set of usable tools', async (t) => {
  const bridge = await start()
  await documentFor(bridge, 'reader')
  const write = JSON.stringify
  let long = 0
  t.teardown(() => (JSON.stringify = write))
  JSON.stringify = ((...args: Parameters<typeof write>) => {
    const text = write(...args) as string | undefined
    if ((text?.length ?? 0) > 20_000) long++
    return text
  }) as typeof write
  for (let i = 0; i < 20; i++) await documentFor(bridge, 'reader')
  JSON.stringify = write
  t.equal(long, 0)
})

t.test('ask_api marks the endpoints that an answer names', async (t) => {
  const llm = await startLlmServer(t)
  llm.parts = ['Use DELETE /VirDomain/{virDomainUUID}; GET /VirDomain lists them.']
  const [model = ''] = llm.models
  const bridge = await start({ llm: { baseUrl: llm.url, model, apiKey: undefined } })
  const ask = async (token: string) => {
    const question = 'How do I delete a VM, DELETE /VirDomain/{virDomainUUID}? How do I list VMs?'
    const { body } = await bridge.call(
      'ask_api',
      { question },
      { authorization: `Bearer ${token}` }
    )
    return body.operations as { method: string; allowed?: boolean; restriction?: string }[]
  }
  const marked = (await ask('reader')).find(({ method }) => method === 'DELETE')
  t.match(marked, { allowed: false, restriction: 'not with this token: needs lose' })
  const [first] = await ask(bridge.token)
  t.ok(first)
  t.notOk('allowed' in (first ?? {}))
})

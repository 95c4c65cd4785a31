import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import t from 'tap'
import { startTestBridge, type TestBridge } from './helper/bridge.ts'
import { connectMcp } from './helper/mcp-client.ts'
import { readingCalls } from './tools.ts'

const plain = { accept: 'text/plain' }
const tokensOf = (text: string): number => encode(text).length
const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/

type Item = Record<string, unknown>

/** Names with everything that makes texts long or breaks lines. */
function roughen(bridge: TestBridge): void {
  const [first, second, third] = bridge.simulator.world.state.virDomains.values()
  if (first === undefined || second === undefined || third === undefined) throw new Error('No VMs')
  first.name = 'Überwachung\tKöln\r\nSüd'
  first.description = '{"a": "b"}\u2028データベース '.repeat(20)
  second.tags = ''
  second.description = ''
  third.description = 'Lorem ipsum dolor sit amet. '.repeat(1000)
}

t.test('a cluster of 1,000 VMs', { timeout: 120_000 }, async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 1000 } })
  // With the names from before they become hard to read.
  const calls = readingCalls(bridge)
  roughen(bridge)
  t.ok(calls.length > 25, 'all tools that read')

  await t.test('no default answer has more than 4,500 tokens', async (t) => {
    for (const { tool, args } of calls.filter(({ args }) => !('detail' in args)))
      for (const accept of ['application/json', 'text/plain']) {
        const { status, text } = await bridge.call(tool, args, { accept })
        t.equal(status, 200, tool)
        t.ok(tokensOf(text) <= 4500, `${tool} as ${accept}: ${tokensOf(text)} tokens`)
      }
  })

  for (const max_tokens of [200, 20_000])
    await t.test(`max_tokens ${max_tokens} is kept, record by record`, async (t) => {
      for (const tool of ['vm_read', 'vmSnapshots_read', 'drive_read'])
        for (const detail of ['summary', 'full'])
          for (const accept of ['application/json', 'text/plain']) {
            const args = { max_tokens, detail }
            const { text } = await bridge.call(tool, args, { accept })
            const what = `${tool} ${detail} as ${accept}: ${tokensOf(text)}`
            const oneAlone = /"returned":1,|shown 1-1;/.test(text)
            t.ok(tokensOf(text) <= max_tokens || oneAlone, what)
            if (tokensOf(text) > max_tokens)
              t.match(text, /more than max_tokens: name fields/, what)
          }
    })

  await t.test('all pages together are all records, each once and whole', async (t) => {
    for (const [tool, wanted] of [
      ['vm_read', 1000],
      ['vmSnapshots_read', bridge.simulator.world.state.snapshots.size]
    ] as const) {
      const seen = new Set<unknown>()
      let offset: number | undefined = 0
      while (offset !== undefined) {
        const { body } = await bridge.call(tool, { offset, max_tokens: 20_000 })
        t.equal(body.returned, body.items.length)
        const items = body.items as Item[]
        t.ok(
          items.every((item) => Object.keys(item).join() === Object.keys(items[0] ?? {}).join()),
          'each whole'
        )
        for (const item of items) seen.add(item['uuid'])
        if (body.next_offset !== undefined)
          t.equal(body.hint, `next: offset ${body.next_offset}, or narrow with filter`)
        offset = body.next_offset
      }
      t.equal(seen.size, wanted, tool)
    }
  })

  await t.test('a text says where to continue, and the next page starts there', async (t) => {
    const first = await bridge.call('vm_read', {}, plain)
    const [, shown, next] =
      /^total 1000, shown 1-(\d+); next: offset (\d+), or narrow with filter$/m.exec(first.text) ??
      []
    t.equal(shown, next)
    t.ok(Number(shown) > 80, `${shown} VMs fit`)
    const second = await bridge.call('vm_read', { offset: Number(next) }, plain)
    t.match(second.text, `total 1000, shown ${Number(next) + 1}-`)
    const last = await bridge.call('vm_read', { offset: 990 }, plain)
    t.match(last.text, /^total 1000, shown 991-1000\n/)
  })

  await t.test('limit holds where it fits, max_tokens where it does not', async (t) => {
    t.equal((await bridge.call('vm_read', { limit: 7 })).body.returned, 7)
    const max = await bridge.call('vm_read', { limit: 1000, max_tokens: 100_000 }, plain)
    t.match(max.text, /^total 1000, shown 1-1000\n/)
    t.ok((await bridge.call('vm_read', { limit: 1000 })).body.returned < 100)
    for (const wrong of [{ limit: 1001 }, { max_tokens: 199 }, { max_tokens: 100_001 }])
      t.equal((await bridge.call('vm_read', wrong)).status, 400)
  })

  await t.test('a record that is larger than the budget is shown alone', async (t) => {
    const [, , long] = bridge.simulator.world.state.virDomains.values()
    const args = { filter: `uuid:${long?.uuid}`, detail: 'full', max_tokens: 1000 }
    const { body } = await bridge.call('vm_read', args)
    t.equal(body.returned, 1)
    t.equal(body.items[0].description, long?.description)
    t.match(body.hint, /^this one is about \d+ tokens, more than max_tokens: name fields$/)
  })
})

t.test('texts of all tools', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 60 } })
  const calls = readingCalls(bridge)
  roughen(bridge)
  for (const { tool, args } of calls) {
    const { text } = await bridge.call(tool, { ...args }, plain)
    const [head = '', columns = '', ...rows] = text.split('\n')
    const json = text
      .split('\n')
      // What a caller has to send is JSON, and shown as it is sent; one name of a VM looks like it.
      .filter((line) => !line.startsWith('  example: ') && !line.includes('{"a": "b"}'))
      .map((line) => line.replaceAll(/\b\w+ \{(?:"[^}]*)?\}/g, 'a call'))
      .filter((line) => /"\w+":|\[\{|(?<!\w)\[\]|\{\}/.test(line))
    t.same(json, [], `${tool}: no JSON`)
    t.notMatch(text, /\r|\u2028/, `${tool}: no broken line`)
    if (!head.startsWith('total ')) continue
    const shown = /shown (\d+)-(\d+)/.exec(head)
    t.equal(rows.length, Number(shown?.[2]) - Number(shown?.[1]) + 1, `${tool}: a line a record`)
    const width = columns.split('\t').length
    t.ok(
      rows.every((row) => row.split('\t').length === width),
      `${tool}: as many values as headings`
    )
  }
})

t.test('100 VMs as text fit 4,500 tokens, uuids and all', async (t) => {
  for (const seed of [1, 2, 3]) {
    const bridge = await startTestBridge(t, { simulator: { vms: 100, seed } })
    const { text } = await bridge.call('vm_read', { max_tokens: 10_000 }, plain)
    const [head, columns, ...rows] = text.split('\n')
    t.equal(head, 'total 100, shown 1-100')
    t.equal(columns, 'uuid\tname\tstate\tnode\tnumVCPU\tmemory')
    t.equal(rows.filter((row) => uuid.test(row)).length, 100)
    t.comment(`${tokensOf(text)} tokens`)
    t.ok(tokensOf(text) <= 4500, `${tokensOf(text)} tokens`)
  }
})

t.test('the card of a VM is short', async (t) => {
  const bridge = await startTestBridge(t)
  const sizes: number[] = []
  for (const vmUUID of bridge.simulator.world.state.virDomains.keys())
    sizes.push(tokensOf((await bridge.call('getVM_details', { vmUUID }, plain)).text))
  const sorted = sizes.toSorted((a, b) => a - b)
  const typical = sorted[Math.floor(sorted.length / 2)] ?? Infinity
  t.comment(`cards of ${sorted[0]} to ${sorted.at(-1)} tokens, typically ${typical}`)
  t.ok(typical <= 350)
  t.ok((sorted.at(-1) ?? Infinity) <= 600)
})

t.test('the same conditions of several nodes stand once, the worst first', async (t) => {
  const bridge = await startTestBridge(t)
  const { conditions } = bridge.simulator.world.state
  for (const condition of conditions.values()) condition.value = false
  const everywhere = [...conditions.values()].filter(({ name }) => name.endsWith('node.fanFailed'))
  const offline = [...conditions.values()].find(({ name }) => name.endsWith('node.offline'))
  t.equal(everywhere.length, 3)
  for (const [i, condition] of everywhere.entries())
    Object.assign(condition, { value: true, isOK: true, lastSetTime: 1793000000000 + i * 60_000 })
  if (offline !== undefined) offline.value = true

  const { body } = await bridge.call('condition_read')
  t.equal(body.total, 2)
  t.match(body.items[0], { severity: 'CRITICAL', count: 1, nodes: [offline?.nodeLANIP] })
  t.match(body.items[1], {
    severity: 'ERROR',
    count: 3,
    nodes: everywhere.map(({ nodeLANIP }) => nodeLANIP),
    since: new Date(1793000000000).toISOString().replace('.000', '')
  })
  const full = await bridge.call('condition_read', { detail: 'full' })
  t.equal(full.body.total, 4, 'each by itself')
  t.equal(full.body.items[1].techNotes, everywhere[0]?.techNotes)
  const address = everywhere[1]?.nodeLANIP
  t.equal(
    (await bridge.call('condition_read', { filter: `nodeLANIP:${address}` })).body.total >= 1,
    true
  )

  for (const item of [
    ...body.items,
    ...(await bridge.call('condition_read', {}, plain)).text.split('\n')
  ])
    t.notMatch(JSON.stringify(item), /isOK|"value"|check/, 'nothing that reads as if all were well')
  t.equal(full.body.items[1].isOK, true, 'which the full record keeps')

  if (everywhere[2] !== undefined) everywhere[2].isOK = false
  const doubtful = await bridge.call('condition_read', {}, plain)
  t.match(
    doubtful.text,
    /^total 3, shown 1-3\nseverity\tdescription\tnodes\tcount\tsince\tname\tcheck$/m
  )
  t.equal(doubtful.text.split('\n').filter((line) => line.endsWith('\tnot trustworthy')).length, 1)
  const told = (await bridge.call('condition_read')).body.items as Item[]
  t.same(
    told.map((item) => item['check']),
    [undefined, undefined, 'not trustworthy']
  )
})

t.test('run_api sends all, and says how much it is', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 100 } })
  const all = await bridge.call('run_api', { query: '/VirDomain', method: 'GET' })
  t.equal(all.body.body.length, 100)
  const [note] = all.body.notes
  const told = Number(
    /^This response is about (\d+) tokens: fields and limit make it smaller, and so does vm_read$/.exec(
      note
    )?.[1]
  )
  t.ok(told >= tokensOf(JSON.stringify(all.body.body)), note)
  const small = await bridge.call('run_api', { query: '/Cluster', method: 'GET' })
  t.notOk('notes' in small.body)
  const text = await bridge.call('run_api', { query: '/Cluster', method: 'GET' }, plain)
  t.match(text.text, /^status: 200\nbody:/)
})

t.test('over MCP the text is the same, and the structure has the same items', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 200 } })
  const client = await connectMcp(t, bridge)
  // The client checks each structure against the schema that the tool was listed with.
  await client.listTools()
  for (const { tool, args } of readingCalls(bridge).filter(({ args }) => !('wait' in args))) {
    const { isError, content, structuredContent } = await client.callTool({
      name: tool,
      arguments: args
    })
    t.notOk(isError, tool)
    const [first] = content
    const text = first?.type === 'text' ? first.text : ''
    t.ok(tokensOf(text) <= 4500, `${tool}: ${tokensOf(text)} tokens`)
    const { items } = structuredContent as { items?: Item[] }
    // A tool with a text of its own has more in it than rows.
    if (items === undefined || bridge.app.tools.get(tool)?.text !== undefined) continue
    t.equal(items.length, text.split('\n').length - 2, `${tool}: as many as the text has lines`)
    t.same(Object.keys(items[0] ?? {}).join('\t'), text.split('\n')[1], tool)
  }
  for (const [name, args] of [
    ['vm_read', { fields: ['disk'] }],
    ['query_api', { query: 'change the power state', detail: 'full' }],
    ['run_api', { query: '/Node', method: 'GET' }]
  ] as const) {
    const { isError } = await client.callTool({ name, arguments: args })
    t.notOk(isError, `${name} answers what it promises`)
  }
})

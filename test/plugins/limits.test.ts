import t from 'tap'
import { startTestBridge, type ToolAnswer } from '../helper/bridge.ts'
import { post, rpc } from '../helper/mcp-raw.ts'

const text = (kibibytes: number): string => 'x'.repeat(kibibytes * 1024)

t.test('how large a body may be', async (t) => {
  const bridge = await startTestBridge(t)
  const sized: [tool: string, args: (pad: string) => object, limit: number, says: RegExp][] = [
    ['vm_read', (filter) => ({ filter }), 256, /limit of 256 KiB/],
    ['updateVM', (description) => ({ vmUUID: 'web-01', description }), 256, /limit of 256 KiB/],
    ['createVM', (description) => ({ name: 'new', description }), 1024, /limit of 1 MiB/],
    [
      'run_api',
      (description) => ({ query: '/VirDomain', method: 'GET', payload: { description } }),
      1024,
      /limit of 1 MiB/
    ]
  ]
  for (const [tool, args, limit, says] of sized) {
    const over = await bridge.call(tool, args(text(limit)))
    t.match(over, { status: 413, body: { error: { code: 'BODY_TOO_LARGE', message: says } } }, tool)
    const within = await bridge.call(tool, args(text(limit - 1)))
    t.not(within.status, 413, `${tool} reads what is within the limit`)
  }
  const message = (kibibytes: number): Promise<ToolAnswer> =>
    post(
      bridge,
      rpc('legacy', 'tools/call', { name: 'vm_read', arguments: { filter: text(kibibytes) } })
    )
  t.equal((await message(1024)).status, 413)
  t.match((await message(1023)).body, { result: { isError: true } })
})

const many = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]))

const items = (count: number, item: unknown = {}): unknown[] =>
  Array.from({ length: count }, () => item)

t.test('how much a body may hold, said before anything walks it', async (t) => {
  const bridge = await startTestBridge(t)
  const action = { query: '/VirDomain/action', method: 'POST' }
  const rows: [tool: string, args: object, says: RegExp][] = [
    [
      'run_api',
      { ...action, payload: items(1001) },
      /^payload has a list of 1001 items, more than 1000: send/
    ],
    ['run_api', { ...action, payload: JSON.stringify(items(1001)) }, /^payload has a list of 1001/],
    [
      'run_api',
      { ...action, payload: many(501) },
      /^payload has an object of 501 keys, more than 500/
    ],
    [
      'run_api',
      { ...action, payload: items(600, items(20)) },
      /^payload holds more than 10000 values/
    ],
    ['createVM', { name: 'x', disks: items(1001) }, /^disks has a list of 1001 items/],
    ['vm_read', many(501), /^the body has an object of 501 keys/],
    ['vm_read', { arguments: many(501) }, /^arguments has an object of 501 keys/]
  ]
  for (const [tool, args, says] of rows)
    t.match(await bridge.call(tool, args), {
      status: 400,
      body: { error: { code: 'INVALID_ARGUMENT', message: says } }
    })
  t.equal(bridge.simulator.requests.length, 0, 'nothing was sent')
  const { body } = await bridge.call('run_api', { ...action, payload: items(1000), check: true })
  t.notMatch(body.error.message, /more than 1000/, 'as many as are allowed are looked at')
})

t.test('every text that a tool takes has a length, and every list', async (t) => {
  const { app } = await startTestBridge(t)
  interface Schema {
    type?: string | string[]
    enum?: unknown
    maxLength?: number
    maxItems?: number
    items?: Schema
    properties?: Record<string, Schema>
  }
  const open: string[] = []
  const see = (schema: Schema, place: string): void => {
    const { type = [], items, properties = {} } = schema
    const types = [type].flat()
    if (types.includes('string') && schema.enum === undefined && schema.maxLength === undefined)
      open.push(place)
    if (types.includes('array') && schema.maxItems === undefined) open.push(`${place}[]`)
    if (items !== undefined) see(items, `${place}[]`)
    for (const [name, field] of Object.entries(properties)) see(field, `${place}.${name}`)
  }
  for (const tool of app.tools.values()) see(tool.input as Schema, tool.name)
  // Bounded as a body is: text of it is JSON, read within the same limits.
  t.same(open, ['run_api.payload', 'run_api.payload[]'])
})

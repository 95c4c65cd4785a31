import { operator } from '../../../../src/identity/static-token.ts'
import t from 'tap'
import { toBridgeError } from '../../../../src/lib/errors/errors.ts'
import { prepareArguments } from '../../../../src/tools/call/call-tool.ts'
import { startTestBridge } from '../../../helper/bridge.ts'

/** The same numbers on every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

const good: [tool: string, args: Record<string, unknown>][] = [
  ['vm_read', { filter: 'state:RUNNING', limit: 5, offset: 1, detail: 'full' }],
  ['fetch_vm', { name: 'web' }],
  ['getVM_details', { vmUUID: 'app-01' }],
  ['changeVM_state', { vmUUID: 'app-01', actionType: 'LIVEMIGRATE', nodeUUID: 'node 2', wait: 5 }],
  ['snapshotVM', { vmUUID: 'app-01', label: 'x', wait: 0 }],
  ['delete_snapshotVM', { snapUUID: 'x', vmUUID: 'app-01' }],
  ['cloneVM', { vmUUID: 'app-01', name: 'y', snapUUID: 'x' }],
  [
    'createVM',
    {
      name: 'z',
      numVCPU: 2,
      mem: 2 ** 30,
      disks: [{ capacity: 2 ** 30, type: 'VIRTIO_DISK' }],
      nics: [{ vlan: 10, connected: true }],
      tags: 'a,b'
    }
  ],
  ['updateVM', { vmUUID: 'app-01', bootDevices: [], preferredNodeUUID: '', strictAffinity: true }],
  ['run_api', { query: '/VirDomain', method: 'GET', payload: { a: [1] }, check: true }],
  ['importVM', { pathURI: 'smb://user:secret@server/share/x', name: 'w' }],
  ['waitTask', { taskTag: '12', wait: 1 }],
  ['ping_read', {}]
]

const oddValues: unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  1e21,
  true,
  'true',
  '4',
  '4.5',
  'null',
  [],
  {},
  [null],
  [[[]]],
  { a: { b: null } },
  '[{"capacity": "1"}]',
  '{"a": 1}',
  'a,b',
  '\u0000',
  '𝕨𝕖𝕓',
  '%s%n../..',
  'x'.repeat(3000),
  '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21',
  { __proto__: null, constructor: { prototype: 1 } }
]

const oddKeys = [
  '__proto__',
  'constructor',
  'vm',
  'id',
  'uuid',
  'name',
  'arguments',
  'body',
  '',
  '0'
]

t.test('no mutation of a call makes the bridge fail', { timeout: 60_000 }, async (t) => {
  const bridge = await startTestBridge(t)
  const random = randomFrom(20240115)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

  /** Changes one thing, at any depth. */
  function mutate(value: unknown): unknown {
    if (random() < 0.3) return pick(oddValues)
    if (typeof value === 'string')
      return pick([
        value.toUpperCase(),
        ` ${value}\n`,
        JSON.stringify(value),
        [value],
        value.slice(1)
      ])
    if (Array.isArray(value)) return random() < 0.5 ? JSON.stringify(value) : value.map(mutate)
    if (typeof value !== 'object' || value === null) return String(value)
    const entries = Object.entries(value)
    switch (Math.floor(random() * 6)) {
      case 0:
        return Object.fromEntries(entries.map(([name, one]) => [name.toLowerCase(), one]))
      case 1:
        return Object.fromEntries([...entries, [pick(oddKeys), pick(oddValues)]])
      case 2:
        return { [pick(oddKeys)]: value }
      case 3:
        return JSON.stringify(value)
      case 4:
        return Object.fromEntries(entries.filter(() => random() < 0.7))
      default: {
        const at = Math.floor(random() * entries.length)
        return Object.fromEntries(
          entries.map(([name, one], i) => [name, i === at ? mutate(one) : one])
        )
      }
    }
  }

  let ran = 0
  let refused = 0
  for (let i = 0; i < 4000; i++) {
    const [name, args] = pick(good)
    let body: unknown = args
    for (let times = 0; times <= i % 4; times++) body = mutate(body)
    const tool = bridge.app.tools.get(name)
    if (tool === undefined) throw new Error(`There is no tool ${name}`)
    const context = bridge.app.toolContext({
      authority: { principal: operator },
      signal: new AbortController().signal,
      form: 'json',
      progress: undefined
    })
    try {
      await prepareArguments(tool, context, body)
      ran++
    } catch (thrown) {
      const error = toBridgeError(thrown)
      refused++
      if (error.statusCode < 500 && error.message.length > 10) continue
      t.fail(`${name} ${JSON.stringify(body)}`, { message: error.message, cause: error.cause })
    }
  }
  t.ok(ran > 300 && refused > 300, `${ran} coerced, ${refused} refused`)

  for (let i = 0; i < 300; i++) {
    const [name, args] = pick(good)
    if (bridge.app.tools.get(name)?.annotations.readOnlyHint !== true) continue
    const { status, text } = await bridge.call(name, JSON.stringify(mutate(mutate(args))))
    t.ok(status < 500, `${name}: ${status}`)
    t.notMatch(text, /secret@/)
  }
})

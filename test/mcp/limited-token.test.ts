import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'
import { until } from '../helper/simulator.ts'
import { samples, subjectsOf } from '../tools.ts'

const token = 'lab-only'
const authorization = { authorization: `Bearer ${token}` }

/** What the cluster is known by, and what belongs to all: no VM of these names is another one. */
interface Others {
  names: string[]
  ids: string[]
}

/**
 * A bridge with a token that reads VMs tagged `lab`, of which web-01 is the only one. Every other VM has a
 * name that occurs nowhere else, and there are tasks, mounts and snapshots of others.
 */
async function start(t: Test): Promise<{ bridge: TestBridge; others: Others; foreign: string[] }> {
  const bridge = await startTestBridge(t, { simulator: { nodes: 3 } })
  const { state, tasks } = bridge.simulator.world
  acceptTokens(bridge, { [token]: principalWith(['read', 'operate', 'control'], ['lab']) })
  const [own, ...rest] = [...state.virDomains.values()].toSorted(
    (a, b) => Number(b.name === 'web-01') - Number(a.name === 'web-01')
  )
  if (own === undefined) throw new Error('There is no VM')
  own.tags = 'web,Lab'
  // A clone of a VM that is none of its own.
  own.sourceVirDomainUUID = rest[0]?.uuid ?? ''
  rest.forEach((vm, i) => {
    vm.name = `zorro ${i} prod`
    vm.description = ''
  })
  const operate = async (tool: string, args: object): Promise<string> => {
    const { status, body } = await bridge.call(tool, args)
    t.equal(status, 200, `${tool}: ${JSON.stringify(body).slice(0, 200)}`)
    return String(body.taskTag)
  }
  const [first, second] = rest
  const foreign = [
    await operate('snapshotVM', { vmUUID: first?.uuid, label: 'before', wait: 30 }),
    await operate('cloneVM', { vmUUID: second?.uuid, name: 'zorro copy prod', wait: 30 })
  ]
  const disk = first?.blockDevs[0]
  const task = tasks.list().find(({ taskTag }) => taskTag === foreign[0])
  if (task === undefined || disk === undefined) throw new Error('The cluster has no task')
  // As a real cluster names what is not a VM itself.
  task.objectUUID = disk.uuid
  const condition = [...state.conditions.values()].find(({ value }) => value)
  if (condition !== undefined) condition.description = `Low space for zorro 0 prod (${first?.uuid})`
  const strangers = [...state.virDomains.values()].filter((vm) => vm !== own)
  const names = strangers.map(({ name }) => name)
  const ids = strangers.flatMap(({ uuid, blockDevs, netDevs, snapUUIDs }) => [
    uuid,
    ...blockDevs.map((each) => each.uuid),
    ...netDevs.map((each) => each.uuid),
    ...snapUUIDs
  ])
  return { bridge, others: { names, ids }, foreign }
}

/** What of other VMs a response tells. */
const told = ({ names, ids }: Others, response: unknown): string[] => {
  const text = typeof response === 'string' ? response : JSON.stringify(response)
  return [...names, ...ids].filter((each) => text.includes(each))
}

t.test('no read tells a limited token of another VM', async (t) => {
  const { bridge, others, foreign } = await start(t)
  const about = subjectsOf(bridge, 'web-01')
  const call = async (tool: string, args: object): Promise<void> => {
    for (const accept of ['application/json', 'text/plain']) {
      const { body } = await bridge.call(tool, args, { ...authorization, accept })
      t.same(told(others, body), [], `${tool} ${JSON.stringify(args)}`)
    }
  }
  let shown = 0
  for (const { tool, effect, args, surfaces } of samples) {
    if (effect !== 'reads') continue
    const own = args({ ...about, taskTag: foreign[0] ?? '' }, bridge)
    await call(tool, own)
    const takesDetail = 'detail' in (bridge.app.tools.get(tool)?.input.properties ?? {})
    if (takesDetail) await call(tool, { ...own, detail: 'full', max_tokens: 100_000 })
    for (const more of surfaces?.(about) ?? []) await call(tool, more)
    shown++
  }
  t.ok(shown > 20, 'every tool that reads was called')
  for (const taskTag of foreign)
    for (const tool of ['waitTask', 'taskTagStatusFilter']) await call(tool, { taskTag })
  // By what it might know or guess of others.
  for (const id of others.ids.slice(0, 3)) {
    for (const tool of ['getVM_details', 'getVM_sysStats', 'vmNetDevices_read'])
      t.same(
        told(
          { ...others, ids: others.ids.filter((each) => each !== id) },
          (await bridge.call(tool, { vmUUID: id }, authorization)).body
        ),
        [],
        tool
      )
  }
  for (const name of ['zorro', 'prod']) {
    await call('fetch_vm', { name })
    await call('getVM_details', { vmUUID: name })
    await call('vm_read', { filter: name })
  }
})

t.test('nor does any raw read of the API', async (t) => {
  const { bridge, others } = await start(t)
  const lists = bridge.app.catalog.operations.filter(
    ({ method, base, path }) =>
      method === 'GET' && base === '/rest/v1' && !path.includes('{') && !path.startsWith('/docs')
  )
  t.ok(lists.length > 30)
  for (const { path } of lists) {
    const args = { query: path, method: 'GET', max_tokens: 100_000 }
    const { body } = await bridge.call('run_api', args, authorization)
    t.same(told(others, body), [], path)
  }
  const { body: isos } = await bridge.call(
    'run_api',
    { query: '/ISO', method: 'GET' },
    authorization
  )
  t.ok(isos.body.length > 0, 'what belongs to nobody stays')
})

t.test('nor resources, prompts and completion', async (t) => {
  const { bridge, others } = await start(t)
  const client = await connectMcp(t, bridge, { token })
  for (const { uri } of (await client.listResources()).resources)
    t.same(told(others, await client.readResource({ uri })), [], uri)
  const values: Record<string, string> = { vm: 'web-01', node: '10.20.0.12', change: 'an update' }
  const { prompts } = await client.listPrompts()
  let completed = 0
  for (const { name, arguments: fields = [] } of prompts) {
    const wanted = fields.filter(({ required }) => required === true)
    const snapshot = bridge.simulator.world.state.virDomains.get(bridge.vm('web-01'))?.snapUUIDs[0]
    const args = Object.fromEntries(
      wanted.map((field) => [field.name, values[field.name] ?? snapshot ?? ''])
    )
    t.same(told(others, await client.getPrompt({ name, arguments: args })), [], name)
    for (const field of fields) {
      const ref = { type: 'ref/prompt' as const, name }
      for (const value of ['', 'z', 'zorro', 'before']) {
        const { completion } = await client.complete({ ref, argument: { name: field.name, value } })
        t.same(told(others, completion), [], `${name} ${field.name}`)
        completed += completion.values.length
      }
    }
    if (!('vm' in args)) continue
    const other = client.getPrompt({ name, arguments: { ...args, vm: 'zorro' } })
    await t.rejects(other, { message: /^(?!.*zorro \d)/s }, name)
  }
  t.ok(completed > 3)
})

t.test('its own work is still reported, and a refusal names no other VM', async (t) => {
  const { bridge, others } = await start(t)
  const own = bridge.vm('web-01')
  const { body } = await bridge.call(
    'snapshotVM',
    { vmUUID: own, label: 'mine', wait: 30 },
    authorization
  )
  t.match(body, { state: 'COMPLETE', createdUUID: /./ })
  const { body: listed } = await bridge.call('taskTagStatus_read', {}, authorization)
  t.match(JSON.stringify(listed), new RegExp(body.taskTag))
  const [other = ''] = others.ids
  for (const [path, payload] of [
    [`/VirDomain/${other}`, { description: 'x' }],
    [`/VirDomain/${other}/clone`, { template: { name: 'x', tags: 'lab' } }]
  ] as const) {
    const method = 'template' in payload ? 'POST' : 'PATCH'
    const { status, body: refused } = await bridge.call(
      'run_api',
      { query: path, method, payload },
      authorization
    )
    t.ok(status === 403 || status === 404, String(status))
    t.same(told({ ...others, ids: [] }, refused), [])
  }
})

t.test('a sequence that includes a VM of others is unknown to it', async (t) => {
  const { bridge, others } = await start(t)
  const snapshot = async (vms: string[]): Promise<string> => {
    const args = { vms, action: 'snapshot', label: 'sequence', wait: 60 }
    const { status, body } = await bridge.call('changeVMs', args)
    t.equal(status, 200, JSON.stringify(body).slice(0, 300))
    return body.sequence
  }
  const foreign = [
    await snapshot(others.names.slice(0, 2)),
    await snapshot(['web-01', others.names[0] ?? ''])
  ]
  for (const dry_run of [true, false])
    for (const sequence of foreign) {
      const { status, body } = await bridge.call('undo', { sequence, dry_run }, authorization)
      t.equal(status, 404)
      t.match(body.error.message, `No sequence has the id "${sequence}"`)
      t.same(told(others, body), [])
    }
  const own = await bridge.call('undo', { sequence: await snapshot(['web-01']) }, authorization)
  t.not(own.status, 404, 'one on its own VMs is known')
})

t.test('a read about a disk of another VM is refused', async (t) => {
  const { bridge, others } = await start(t)
  const { state } = bridge.simulator.world
  const stranger = [...state.virDomains.values()].find(
    ({ name, snapUUIDs, blockDevs }) =>
      name !== 'web-01' && snapUUIDs.length > 0 && blockDevs.length > 0
  )
  const query = `/VirDomainBlockDevice/${stranger?.blockDevs[0]?.uuid}/snapDiff`
  const payload = { snapUUID: stranger?.snapUUIDs[0] }
  for (const more of [{}, { validate: false }]) {
    const args = { query, method: 'POST', payload, ...more }
    const { status, body } = await bridge.call('run_api', args, authorization)
    t.ok(status >= 400, `${status} ${JSON.stringify(body)}`)
    t.same(told({ ...others, ids: [] }, body), [])
  }
})

t.test('a task of another VM stays hidden after the VM was deleted', async (t) => {
  const { bridge } = await start(t)
  const { state } = bridge.simulator.world
  const gone = [...state.virDomains.values()].find(
    ({ name, state: now }) => name.startsWith('zorro') && now === 'SHUTOFF'
  )
  await bridge.call('vm_read', {}, authorization)
  const { body } = await bridge.call('deleteVM', { vmUUID: gone?.uuid, wait: 30 })
  t.match(body, { state: 'COMPLETE' })
  await until(() => !state.virDomains.has(gone?.uuid ?? ''))
  for (const [tool, args] of [
    ['taskTagStatus_read', { limit: 100 }],
    ['taskTagStatusFilter', { taskTag: body.taskTag }],
    ['waitTask', { taskTag: body.taskTag }]
  ] as const) {
    const { body: response } = await bridge.call(tool, args, authorization)
    t.notMatch(JSON.stringify(response), new RegExp(`${gone?.name}|${gone?.uuid}`), tool)
  }
})

import t from 'tap'
import { loadCatalog } from '../../src/catalog/load.ts'
import { uuidsInText } from '../../src/lib/text/uuid.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { sentWrites } from '../helper/sent-bodies.ts'

const gibibyte = 1024 ** 3
const unknown = '00000000-0000-4000-8000-000000000000'

t.test('a disk never shrinks, and growth is reported with both sizes', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = bridge.simulator.world.state.virDomains.get(bridge.vm('sql-prod-01'))
  const disk = vm?.blockDevs.find(({ type }) => type === 'VIRTIO_DISK')
  if (disk === undefined) throw new Error('sql-prod-01 has a disk')
  disk.capacity = 100 * gibibyte
  const writes = sentWrites(t, bridge)
  const patch = async (capacity: unknown, extra: object = {}) =>
    bridge.call('run_api', {
      query: `/VirDomainBlockDevice/${disk.uuid}`,
      method: 'PATCH',
      payload: { capacity },
      ...extra
    })

  for (const capacity of [99 * gibibyte, 100 * gibibyte - 1, '50 GB', String(99 * gibibyte)])
    for (const extra of [{}, { check: true }, { validate: false }]) {
      if (typeof capacity === 'string' && 'validate' in extra) continue
      const { status, body } = await patch(capacity, extra)
      t.equal(status, 400, JSON.stringify({ capacity, extra }))
      t.match(
        body.error.message,
        /^capacity \d+ \(.*\) is less than the disk has, 107374182400 \(100 GiB\): a disk never shrinks/
      )
    }
  t.match((await patch(100)).body.error?.message, /a disk never shrinks/)
  t.match(
    (await patch('1000 TB')).body.error?.message,
    /larger than all drives of the cluster together/
  )
  t.same(writes, [])

  const grown = await patch('120 GiB')
  t.match(grown.body, { task: { state: 'COMPLETE' } })
  t.match(grown.body.notes, [
    'capacity: "120 GiB" read as 128849018880 bytes (120 GiB)',
    'capacity 107374182400 (100 GiB) → 128849018880 (120 GiB)'
  ])
  disk.capacity = gibibyte
  t.match((await patch(15 * gibibyte)).body.notes, [
    'capacity grows 15 times, from 1 GiB to 15 GiB: it cannot be undone',
    /→/
  ])
  t.match((await patch(16 * gibibyte + 1)).body.notes[0], /is not whole MiB/)
})

t.test('sizes in a body are compared with what the cluster has', async (t) => {
  const bridge = await startTestBridge(t)
  const writes = sentWrites(t, bridge)
  const create = (dom: object, extra: object = {}) =>
    bridge.call('run_api', {
      query: '/VirDomain',
      method: 'POST',
      payload: { dom: { name: 'raw-1', ...dom }, options: {} },
      ...extra
    })
  const rows: [object, RegExp][] = [
    [{ mem: 4096 }, /dom\.mem is 4096 bytes: sizes are bytes, or text such as "4096 GiB"/],
    [{ mem: 2 ** 50 }, /is 1 PiB, more than any node has: 128 GiB on 10\./],
    [
      { blockDevs: [{ type: 'VIRTIO_DISK', capacity: 40 }] },
      /dom\.blockDevs\[0\]\.capacity is 40 bytes: .* "40 GiB", which is 42949672960/
    ],
    [
      { netDevs: [{ type: 'VIRTIO', macAddress: 'FF:FF:FF:FF:FF:FF' }] },
      /macAddress must be a MAC address of one device/
    ]
  ]
  for (const [dom, message] of rows) {
    const { status, body } = await create(dom)
    t.equal(status, 400, JSON.stringify(dom))
    t.match(body.error?.message, message)
  }
  t.same(writes, [])
  const made = await create({
    name: 'web-01',
    mem: '4 GB',
    netDevs: [{ type: 'VIRTIO', macAddress: '7c-4c-58-00-00-02' }]
  })
  t.match(made.body.task, { state: 'COMPLETE' })
  t.match(made.body.notes, [
    /^dom\.mem: "4 GB" read as 4294967296/,
    /^another VM is called "web-01"/
  ])
  t.match(writes.at(-1)?.body.dom, {
    mem: 4 * gibibyte,
    netDevs: [{ macAddress: '7C:4C:58:00:00:02' }]
  })
  t.match((await create({ name: 'raw-odd', mem: 4_000_000_000 })).body.notes, [/not whole MiB/])
})

t.test('the uuids of examples are never sent', async (t) => {
  const bridge = await startTestBridge(t)
  const writes = sentWrites(t, bridge)
  const examples = loadCatalog().operations.filter(
    ({ base, example, missing }) =>
      base === '/rest/v1' && !missing && JSON.stringify(example ?? '').search(uuidsInText) !== -1
  )
  t.ok(examples.length > 5)
  for (const { method, path, example } of examples)
    for (const validate of [true, false]) {
      const query = path.replaceAll(/\{[^}]+\}/g, bridge.vm('web-01'))
      const { status, body } = await bridge.call('run_api', {
        query,
        method,
        payload: example,
        validate
      })
      t.match(
        { status, message: body.error?.message },
        { status: 400, message: /is the uuid of an example, and of nothing in a cluster/ },
        `${method} ${path}`
      )
    }
  const [id = ''] = JSON.stringify(examples[0]?.example).match(uuidsInText) ?? []
  t.equal(
    (await bridge.call('run_api', { query: `/VirDomain/${id.toUpperCase()}`, method: 'DELETE' }))
      .status,
    400
  )
  t.same(writes, [])
})

t.test('names where uuids belong are resolved, or refused before anything is sent', async (t) => {
  const bridge = await startTestBridge(t)
  const writes = sentWrites(t, bridge)
  const call = (query: string, method: string, payload?: unknown) =>
    bridge.call('run_api', { query, method, ...(payload !== undefined && { payload }) })
  const web = bridge.vm('app-01')

  const read = await call('/VirDomain/app-01', 'GET')
  t.match(read.body, { body: [{ uuid: web }], notes: [`query: "app-01" is "app-01", ${web}`] })
  const act = await call('/VirDomain/action', 'POST', [
    { virDomainUUID: 'app-01', actionType: 'PAUSE' }
  ])
  t.match(act.body, {
    task: { state: 'COMPLETE' },
    notes: [`[0].virDomainUUID: "app-01" is "app-01", ${web}`]
  })
  const node = [...bridge.simulator.world.state.nodes.values()][0]
  await call('/VirDomain/app-01', 'PATCH', { affinityStrategy: { preferredNodeUUID: node?.lanIP } })
  t.match(writes.at(-1), {
    path: `/VirDomain/${web}`,
    body: { affinityStrategy: { preferredNodeUUID: node?.uuid } }
  })
  await call('/VirDomainSnapshot', 'POST', { domainUUID: 'app-01', label: 'raw' })
  t.match(writes.at(-1)?.body, { domainUUID: web })

  const count = writes.length
  const rows: [string, string, unknown, number, RegExp][] = [
    [
      '/VirDomain/action',
      'POST',
      [{ virDomainUUID: 'APP-01', actionType: 'STOP' }],
      404,
      /No VM is called "APP-01"; did you mean "app-01"/
    ],
    [
      '/VirDomainBlockDevice',
      'POST',
      { virDomainUUID: 'nobody', type: 'VIRTIO_DISK', capacity: gibibyte },
      404,
      /No VM is called "nobody"/
    ],
    [
      '/VirDomainBlockDevice',
      'POST',
      { type: 'VIRTIO_DISK', capacity: gibibyte },
      400,
      /virDomainUUID is required/
    ],
    [
      '/VirDomainNetDevice',
      'POST',
      { type: 'VIRTIO', virDomainUUID: '' },
      400,
      /virDomainUUID is required/
    ],
    ['/VirDomain/nobody', 'DELETE', undefined, 400, /must be a whole uuid.*vm_read lists them/]
  ]
  for (const [query, method, payload, status, message] of rows) {
    const response = await call(query, method, payload)
    t.match(
      { status: response.status, message: response.body.error?.message },
      { status, message },
      `${method} ${query}`
    )
  }
  await bridge.call('createVM', { name: 'app-01' })
  writes.splice(0)
  const twins = await call('/VirDomain/action', 'POST', [
    { virDomainUUID: 'app-01', actionType: 'STOP' }
  ])
  t.match(twins, {
    status: 409,
    body: {
      error: {
        code: 'AMBIGUOUS_NAME',
        message: /2 VMs match "app-01": pass the uuid of the one you mean as \[0\]\.virDomainUUID/
      }
    }
  })
  t.same(writes, [])
  t.equal(count > 0, true)
})

t.test('a failure for what does not exist says so', async (t) => {
  const bridge = await startTestBridge(t)
  const rows: [string, string, unknown, RegExp][] = [
    [
      `/VirDomain/${unknown}`,
      'DELETE',
      undefined,
      /changed nothing: no VM has the uuid 00000000-.*: vm_read lists all\. The cluster failed with 500/
    ],
    [`/VirDomain/${unknown}`, 'PATCH', { name: 'x' }, /no VM has the uuid/],
    [
      '/VirDomain/action',
      'POST',
      [{ virDomainUUID: unknown, actionType: 'START' }],
      /no VM has the uuid/
    ],
    [
      `/VirDomainBlockDevice/${unknown}`,
      'PATCH',
      { capacity: gibibyte },
      /no VirDomainBlockDevice has the uuid/
    ],
    ['/VirDomainSnapshot', 'POST', { domainUUID: unknown, label: 'x' }, /no VM has the uuid/]
  ]
  for (const [query, method, payload, message] of rows) {
    const { status, body } = await bridge.call('run_api', {
      query,
      method,
      ...(payload !== undefined && { payload })
    })
    t.match(
      { status, ...body.error },
      { status: 404, code: 'NOT_FOUND', message },
      `${method} ${query}`
    )
  }
  bridge.simulator.faults.add({ kind: 'error-500', method: 'PATCH', path: '/VirDomain' })
  const real = await bridge.call('run_api', {
    query: `/VirDomain/${bridge.vm('web-01')}`,
    method: 'PATCH',
    payload: { description: 'x' }
  })
  t.equal(real.body.error?.code, 'CLUSTER_ERROR', 'a failure for what is there stays what it is')
})

t.test('a dry run of a deletion guards no name', async (t) => {
  const bridge = await startTestBridge(t)
  const make = async (): Promise<string> =>
    (await bridge.call('createVM', { name: 'tmp-d', again: true })).body.createdUUID
  const first = await make()
  for (const [tool, args] of [
    ['deleteVM', { vmUUID: first }],
    ['run_api', { query: `/VirDomain/${first}`, method: 'DELETE' }]
  ] as const)
    t.match((await bridge.call(tool, { ...args, dry_run: true })).status, 200, tool)
  t.match(await bridge.call('updateVM', { vmUUID: first, name: 'kept' }), { status: 200 })
  const second = await make()
  t.match(await bridge.call('deleteVM', { vmUUID: 'tmp-d' }), { status: 200 })
  t.notOk(bridge.simulator.world.state.virDomains.has(second))
})

t.test('a deletion by the raw API names what goes, and guards its name', async (t) => {
  const bridge = await startTestBridge(t)
  const make = async (): Promise<string> =>
    (await bridge.call('createVM', { name: 'tmp-r', disks: [{ capacity: '10 GB' }], again: true }))
      .body.createdUUID
  const [first, second] = [await make(), await make()]
  const { body } = await bridge.call('run_api', { query: `/VirDomain/${first}`, method: 'DELETE' })
  t.match(body.notes, ['"tmp-r" goes with 1 disk (10 GiB) and no snapshot'])
  for (const [tool, args] of [
    ['deleteVM', { vmUUID: 'tmp-r' }],
    ['run_api', { query: '/VirDomain/tmp-r', method: 'DELETE' }]
  ] as const)
    t.match(
      (await bridge.call(tool, args)).body.error,
      { code: 'AMBIGUOUS_NAME', message: /was deleted \d+ s ago/ },
      tool
    )
  t.ok(bridge.simulator.world.state.virDomains.has(second))
  const changed = await bridge.call('run_api', {
    query: `/VirDomain/${second}`,
    method: 'PATCH',
    payload: { tags: 'a', mem: '8 GiB' }
  })
  t.match(changed.body.notes, [
    /read as/,
    'tags "" → "a"',
    'mem 4294967296 (4 GiB) → 8589934592 (8 GiB)'
  ])
})

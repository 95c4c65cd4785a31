import t from 'tap'
import { importDocument } from '../../../../src/catalog/import/import.ts'
import { judge, type JudgedRequest } from '../../../../src/catalog/effects/judge.ts'
import { effectWords } from '../../../../src/catalog/effects/effect-words.ts'
import type { Effect } from '../../../../src/lib/effect.ts'
import { apiDocument } from '../../../helper/api-document.ts'
import { catalog, otherUuid, uuid } from './every-field.ts'

type Method = JudgedRequest['method']

const judged = (method: Method, path: string, body?: unknown, query?: JudgedRequest['query']) =>
  judge(catalog, { method, path, body, query })

const vm = (id = uuid) => ({ entity: 'VirDomain', uuid: id })
const action = (actionType: string, virDomainUUID = uuid) => ({ virDomainUUID, actionType })

t.test('why a call is as grave as it is', (t) => {
  const rows: [Method, string, unknown, Effect, string][] = [
    ['GET', '/VirDomain', undefined, 'read', 'only reads'],
    ['POST', '/VirDomain/action', [action('START')], 'change', 'START starts or resumes a VM'],
    [
      'POST',
      '/VirDomain/action',
      [action('START'), action('STOP', otherUuid)],
      'interrupt',
      'STOP cuts the power of a running VM'
    ],
    [
      'POST',
      '/VirDomain/action',
      [action('STOP'), action('CRASH')],
      'control',
      'actionType has a value that is not known'
    ],
    ['POST', '/VirDomain/action', action('STOP'), 'control', 'the body is not of type array'],
    ['POST', '/VirDomain/action', [null], 'control', 'an item is not of type object'],
    [
      'POST',
      '/VirDomain/action',
      [{ virDomainUUID: uuid }],
      'control',
      'actionType is missing: what happens to the VM is not known'
    ],
    ['POST', '/VirDomain/action', undefined, 'control', 'the body is missing'],
    [
      'PATCH',
      `/VirDomain/${uuid}`,
      { name: 'a', snapshotScheduleUUID: '' },
      'lose',
      'snapshotScheduleUUID is emptied: the VM loses its schedule'
    ],
    ['PATCH', `/VirDomain/${uuid}`, { name: 'a' }, 'change', 'changes the settings of a VM'],
    [
      'PATCH',
      `/VirDomain/${uuid}`,
      { snapshotScheduleUUID: 'none' },
      'control',
      'snapshotScheduleUUID names nothing by its uuid'
    ],
    ['PATCH', `/VirDomain/${uuid}`, { nmae: 'a' }, 'control', 'nmae is not a known field'],
    [
      'PATCH',
      `/VirDomain/${uuid}`,
      { '"; rm': 1 },
      'control',
      String.raw`"\"; rm" is not a known field`
    ],
    [
      'PATCH',
      `/VirDomain/${uuid}`,
      { blockDevs: [] },
      'control',
      'blockDevs is set when a record is created: what it does later is not known'
    ],
    [
      'POST',
      `/VirDomain/${uuid}`,
      { state: 'SHUTOFF' },
      'control',
      'state is internal: the cluster sets it itself'
    ],
    [
      'PATCH',
      `/VirDomainNetDevice/${uuid}`,
      { connected: false },
      'interrupt',
      'connected: false cuts a VM off its network'
    ],
    [
      'PATCH',
      `/VirDomainSnapshotSchedule/${uuid}`,
      { rrules: [] },
      'lose',
      'rrules is emptied: the schedule takes no snapshots any more'
    ],
    [
      'POST',
      `/VirDomain/${uuid}/export`,
      { target: {} },
      'control',
      'pathURI is missing: where the data goes is not known'
    ],
    [
      'POST',
      '/VirDomainSnapshot',
      { domainUUID: 'web-01' },
      'control',
      'domainUUID names nothing by its uuid'
    ],
    ['POST', '/User', { username: 'a', role: 'Admin' }, 'control', 'creates a user of the cluster'],
    ['POST', '/logout', { all: true }, 'control', 'ends a session of the cluster'],
    ['DELETE', `/VirDomain/${uuid}`, { force: true }, 'control', 'the call takes no body']
  ]
  for (const [method, path, body, effect, reason] of rows) {
    const { effect: found, reason: why, items } = judged(method, path, body)
    t.same([found, why], [effect, reason], `${method} ${path} ${JSON.stringify(body)}`)
    t.equal(items.length, Array.isArray(body) ? body.length : 1)
  }
  t.end()
})

t.test('each item of a list has its own effect', (t) => {
  const { items } = judged('POST', '/VirDomain/action', [
    action('STOP'),
    action('START'),
    { ...action('START'), force: true },
    'STOP'
  ])
  t.same(
    items.map(({ effect }) => effect),
    ['interrupt', 'change', 'control', 'control']
  )
  t.strictSame(Object.keys(items[0] ?? {}), ['effect', 'reason'])
  t.end()
})

t.test('an unknown query parameter of a write is control', (t) => {
  t.equal(judged('PUT', '/VirtualDisk/upload', undefined, { filename: 'a.img' }).effect, 'egress')
  t.equal(judged('PUT', '/VirtualDisk/upload', undefined, { to: 'x' }).effect, 'control')
  const body = [action('STOP')]
  const forced = judged('POST', '/VirDomain/action', body, { force: 'true' })
  t.same([forced.effect, forced.reason], ['control', 'force is not a known query parameter'])
  t.same(
    forced.items.map(({ effect }) => effect),
    ['interrupt']
  )
  t.equal(judged('POST', '/VirDomain/action', body, { force: undefined }).effect, 'interrupt')
  t.equal(judged('GET', '/VirDomain', undefined, { filter: 'x' }).effect, 'read')
  t.end()
})

t.test('targets are what is acted on, each once; the rest is only pointed to', (t) => {
  const upper = uuid.toUpperCase()
  const rows: [Method, string, unknown, { targets: unknown[]; references?: unknown[] }][] = [
    ['GET', `/VirDomain/${upper}`, undefined, { targets: [vm()] }],
    ['GET', `/VirDomainStats/${uuid}`, undefined, { targets: [vm()] }],
    [
      'POST',
      '/VirDomain/action',
      [action('START'), action('STOP', upper), action('STOP', otherUuid)],
      { targets: [vm(), vm(otherUuid)] }
    ],
    [
      'POST',
      '/VirDomain/action',
      [{ ...action('LIVEMIGRATE'), nodeUUID: otherUuid }],
      { targets: [vm()], references: [{ entity: 'Node', uuid: otherUuid }] }
    ],
    ['POST', '/VirDomainSnapshot', { domainUUID: uuid }, { targets: [vm()] }],
    [
      'POST',
      `/VirDomain/${uuid}/clone`,
      { snapUUID: otherUuid, template: {} },
      { targets: [vm()], references: [{ entity: 'VirDomainSnapshot', uuid: otherUuid }] }
    ],
    [
      'PATCH',
      `/VirDomain/${uuid}`,
      { snapshotScheduleUUID: otherUuid },
      { targets: [vm()], references: [{ entity: 'VirDomainSnapshotSchedule', uuid: otherUuid }] }
    ],
    [
      'POST',
      `/VirtualDisk/${otherUuid}/attach`,
      { options: {}, template: { virDomainUUID: uuid } },
      { targets: [vm()], references: [{ entity: 'VirtualDisk', uuid: otherUuid }] }
    ],
    [
      'POST',
      `/VirDomainBlockDevice/${otherUuid}/clone`,
      { options: {}, snapUUID: otherUuid, template: { virDomainUUID: uuid } },
      {
        targets: [vm()],
        references: [
          { entity: 'VirDomainBlockDevice', uuid: otherUuid },
          { entity: 'VirDomainSnapshot', uuid: otherUuid }
        ]
      }
    ],
    [
      'POST',
      '/VirDomainBlockDevice',
      { virDomainUUID: uuid, type: 'IDE_CDROM', path: `scribe/${otherUuid}` },
      {
        targets: [vm()],
        references: [
          { entity: 'ISO', uuid: otherUuid },
          { entity: 'VirDomainBlockDevice', uuid: otherUuid }
        ]
      }
    ],
    [
      'PATCH',
      `/VirDomainNetDevice/${otherUuid}`,
      { virDomainUUID: uuid },
      { targets: [{ entity: 'VirDomainNetDevice', uuid: otherUuid }, vm()] }
    ],
    ['POST', '/VirDomain', { dom: { name: 'a' }, options: {} }, { targets: [] }],
    ['POST', '/Cluster/shutdown', {}, { targets: [{ entity: 'Cluster', uuid: '' }] }],
    ['POST', '/Update/9.5.1.1/apply', undefined, { targets: [{ entity: 'Cluster', uuid: '' }] }],
    [
      'DELETE',
      '/AlertEmailTarget/default-target',
      undefined,
      { targets: [{ entity: 'AlertEmailTarget', uuid: 'default-target' }] }
    ]
  ]
  for (const [method, path, body, { targets, references = [] }] of rows) {
    const found = judged(method, path, body)
    t.same(found.targets, targets, `${method} ${path}`)
    t.same(found.references, references, `${method} ${path} points to`)
  }
  t.end()
})

t.test('addresses', (t) => {
  const pathURI = 'smb://u:p@nas/share'
  const rows: [Method, string, unknown, [kind: string, address: string][]][] = [
    ['POST', `/VirDomain/${uuid}/export`, { target: { pathURI } }, [['export', pathURI]]],
    ['POST', '/VirDomain/import', { source: { pathURI } }, [['import', pathURI]]],
    ['POST', '/AlertSMTPConfig', { smtpServer: 'mail', port: 25 }, [['other', 'mail']]],
    ['PATCH', `/AlertSyslogTarget/${uuid}`, { host: 'log' }, [['other', 'log']]],
    ['PATCH', `/AlertSyslogTarget/${uuid}`, { port: 1 }, []],
    ['POST', '/AlertEmailTarget', { emailAddress: 'a@b' }, [['other', 'a@b']]],
    [
      'POST',
      '/MonitoringConfig',
      { subscribers: [{ host: 'a' }, { host: 'b' }, { host: 'a' }] },
      [
        ['other', 'a'],
        ['other', 'b']
      ]
    ],
    ['POST', '/OIDCConfig', { configurationURL: 'https://idp' }, [['other', 'https://idp']]]
  ]
  for (const [method, path, body, addresses] of rows)
    t.same(
      judged(method, path, body).addresses,
      addresses.map(([kind, address]) => ({ kind, address })),
      `${method} ${path}`
    )
  t.end()
})

t.test('a path that could mean another one is control', (t) => {
  const stop = [action('START')]
  const rows: [Method, string, Effect][] = [
    ['GET', '/VirDomain/', 'read'],
    ['POST', '/VirDomain/action/', 'change'],
    ['GET', '/Condition/%5Econdition.', 'read'],
    ['GET', '/virdomain', 'control'],
    ['GET', 'VirDomain', 'control'],
    ['GET', '/VirDomain//', 'control'],
    ['GET', '//VirDomain', 'control'],
    ['GET', '/VirDomain?x=1', 'control'],
    ['GET', '/VirDomain#x', 'control'],
    ['GET', '/VirDomain/../User', 'control'],
    ['GET', '/Cluster/..', 'control'],
    ['GET', '/Cluster/%2e%2e', 'control'],
    ['GET', '/Cluster/%', 'control'],
    ['GET', '/Cluster/a%2Fb', 'control'],
    ['GET', '/Cluster/a%00', 'control'],
    ['GET', '/V\u0456rDomain', 'control'],
    ['GET', '/rest/v1/VirDomain', 'control'],
    ['GET', '/rest/v2/TaskTag', 'control'],
    ['GET', '/support-api/open', 'control'],
    ['POST', '/VirDomain/%61ction', 'control'],
    ['POST', '/VirDomain/Action', 'control'],
    ['POST', '/VirDomain/action;a=b', 'control'],
    ['POST', '/VirDomain/evacuate', 'control'],
    ['POST', '/AlertEmailTarget/purge', 'control'],
    ['POST', '/SupportTunnel', 'control'],
    ['GET', '/VirDomain/action', 'control'],
    ['PUT', '/VirDomain', 'control']
  ]
  for (const [method, path, effect] of rows)
    t.equal(judged(method, path, method === 'GET' ? undefined : stop).effect, effect, path)
  for (const path of ['/VirDomain/evacuate', '/Cluster/Shutdown', '/AlertEmailTarget/purge'])
    t.same(judged('POST', path, {}).targets, [], `${path} names nothing`)
  t.end()
})

t.test('odd bodies are control, and never thrown at', (t) => {
  const own: unknown = JSON.parse('{"__proto__": {"name": "a"}, "constructor": 1}')
  let deep: unknown = 1
  for (let i = 0; i < 20_000; i++) deep = [deep]
  const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`f${i}`, i]))
  for (const body of [
    own,
    deep,
    many,
    'text',
    7,
    true,
    [[]],
    [{}],
    { affinityStrategy: own },
    null
  ])
    t.equal(judged('PATCH', `/VirDomain/${uuid}`, body).effect, 'control')
  for (const body of [[deep], [own], [[action('START')]], { 0: action('START') }])
    t.equal(judged('POST', '/VirDomain/action', body).effect, 'control')
  const { targets, items } = judged(
    'POST',
    '/VirDomain/action',
    Array.from({ length: 20_000 }, () => action('STOP'))
  )
  t.equal(targets.length, 1)
  t.equal(items.length, 20_000)
  t.end()
})

t.test('what only a document of a cluster describes is control, unless it reads', (t) => {
  const document = apiDocument()
  const paths = document['paths'] as Record<string, Record<string, unknown>>
  paths['/Widget'] = { get: { tags: ['Widget'], responses: {} } }
  // A document that claims that what we know as grave is harmless.
  const user = paths['/User']?.['post'] as Record<string, unknown>
  user['x-effect'] = 'read'
  const imported = importDocument(document).catalog
  const effect = (method: Method, path: string, body?: unknown) =>
    judge(imported, { method, path, body }).effect
  t.equal(effect('GET', '/Widget'), 'read')
  t.equal(effect('GET', '/Widget', { delete: true }), 'control')
  t.equal(effect('POST', `/Widget/${uuid}/spin`, { axis: 'X' }), 'control')
  t.equal(effect('DELETE', `/Widget/${uuid}/spin`), 'control')
  t.equal(effect('POST', '/User', { username: 'a' }), 'control')
  t.equal(effect('POST', '/VirDomain/action', [action('STOP')]), 'interrupt', 'what is gone too')
  t.equal(judge(catalog, { method: 'GET', path: '/Widget' }).effect, 'control')
  t.end()
})

/** An operation of a document with this body. */
const body = (schema: object) => ({
  tags: ['VirDomain'],
  requestBody: { content: { 'application/json': { schema } } },
  responses: {}
})

t.test('a value or a field that only a document of a cluster knows is control', (t) => {
  const document = apiDocument()
  const paths = document['paths'] as Record<string, unknown>
  const word = { type: 'string' }
  // Read-only and internal to us.
  const properties = { name: word, labels: { type: 'object' }, uuid: word, state: word }
  paths['/VirDomain/{uuid}'] = {
    parameters: [{ name: 'uuid', in: 'path', required: true, schema: word }],
    post: body({ type: 'object', properties })
  }
  const actionType = { type: 'string', enum: ['START', 'SUSPEND'] }
  paths['/VirDomain/action'] = {
    post: body({
      type: 'array',
      items: { type: 'object', properties: { virDomainUUID: word, actionType } }
    })
  }
  const imported = importDocument(document).catalog
  const effect = (path: string, sent: unknown) =>
    judge(imported, { method: 'POST', path, body: sent }).effect
  t.match(
    imported.find('POST', '/VirDomain/{virDomainUUID}')?.body?.schema.properties?.['labels'],
    { 'x-imported': true },
    'it is known to the catalog'
  )
  t.equal(effect(`/VirDomain/${uuid}`, { name: 'a' }), 'change')
  for (const sent of [{ labels: {} }, { uuid }, { state: 'SHUTOFF' }])
    t.equal(effect(`/VirDomain/${uuid}`, sent), 'control', JSON.stringify(sent))
  t.equal(effect('/VirDomain/action', [action('START')]), 'change')
  t.equal(effect('/VirDomain/action', [action('SUSPEND')]), 'control')
  t.equal(effect('/VirDomain/action', [action('STOP')]), 'interrupt')
  t.end()
})

const words = (method: Method, path: string): string | undefined => {
  const operation = catalog.find(method, path)
  return operation && effectWords(operation)
}

t.test('effects in words', (t) => {
  t.equal(words('GET', '/VirDomain'), 'read')
  t.equal(words('POST', '/VirDomain/action'), 'change or interrupt')
  t.equal(words('PATCH', '/VirDomainReplication/{uuid}'), 'change, lose or egress')
  t.equal(words('POST', '/VirDomainSnapshot'), 'change')
  t.end()
})

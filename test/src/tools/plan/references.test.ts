import t from 'tap'
import { fillReferences } from '../../../../src/tools/plan/references.ts'

const results = [
  { createdUUID: 'uuid-1', message: 'Created', vmName: 'web-02', empty: '' },
  { items: [{ uuid: 'uuid-2', name: 'web-03' }, { uuid: 'uuid-3' }], total: 2 },
  { items: [{ uuid: 'uuid-4' }], total: 1 },
  { createdUUID: '', vmState: 'RUNNING' }
]

t.test('references are filled with what earlier steps returned', async (t) => {
  const rows: [text: unknown, filled: unknown][] = [
    ['$1', 'uuid-1'],
    ['${1}', 'uuid-1'],
    ['{{1}}', 'uuid-1'],
    ['{{ step1.createdUUID }}', 'uuid-1'],
    ['$1.createdUUID', 'uuid-1'],
    ['$1.uuid', 'uuid-1'],
    ['$step1.vmName', 'web-02'],
    ['$2.items[1].uuid', 'uuid-3'],
    ['$2.items.0.name', 'web-03'],
    ['$3', 'uuid-4'],
    ['$2.total', 2],
    ['copy of ${1.vmName}, twice: {{1.vmName}}', 'copy of web-02, twice: web-02'],
    [{ vms: ['$1', { deep: '$3.items[0].uuid' }] }, { vms: ['uuid-1', { deep: 'uuid-4' }] }]
  ]
  for (const [text, filled] of rows) t.same(fillReferences(text, results), filled)
})

t.test('what is not a reference stays', async (t) => {
  for (const text of [
    'costs $1.50 each',
    '$HOME',
    '$',
    'US$1',
    '${name}',
    '{{ user }}',
    '$1 and $2',
    'a $1',
    7,
    null,
    true
  ])
    t.same(fillReferences(text, results), text)
})

t.test('what leads nowhere is refused with what there is', async (t) => {
  const rows: [text: string, message: RegExp][] = [
    ['$0', /steps count from 1/],
    ['$5', /refers to step 5 itself/],
    ['$6.uuid', /refers to step 6, which comes later/],
    ['$1.nothing', /leads to nothing: step 1 returns createdUUID, message, vmName$/],
    ['$1.empty', /leads to nothing/],
    ['$2', /leads to nothing: step 2 returns items, total/],
    ['$2.items[7].uuid', /leads to nothing/],
    ['$4', /leads to nothing: step 4 returns vmState/],
    ['$1.constructor', /leads to nothing/],
    ['$1.createdUUID.length', /leads to nothing/],
    ['at ${9}', /refers to step 9, which comes later/]
  ]
  for (const [text, message] of rows)
    t.throws(() => fillReferences(text, results), { code: 'INVALID_ARGUMENT', message })
})

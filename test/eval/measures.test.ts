import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { idsInJson, idsInText } from './harvest.ts'
import { nextStepIn } from './next-step.ts'
import { differences } from './table.ts'
import { tokensOf, toolsOfDocument } from './tokens.ts'
import { validationMessages } from './validation-kinds.ts'

t.test('tokens are those of what a model is given', async (t) => {
  t.equal(tokensOf(''), 0)
  t.equal(tokensOf('a b c'), 3)
  const operation = {
    operationId: 'do_it',
    summary: 'short',
    description: 'long',
    requestBody: {
      content: { 'application/json': { schema: { properties: { a: {} }, required: ['a'] } } }
    }
  }
  t.same(toolsOfDocument({ paths: { '/do_it': { post: operation }, '/health': { get: {} } } }), [
    {
      name: 'do_it',
      description: 'long',
      parameters: { type: 'object', properties: { a: {} }, required: ['a'] }
    }
  ])
})

t.test('ids are found where a reader finds them, and nothing else is', async (t) => {
  const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'
  t.same(idsInText(`name\tuuid\nweb\t${uuid}\ncut\t7c4f2e6a-52b3`), [uuid])
  t.same(idsInText('taskTag\tstate\n12\tRUNNING\n13\tERROR'), ['12', '13'])
  t.same(idsInText('Call waitTask with taskTag 14'), ['14'])
  t.same(idsInText('14 VMs are RUNNING'), [])
  t.same(idsInJson({ items: [{ uuid, name: 'web' }], taskTag: '15', total: 1 }), [
    { value: uuid, field: 'uuid' },
    { value: '15', field: 'taskTag' }
  ])
})

t.test('a message that only says what happened names no next step', async (t) => {
  const tools = ['vm_read', 'waitTask']
  for (const message of [
    'An internal error occurred',
    'The cluster node 10.20.0.11 failed POST /VirDomain with 500: An internal error occurred.',
    'vmUUID is invalid',
    'name is not allowed',
    'The VM was not found.',
    'The bridge is shutting down.',
    'The file is broken; the call failed',
    'mem must be >= 1048576; got 4096',
    'disks must be an array; got number 40',
    'name must not be blank',
    'label is required',
    'No snapshot has the label "x"; did you mean , -?',
    'Request failed with status code 404'
  ])
    t.equal(nextStepIn(message, tools), undefined, message)
  for (const [message, step] of [
    ['No VM has this uuid: vm_read lists them', 'vm_read'],
    ['There is no archive: set SCALE_EXPORT_URI', 'SCALE_EXPORT_URI'],
    ['limit must be <= 1000; got 2000', 'must be <= 1000'],
    ['mem must be >= 67108864; got 4096 (bytes)', 'must be >= 67108864; got 4096 (b'],
    ['disks must be an array; got 4 (such as [])', 'must be an array; got 4 (such as ['],
    ["label is required (the snapshot's name)", 'label is required (t'],
    ['The node did not answer; try again.', 'try'],
    ['unknown argument vmUIID; did you mean vmUUID?', 'did you mean vmUUID?']
  ] as const)
    t.equal(nextStepIn(message, tools), step, message)
})

t.test('every kind of message of the validation is judged', async (t) => {
  const source = readFileSync(join(packageRoot, 'src/lib/json/validation-problems.ts'), 'utf8')
  const kinds = [...source.matchAll(/^ {4}case '(\w+)':/gm)].map(([, kind = '']) => kind)
  t.ok(kinds.length > 12, 'the kinds are found')
  const judged = new Set(validationMessages().map(({ keyword }) => keyword))
  t.same(
    kinds.filter((kind) => !judged.has(kind)),
    []
  )
})

t.test('a table that differs is noticed', async (t) => {
  const head = ['measured', 'result']
  const before = [head, ['list', '4,000 tokens'], ['`vm_read`', '1,000 / 300 / 200']]
  const count = (...rows: string[][]): number => differences(before, [head, ...rows]).length
  const list = ['list', '4,000 tokens']
  t.equal(count(list, ['`vm_read`', '1,010 / 304 / 199']), 0, 'ages may differ')
  t.equal(count(list, ['`vm_read`', '1,000 / 360 / 200']), 1, 'figures may not')
  t.equal(count(['list', '4,001 tokens'], ['`vm_read`', '1,000 / 300 / 200']), 1, 'exactly')
  t.equal(count(list), 1, 'a row is missing')
  t.equal(count(list, ['`fetch_vm`', '1,000 / 300 / 200']), 1, 'another row')
})

import { Type } from '@sinclair/typebox'
import t from 'tap'
import { nearest } from '../../../../src/lib/text/nearest.ts'
import { defineTool, readOnly } from '../../../../src/tools/define-tool.ts'
import { Input, StringEnum, Uuid } from '../../../../src/tools/schemas.ts'
import { validateArguments } from '../../../../src/tools/arguments/validate.ts'

const tool = defineTool({
  name: 'sample',
  title: 'Sample',
  description: 'A tool for this test',
  tag: 'api',
  annotations: readOnly,
  input: Input({
    vmUUID: Uuid('from vm_read'),
    mode: Type.Optional(StringEnum(['FAST', 'SLOW'], 'how')),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 3 })),
    list: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    nested: Type.Optional(Type.Object({ size: Type.Integer() }, { additionalProperties: false }))
  }),
  output: Type.Object({}),
  run: async () => ({})
})
const vmUUID = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

t.test('what is right passes', async (t) => {
  t.doesNotThrow(() => validateArguments(tool, { vmUUID }))
  t.doesNotThrow(() =>
    validateArguments(tool, {
      vmUUID,
      mode: 'FAST',
      count: 9,
      label: 'abc',
      list: ['x'],
      nested: { size: 1 }
    })
  )
})

t.test('each problem is a sentence that names the argument', async (t) => {
  const rows: [unknown, string][] = [
    [{}, 'vmUUID is required (from vm_read)'],
    [{ vmUUID: null }, 'vmUUID must be a string; got null (from vm_read'],
    [
      { vmUUID: 'abc' },
      'vmUUID must be a whole uuid such as 7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21; got "abc" (from vm_read)'
    ],
    [{ vmUUID, mode: 'fst' }, 'mode must be one of FAST, SLOW; got "fst"; did you mean FAST?'],
    [{ vmUUID, mode: 'zzzzzz' }, 'mode must be one of FAST, SLOW; got "zzzzzz"'],
    [{ vmUUID, count: '3' }, 'count must be an integer; got string "3" (such as 4)'],
    [{ vmUUID, count: 1.5 }, 'count must be an integer; got number 1.5'],
    [{ vmUUID, count: 0 }, 'count must be >= 1; got 0'],
    [{ vmUUID, count: 10 }, 'count must be <= 9; got 10'],
    [{ vmUUID, label: '' }, 'label must not be empty'],
    [{ vmUUID, label: 'abcd' }, 'label must have at most 3 characters'],
    [{ vmUUID, list: [] }, 'list must have at least 1 entry'],
    [{ vmUUID, list: [1] }, 'list[0] must be a string; got number 1 (such as "text")'],
    [{ vmUUID, list: 1 }, 'list must be an array; got number 1 (such as ["text"])'],
    [{ vmUUID, nested: {} }, 'nested.size is required (pass 4)'],
    [
      { vmUUID, nested: { size: 1, sise: 2 } },
      'unknown argument nested.sise; did you mean size? (allowed: size)'
    ],
    [
      { vmUUID, cuont: 1 },
      'unknown argument cuont; did you mean count? (allowed: vmUUID, mode, count, label, list, nested)'
    ],
    ['text', 'the body must be an object; got string "text" (allowed: vmUUID, mode, count, '],
    [
      { vmUUID: 'x'.repeat(200) },
      `vmUUID must be a whole uuid such as ${vmUUID}; got "${'x'.repeat(59)}…" (from vm_read)`
    ]
  ]
  for (const [args, message] of rows)
    t.throws(() => validateArguments(tool, args), {
      code: 'INVALID_ARGUMENT',
      statusCode: 400,
      message
    })
})

t.test('all problems are reported at once', async (t) => {
  try {
    validateArguments(tool, { count: 0, mode: 'no' })
    t.fail('it must throw')
  } catch (error) {
    t.equal((error as { details: { problems: string[] } }).details.problems.length, 3)
  }
})

t.test('the nearest word', async (t) => {
  t.equal(nearest('vm_uuid', ['name', 'vmUUID']), 'vmUUID')
  t.equal(nearest('LIVE_MIGRATE', ['START', 'LIVEMIGRATE']), 'LIVEMIGRATE')
  t.equal(nearest('quux', ['START', 'STOP']), undefined)
  t.equal(nearest('x', []), undefined)
})

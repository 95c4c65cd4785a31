import { Ajv } from 'ajv'
import { uuidPattern } from '../../src/lib/text/uuid.ts'
import { describeProblem } from '../../src/lib/json/validation-problems.ts'

const properties = (field: object): object => ({ type: 'object', properties: { field } })

/** One value that breaks each rule a schema can have, also those no tool of today has. */
const broken: Record<string, [schema: object, value: unknown][]> = {
  required: [
    [{ type: 'object', required: ['field'] }, {}],
    [{ ...properties({ type: 'string', description: 'why' }), required: ['field'] }, {}]
  ],
  additionalProperties: [
    [{ ...properties({ type: 'string' }), additionalProperties: false }, { feild: 'x' }],
    [{ ...properties({ type: 'string' }), additionalProperties: false }, { other: 'x' }],
    [{ type: 'object', properties: {}, additionalProperties: false }, { other: 'x' }]
  ],
  readOnly: [[properties({ readOnly: true }), { field: 'x' }]],
  not: [[properties({ not: {} }), { field: 'x' }]],
  enum: [[properties({ enum: ['START', 'STOP'] }), { field: 'STRAT' }]],
  type: [
    [properties({ type: 'integer' }), { field: 'many' }],
    [properties({ type: 'string' }), { field: {} }]
  ],
  pattern: [
    [properties({ pattern: '\\S' }), { field: ' ' }],
    [properties({ pattern: '^\\d+$', description: 'digits' }), { field: 'x' }],
    [properties({ pattern: uuidPattern }), { field: 'x' }]
  ],
  minimum: [[properties({ minimum: 1 }), { field: 0 }]],
  maximum: [[properties({ maximum: 1 }), { field: 2 }]],
  exclusiveMinimum: [[properties({ exclusiveMinimum: 1 }), { field: 1 }]],
  exclusiveMaximum: [[properties({ exclusiveMaximum: 1 }), { field: 1 }]],
  minLength: [
    [properties({ minLength: 1 }), { field: '' }],
    [properties({ minLength: 3 }), { field: 'ab' }]
  ],
  maxLength: [[properties({ maxLength: 2 }), { field: 'abc' }]],
  minItems: [[properties({ minItems: 1 }), { field: [] }]],
  maxItems: [[properties({ maxItems: 1 }), { field: [1, 2] }]],
  minProperties: [[properties({ minProperties: 1, properties: { a: {} } }), { field: {} }]],
  multipleOf: [[properties({ multipleOf: 512 }), { field: 3 }]]
}

/** A message of the validation, and the rule that was broken. */
export interface ValidationMessage {
  keyword: string
  message: string
}

/** Rules that Ajv knows nothing of by itself are brought in by the checks that use them. */
function createAjv(): Ajv {
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false })
  ajv.removeKeyword('readOnly')
  ajv.addKeyword({ keyword: 'readOnly', validate: () => false })
  return ajv
}

/** The message to a caller for each kind of mistake that a schema can find. */
export function validationMessages(): ValidationMessage[] {
  const ajv = createAjv()
  return Object.entries(broken).flatMap(([keyword, cases]) =>
    cases.map(([schema, value]) => {
      const check = ajv.compile(schema)
      if (check(value)) throw new Error(`${keyword}: nothing is wrong`)
      const error = check.errors?.find((each) => each.keyword === keyword)
      if (error === undefined) throw new Error(`${keyword}: another rule was broken`)
      const words = { one: 'argument', whole: 'the body', explain: true }
      return { keyword, message: describeProblem(error, words) }
    })
  )
}

import { createHash } from 'node:crypto'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { builtChecks } from './built-checks.ts'

/** How arguments are checked: strictly, with all that is wrong, and what each error needs to be explained. */
export const checkOptions: Options = {
  allErrors: true,
  verbose: true,
  strict: false,
  // The schemas are ours: compiling the one of JSON Schema would cost the first call more than its own.
  meta: false,
  validateSchema: false,
  validateFormats: false,
  coerceTypes: false,
  removeAdditional: false
}

let ajv: Ajv | undefined

const compiled = new WeakMap<object, ValidateFunction>()

/** Names a check by what it checks. */
export const checkKey = (schema: object): string =>
  createHash('sha256').update(JSON.stringify(schema)).digest('hex')

function compile(schema: object): ValidateFunction {
  // Tidying code that runs a few times is a third of compiling.
  ajv ??= new Ajv({ ...checkOptions, code: { optimize: false } })
  return ajv.compile(schema)
}

/** The check of an input schema: the one that was built for it, else compiled when it is first needed. */
export function checkOf(schema: object): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const check = builtChecks.get(checkKey(schema))?.(schema) ?? compile(schema)
  compiled.set(schema, check)
  return check
}

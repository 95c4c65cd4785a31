import { Ajv, type ValidateFunction } from 'ajv'
import { tools } from '../routes/index.ts'
import { checkKey, checkOptions } from '../src/tools/arguments/check.ts'

type Source = NonNullable<ValidateFunction['source']>

/** Everything a check uses beside the schema: patterns, and functions of Ajv's runtime. */
const usedBy = ({ scopeValues }: Source): string[] =>
  Object.entries(scopeValues).flatMap(([kind, names]) =>
    [...(names ?? [])].map(
      (name) => `const ${String(name)} = ${kind === 'schema' ? 'schema' : String(name.value?.code)}`
    )
  )

/** The check of a schema as an expression: a function of the schema that its errors point to. */
function checkCode(schema: object): string {
  const { source } = new Ajv({ ...checkOptions, code: { source: true } }).compile(schema)
  if (source === undefined) throw new Error('Ajv has kept no source')
  return `(schema) => {
${usedBy(source).join('\n')}
${source.validateCode}
return ${String(source.validateName)}
}`
}

/** The module that takes the place of src/tools/arguments/built-checks.ts in the bundle. */
export function builtChecksModule(): string {
  const checks = new Map(tools.map(({ input }) => [checkKey(input), checkCode(input)]))
  const entries = [...checks].map(([key, code]) => `[${JSON.stringify(key)}, ${code}]`)
  return `export const builtChecks = new Map([\n${entries.join(',\n')}\n])\n`
}

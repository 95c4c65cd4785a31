import { argumentAliases } from '../../src/tools/arguments/aliases.ts'
import { coercionRules } from '../../src/tools/arguments/coerce.ts'

const words = (list: readonly string[]): string => list.map((word) => `\`${word}\``).join(', ')

const table = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...others] = rows
  return [head, head.map(() => '---'), ...others].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** What is done to arguments that differ only in form, one rule to a row. */
export const coercionTable = (): string =>
  table([
    ['what', 'what is done', 'example'],
    ...coercionRules.map(({ name, does, example }) => [name, does, example])
  ])

/** Other names of arguments, and the tools they hold for. */
export const aliasTable = (): string =>
  table([
    ['argument', 'aliases'],
    ...argumentAliases.map(({ argument, tools, except, aliases, aliasesIfRequired }) => [
      `\`${argument}\`` +
        (tools === undefined ? '' : ` of ${words(tools)}`) +
        (except === undefined ? '' : `, but not of ${words(except)}`),
      words(aliases) +
        (aliasesIfRequired === undefined
          ? ''
          : `; where it is required also ${words(aliasesIfRequired)}`)
    ])
  ])

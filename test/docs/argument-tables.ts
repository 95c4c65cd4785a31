import { argumentAliases } from '../../src/tools/arguments/aliases.ts'
import { coercionRules } from '../../src/tools/arguments/coerce.ts'
import { markdownTable } from '../helper/docs.ts'

const words = (list: readonly string[]): string => list.map((word) => `\`${word}\``).join(', ')

/** What is done to arguments that differ only in form, one rule to a row. */
export const coercionTable = (): string =>
  markdownTable([
    ['what', 'what is done', 'example'],
    ...coercionRules.map(({ name, does, example }) => [name, does, example])
  ])

/** Other names of arguments, and the tools they hold for. */
export const aliasTable = (): string =>
  markdownTable([
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

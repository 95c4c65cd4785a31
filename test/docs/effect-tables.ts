import { loadCatalog, type Operation } from '../../src/catalog/load.ts'
import type { EffectRule } from '../../src/catalog/effects/marks.ts'
import { markdownTable } from '../helper/docs.ts'

const { operations } = loadCatalog()

const isRead = ({ effect }: Operation): boolean => effect === 'read'

const nameOf = ({ method, base, path }: Operation): string =>
  `\`${method} ${base === '/rest/v1' ? '' : base}${path}\``

/** When a rule holds: `` `actionType` is `STOP` ``. */
function conditionOf({ field, values, empty, missing }: EffectRule): string {
  const name = `\`${field.replace(/^\[\]\./, '')}\``
  if (missing === true) return `${name} is missing`
  if (empty === true) return `${name} is empty`
  if (values === undefined) return `${name} is given`
  return `${name} is ${values.map((value) => `\`${value}\``).join(' or ')}`
}

/** Left out is what the call does anyway, and what the page says of all calls. */
const isShown = ({ effect, effectReason }: Operation, rule: EffectRule): boolean =>
  (rule.effect !== effect || rule.reason !== effectReason) &&
  !(rule.missing === true && rule.effect === 'control')

/** Writes with the calls of one path that do the same in one: `POST`, `PATCH /ISO/{uuid}`. */
function grouped(): { names: string; operation: Operation }[] {
  const groups = new Map<string, Operation[]>()
  for (const operation of operations) {
    if (isRead(operation)) continue
    const { base, path, effect, effectReason, effectRules } = operation
    const key = JSON.stringify([base, path, effect, effectReason, effectRules])
    groups.set(key, [...(groups.get(key) ?? []), operation])
  }
  return [...groups.values()].flatMap((same) => {
    const operation = same.at(-1)
    const others = same.slice(0, -1).map(({ method }) => `\`${method}\`, `)
    return operation ? [{ names: others.join('') + nameOf(operation), operation }] : []
  })
}

/** Every write with its effect, and the fields and values that do something else. */
const writesTable = (): string =>
  markdownTable([
    ['call', 'effect', 'why'],
    ...grouped().flatMap(({ names, operation }) => [
      [names, operation.effect, operation.effectReason ?? ''],
      ...operation.effectRules
        .filter((rule) => isShown(operation, rule))
        .map((rule) => [`… ${conditionOf(rule)}`, rule.effect, rule.reason])
    ])
  ])

/** Every call that only reads, in a paragraph. */
const readsList = (): string => operations.filter(isRead).map(nameOf).join(', ')

const fieldsIn = (marks: Readonly<Record<string, string>>): string =>
  Object.keys(marks)
    .filter((place) => !/^(?:\{.*)?$/.test(place))
    .map((place) => `\`${place.replace(/^\[\]\./, '')}\``)
    .join(', ')

/** Fields of bodies that name what is acted on, or an address. */
const namesTable = (): string =>
  markdownTable([
    ['call', 'acts on', 'addresses'],
    ...grouped().flatMap(({ names, operation: { targets, addresses } }) => {
      const columns = [fieldsIn(targets), fieldsIn(addresses)]
      return columns.every((text) => text === '') ? [] : [[names, ...columns]]
    })
  ])

const tables: Readonly<Record<string, () => string>> = {
  writes: writesTable,
  names: namesTable,
  reads: readsList
}

/** One of the tables of docs/effects.md, by its name. */
export function effectTable([name = '']: string[]): string {
  const make = tables[name]
  if (make === undefined) throw new Error(`there is no table of effects called "${name}"`)
  return make()
}

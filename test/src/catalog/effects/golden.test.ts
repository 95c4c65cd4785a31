import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { effects } from '../../../../src/lib/effect.ts'
import { isRead } from '../../../../src/hypercore/cluster-api.ts'
import type { Operation } from '../../../../src/catalog/load.ts'
import { packageRoot } from '../../../../src/lib/files/package-info.ts'
import {
  bodyWith,
  catalog,
  effectOf,
  type Field,
  fieldsOf,
  nameOf,
  operations,
  ordinaryBody,
  otherUuid,
  pathOf,
  valuesOf
} from './every-field.ts'

/**
 * Every operation with every field of its body and the values of each, and what a call with that does.
 * Read by people: a change of it is a change of who may do what. `EFFECTS_WRITE=1` writes it again.
 */
const goldenFile = join(packageRoot, 'test/src/catalog/effects/golden.txt')

/** The effects of a field, each with the values that have it; one for all of them stands alone. */
function effectsOfField(operation: Operation, field: Field): [effect: string, shown: string][] {
  const found = valuesOf(field).fit.map((value): [string, unknown] => [
    effectOf(operation, bodyWith(operation, field, value)),
    value
  ])
  const [only, ...others] = new Set(found.map(([effect]) => effect))
  if (only !== undefined && others.length === 0) return [[only, field.place]]
  return found.map(([effect, value]) => [
    effect,
    `${field.place}=${JSON.stringify(value).replaceAll(otherUuid, 'uuid')}`
  ])
}

/** An operation's line, and one for each effect that fields of its body have. */
function goldenLines(): string[] {
  return catalog.operations.flatMap((operation) => {
    if (!operations.includes(operation)) return [`${nameOf(operation)}: ${operation.effect}`]
    const ordinary = effectOf(operation, ordinaryBody(operation))
    const shown = fieldsOf(operation.body?.schema).flatMap((field) =>
      effectsOfField(operation, field)
    )
    const lines = effects.flatMap((effect) => {
      const these = shown.filter(([each]) => each === effect).map(([, text]) => text)
      return these.length === 0 ? [] : [`  ${effect}: ${these.join(' ')}`]
    })
    return [`${nameOf(operation)}: ${ordinary}`, ...lines]
  })
}

t.test('what every operation does with every field', async (t) => {
  const lines = goldenLines()
  if (process.env['EFFECTS_WRITE'] !== undefined) writeFileSync(goldenFile, `${lines.join('\n')}\n`)
  const golden = readFileSync(goldenFile, 'utf8').trimEnd().split('\n')
  t.same(
    lines.filter((line) => !golden.includes(line)),
    [],
    'nothing is judged in another way'
  )
  t.same(lines, golden, 'and nothing is missing')
  t.equal(lines.filter((line) => !line.startsWith(' ')).length, 169)
})

t.test('a value that does not fit a field is control', async (t) => {
  let values = 0
  for (const operation of operations)
    for (const field of fieldsOf(operation.body?.schema)) {
      const list = field.place.replace(/\[\]\.\w+$/, '')
      const isIgnored = field.schema.readOnly === true && operation.ignoresReadOnly.includes(list)
      if (isIgnored) continue
      for (const value of valuesOf(field).unfit) {
        values += 1
        const effect = effectOf(operation, bodyWith(operation, field, value))
        const what = `${nameOf(operation)} ${field.place}=${JSON.stringify(value)}`
        if (effect !== 'control') t.equal(effect, 'control', what)
      }
    }
  t.ok(values > 2000, `${values} values`)
})

t.test('every operation is judged in the document itself', async (t) => {
  for (const operation of catalog.operations) {
    const raw = catalog.document.paths[
      operation.base === '/rest/v2' ? `/rest/v2${operation.path}` : operation.path
    ]?.[operation.method.toLowerCase()] as Record<string, unknown>
    t.ok(effects.includes(raw['x-effect'] as 'read'), nameOf(operation))
    if (operation.effect !== 'read')
      t.match(operation.effectReason, /^[a-z][^.]{8,90}$/, `${nameOf(operation)} says why`)
  }
})

t.test('the client takes for a read what is judged as one', async (t) => {
  for (const operation of operations)
    t.equal(
      isRead(operation.method, pathOf(operation)),
      operation.effect === 'read',
      nameOf(operation)
    )
})

t.test('marks name what is there, and no rule is milder than its operation', async (t) => {
  for (const operation of catalog.operations) {
    const places = new Set([
      '',
      ...operation.parameters.map(({ name }) => `{${name}}`),
      ...fieldsOf(operation.body?.schema).flatMap(({ place, schema }) =>
        schema.type === 'array' ? [place, `${place}[]`] : [place]
      )
    ])
    const { effect, effectRules, targets, references, addresses } = operation
    const marked = [
      ...effectRules.map(({ field }) => field),
      ...[targets, references, addresses].flatMap(Object.keys)
    ]
    t.same(
      marked.filter((place) => !places.has(place)),
      [],
      nameOf(operation)
    )
    for (const rule of effectRules)
      t.ok(
        effects.indexOf(rule.effect) >= effects.indexOf(effect),
        `${nameOf(operation)}: ${rule.reason}`
      )
    const entities = new Set([...catalog.entities, 'GPU'])
    const named = [...Object.values(targets), ...Object.values(references).flat()]
    t.same(
      named.filter((entity) => !entities.has(entity)),
      [],
      `${nameOf(operation)} names entities`
    )
  }
})

t.test('every write with the uuid of a record in its path acts on it or copies it', async (t) => {
  for (const operation of catalog.operations) {
    const names = operation.parameters.filter(
      ({ in: place, name }) => place === 'path' && /uuid$/i.test(name)
    )
    for (const { name } of names)
      t.ok(
        [operation.targets, operation.references].some((marks) => `{${name}}` in marks) ||
          '' in operation.targets,
        nameOf(operation)
      )
  }
})

import type { Condition } from '../../hypercore/records.ts'
import { ApiError, type Call, type Handlers } from '../handler.ts'

function pattern(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch {
    throw new ApiError(400, `Not a regular expression: ${source}`)
  }
}

/**
 * `/Condition/filter` (FACTS 14). Every filter given narrows the list. `includeSet` and
 * `includeNotOK` name the two states worth a look: where either is true, a condition must be in one
 * of the states asked for.
 */
function filtered({ world, query }: Call): Condition[] {
  const isTrue = (name: string): boolean => query.get(name) === 'true'
  const name = query.get('name')
  const nameFits = name === null ? undefined : pattern(name)
  const nodes = query.getAll('nodeUUIDs')
  const includeTags = query.getAll('includeTags')
  const excludeTags = query.getAll('excludeTags')
  const since = world.clock.milliseconds() - Number(query.get('modifiedWithin') ?? 0) * 1000
  return world.state.conditions.filter((condition) => {
    if (nameFits?.test(condition.name) === false) return false
    if (nodes.length > 0 && !nodes.includes(condition.nodeUUID)) return false
    if (isTrue('singleNodeOnly') && condition.nodeUUID === '') return false
    if (isTrue('includeModifiedWithin') && condition.modified < since) return false
    if (includeTags.length > 0 && !condition.tags.some((tag) => includeTags.includes(tag)))
      return false
    if (condition.tags.some((tag) => excludeTags.includes(tag))) return false
    if (!isTrue('includeSet') && !isTrue('includeNotOK')) return true
    return (isTrue('includeSet') && condition.value) || (isTrue('includeNotOK') && !condition.isOK)
  })
}

/** The health conditions; a name in the path is a regular expression (FACTS 14, S). */
export const conditionHandlers: Handlers = {
  'GET /Condition': ({ world }) => world.state.conditions,
  'GET /Condition/{name}': ({ world, params }) => {
    const fits = pattern(params.name ?? '')
    return world.state.conditions.filter(({ name }) => fits.test(name))
  },
  'GET /Condition/filter': filtered
}

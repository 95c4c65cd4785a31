import type { Condition } from '../../hypercore/records/records.ts'
import { ApiError, type Call, type Handlers } from '../handler.ts'

function pattern(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch {
    throw new ApiError(400, `Not a regular expression: ${source}`)
  }
}

/** The conditions with the time of their last poll; one that is not OK was not polled of late. */
function live({ world }: Call): Condition[] {
  const now = world.clock.milliseconds()
  return world.state.conditions.map((condition) =>
    condition.isOK && condition.pollInterval > 0
      ? { ...condition, guaranteedValidTime: now - (now % condition.pollInterval) }
      : condition
  )
}

/**
 * `/Condition/filter` (FACTS 14). Every filter given narrows the list. `includeSet` and
 * `includeNotOK` name the two states worth a look: where either is true, a condition must be in one
 * of the states asked for.
 */
function filtered(call: Call): Condition[] {
  const { world, query } = call
  const isTrue = (name: string): boolean => query.get(name) === 'true'
  const name = query.get('name')
  const nameFits = name === null ? undefined : pattern(name)
  const nodes = query.getAll('nodeUUIDs')
  const includeTags = query.getAll('includeTags')
  const excludeTags = query.getAll('excludeTags')
  const since = world.clock.milliseconds() - Number(query.get('modifiedWithin') ?? 0) * 1000
  return live(call).filter((condition) => {
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
  'GET /Condition': live,
  'GET /Condition/{name}': (call) => {
    const fits = pattern(call.params.name ?? '')
    return live(call).filter(({ name }) => fits.test(name))
  },
  'GET /Condition/filter': filtered
}

import { isObject, parseJson } from '../../lib/json/json.ts'
import { isUuid } from '../../lib/text/uuid.ts'

/** Objects of one call that the log names; all are counted. */
const maxNamed = 30

const actionWord = /^[A-Z_]{1,32}$/

/**
 * What a raw call does, for the log: how many objects its body holds, the actions among them and the VMs
 * they name. Words of the API and uuids alone: whatever else is in a body may be a secret.
 */
export function describePayload(payload: unknown): Record<string, unknown> {
  const body = typeof payload === 'string' ? parseJson(payload) : payload
  const objects = (Array.isArray(body) ? (body as unknown[]) : [body]).filter(isObject)
  if (objects.length === 0) return {}
  const textsOf = (name: string, fits: (text: string) => boolean): string[] => [
    ...new Set(
      objects
        .map((object) => object[name])
        .filter((value): value is string => typeof value === 'string' && fits(value))
    )
  ]
  const actions = textsOf('actionType', (text) => actionWord.test(text)).slice(0, maxNamed)
  const vms = textsOf('virDomainUUID', isUuid).slice(0, maxNamed)
  return {
    objects: objects.length,
    ...(actions.length > 0 && { actions }),
    ...(vms.length > 0 && { vms })
  }
}

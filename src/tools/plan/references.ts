import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { quoteText } from '../../lib/text/quote.ts'

/** `$1`, `$1.createdUUID`, `${1.items[0].uuid}`, `{{step1.uuid}}`: all of a text. */
const whole =
  /^(?:\$|\$\{\s*|\{\{\s*)(?:steps?[\s_.-]?)?\[?(\d{1,3})\]?((?:\.[A-Za-z_]\w*|\.\d+|\[\d+\])*)(?:\s*\}\}?)?$/i

/** The same within a text, where only braces tell it from other text. */
const within =
  /\$\{\s*(?:steps?[\s_.-]?)?(\d{1,3})((?:\.\w+|\[\d+\])*)\s*\}|\{\{\s*(?:steps?[\s_.-]?)?(\d{1,3})((?:\.\w+|\[\d+\])*)\s*\}\}/gi

/** Fields that a list of possible ones names. */
const maxNamed = 12

const keysOf = (path: string): string[] =>
  path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((key) => key !== '')

/** The uuid of what a step is about, where a reference names the step alone. */
function subjectOf(result: unknown): unknown {
  if (!isObject(result)) return undefined
  const { createdUUID, items } = result
  if (typeof createdUUID === 'string' && createdUUID !== '') return createdUUID
  if (Array.isArray(items) && items.length === 1 && isObject(items[0])) return items[0]['uuid']
  return result['uuid'] ?? result['vmUUID']
}

function valueAt(result: unknown, keys: readonly string[]): unknown {
  let value: unknown = result
  for (const [at, key] of keys.entries()) {
    if (Array.isArray(value)) value = (value as unknown[])[Number(key)]
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key]
    else if (at === 0 && /^(?:uuid|id|vm|vm_?uuid)$/i.test(key)) value = subjectOf(result)
    else return undefined
  }
  return value
}

/**
 * What a reference stands for.
 * @param results of the steps before, the first at 0
 * @throws {BridgeError} INVALID_ARGUMENT for one that leads nowhere
 */
function resolve(text: string, step: number, path: string, results: readonly unknown[]): unknown {
  const at = results.length + 1
  const shown = quoteText(text, 80)
  const refuse = (why: string): never => {
    throw new BridgeError('INVALID_ARGUMENT', `${shown} ${why}`)
  }
  if (step === 0) refuse('refers to step 0: steps count from 1')
  if (step >= at)
    refuse(
      step === at
        ? `refers to step ${step} itself: a step can use what earlier ones return`
        : `refers to step ${step}, which comes later: a step can use what earlier ones return, so put that one first`
    )
  const result = results[step - 1]
  const keys = keysOf(path)
  const value = keys.length === 0 ? subjectOf(result) : valueAt(result, keys)
  if (value !== undefined && value !== '' && value !== null) return value
  const fields = isObject(result)
    ? Object.entries(result)
        .filter(([, held]) => held !== '' && held !== null)
        .map(([name]) => name)
        .slice(0, maxNamed)
        .join(', ')
    : 'no fields'
  return refuse(`leads to nothing: step ${step} returns ${fields}`)
}

/**
 * Arguments with what earlier steps returned in the place of references to it.
 * @param results of the steps before
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function fillReferences(value: unknown, results: readonly unknown[]): unknown {
  if (typeof value === 'string') {
    const [text, step, path = ''] = whole.exec(value.trim()) ?? []
    if (text !== undefined) return resolve(text, Number(step), path, results)
    return value.replaceAll(
      within,
      (found: string, a?: string, aPath?: string, b?: string, bPath?: string) => {
        const filled = resolve(found, Number(a ?? b), aPath ?? bPath ?? '', results)
        return typeof filled === 'string' ? filled : JSON.stringify(filled)
      }
    )
  }
  if (Array.isArray(value)) return value.map((each) => fillReferences(each, results))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, fillReferences(each, results)])
  )
}

import { isObject } from '../lib/json/json.ts'

/** Names of fields that are not logged, wherever they stand. */
const secretNames = ['authorization', 'cookie', 'set-cookie', 'password', 'sessionID']

/** On a line of its own it is the name of a token, deeper the token itself. */
const tokenName = 'token'

/** Names that are looked for below the line itself. */
const below = [...secretNames, tokenName]

/** What stands for what is not logged. */
const hidden = '[hidden]'

const secretField = new RegExp(`"(?:${secretNames.join('|')})":`)
const tokenField = `"${tokenName}":`

/** Whether a field called `token` stands below the line itself, as far as its text tells. */
function mayHoldToken(line: string): boolean {
  const at = line.indexOf(tokenField)
  if (at < 0) return false
  return line.lastIndexOf('{', at) > 0 || line.includes(tokenField, at + tokenField.length)
}

function hide(value: unknown, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => hide(item, below))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      names.includes(name) ? hidden : hide(field, below)
    ])
  )
}

/**
 * A line of the log, in JSON, without what stands in fields that hold a secret by their name. Hardly any
 * line has such a field, which its text shows.
 */
export function hideInLine(line: string): string {
  if (!secretField.test(line) && !mayHoldToken(line)) return line
  try {
    return `${JSON.stringify(hide(JSON.parse(line), secretNames))}\n`
  } catch {
    return `${JSON.stringify({ msg: hidden })}\n`
  }
}

import { settings } from '../../src/config/config.ts'

const verbs = (
  'add ask call check choose correct find give leave_out look pass put read repeat see send set sign_in ' +
  'start take try use wait'
)
  .split(' ')
  .map((word) => word.replace('_', ' [\\w ,]*'))
// Not in any case: START and PUT are values.
const verb = verbs.map((word) => `[${word[0]?.toUpperCase()}${word[0]}]${word.slice(1)}`).join('|')

/**
 * The forms a next step has in a message. That something is invalid, wrong or failed is none: it
 * leaves the reader where they were.
 */
const steps = [
  // A word that tells the reader to do something, at the beginning of a clause.
  new RegExp(`(?:^|[:;.,(]\\s*|\\b(?:and|or|then) )(?:${verb})\\b`),
  // What the value has to be instead: the words or the range there are, or a value such as it is.
  // Long numbers are of some unit, which has to be said.
  /\bmust be (?:one of \S|[<>]=? -?[\d.]{1,6}(?!\d)|[<>]=? -?\d+.* \([a-z]|true or false\b)/,
  /\bmust (?:be|have|hold|not be)\b.*(?:\bsuch as \S| \([^)]|\bat (?:least|most) )/,
  /\b(?:allowed|Possible now|Sets): \w{2,}|\bit takes [A-Z]+ \/\w+/,
  // What is not there has its name, and what it is or where it comes from.
  /(?:^|[:;] )[\w.[\]]+ is required(?: \(|:) ?\w/,
  // Names, each of which can be read.
  /\bdid you mean (?:[^\s,?-][^,?]*(?:, (?=[^,?]))?)+\?/,
  // A command, or an address that answers the question.
  /\bscale-bridge [a-z]+/,
  /\bGET \/[\w.]+ lists\b/
]

const settingNames = new Set(Object.values(settings).map(({ name }) => name))

/**
 * The next step that a message names: another tool, a setting, the value to change, or what to do.
 * Undefined for a message that says only what happened.
 * @param tools names of those that may be the step; the one that failed is none of them
 */
export function nextStepIn(message: string, tools: Iterable<string>): string | undefined {
  const words = new Set(message.match(/\b[A-Za-z_]\w+\b/g))
  for (const tool of tools) if (words.has(tool)) return tool
  for (const word of words) if (settingNames.has(word)) return word
  for (const step of steps) {
    const found = step.exec(message)?.[0]
    if (found !== undefined) return found.replace(/^[:;.,(\s]+/, '')
  }
  return undefined
}

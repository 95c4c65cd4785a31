import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject, parseJsonContainer } from '../../lib/json/json.ts'
import { didYouMean } from '../../lib/text/nearest.ts'
import { withoutSeparators } from '../../lib/text/normalize.ts'
import { asWord, quoteText } from '../../lib/text/quote.ts'
import type { Tool, ToolContext } from '../define-tool.ts'
import { nearestTool } from '../advice/nearest-tool.ts'

export const maxSteps = 20

/** One step as its caller specified it; references are not resolved yet. */
export interface PlanStep {
  tool: Tool
  args: Record<string, unknown>
}

/** What clients call the tool of a step, and its arguments. */
const toolWords = ['tool', 'toolname', 'function', 'functionname', 'call', 'use', 'name']
const argumentWords = ['args', 'arguments', 'parameters', 'params', 'input', 'kwargs', 'with']

/** What says how a call runs: the plan says it for all its steps. */
const termWords = ['dryrun', 'plan', 'wait', 'again']

const take = (
  entries: Map<string, unknown>,
  words: readonly string[],
  fits: (value: unknown) => boolean
): unknown => {
  for (const word of words)
    for (const [key, value] of entries)
      if (withoutSeparators(key) === word && fits(value)) {
        entries.delete(key)
        return value
      }
  return undefined
}

const objectIn = (value: unknown): Record<string, unknown> | undefined => {
  const read = typeof value === 'string' ? parseJsonContainer(value) : value
  return isObject(read) ? read : undefined
}

/** @throws {BridgeError} INVALID_ARGUMENT */
function readStep(given: unknown, at: number, tools: ToolContext['tools']): PlanStep {
  const refuse = (why: string): never => {
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `Step ${at + 1} ${why}. A step is {"tool": "snapshotVM", "args": {"vm": "web-01", "label": "before"}}`
    )
  }
  const step = objectIn(given)
  if (step === undefined) return refuse('is not an object')
  const entries = new Map(Object.entries(step))
  const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''
  const called = take(entries, toolWords, isText)
  if (typeof called !== 'string') return refuse('names no tool')
  const wanted = withoutSeparators(called)
  const tool = [...tools.values()].find(({ name }) => withoutSeparators(name) === wanted)
  if (tool === undefined) {
    const near = nearestTool(called, [...tools.keys()])
    return refuse(
      `calls ${asWord(called)}, which is not a tool${didYouMean(near).replace(/\?$/, '')}`
    )
  }
  if (tool.alone !== undefined)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `Step ${at + 1}: ${tool.name} cannot be a step of a plan, as ${tool.alone}. Leave it out, and call it by itself`
    )
  const nested = take(
    entries,
    argumentWords,
    (value) => value === null || objectIn(value) !== undefined || value === ''
  )
  const args = { ...objectIn(nested), ...Object.fromEntries(entries) }
  for (const name of Object.keys(args)) {
    if (!termWords.includes(withoutSeparators(name))) continue
    if (args[name] === true && withoutSeparators(name) === 'dryrun')
      throw new BridgeError(
        'INVALID_ARGUMENT',
        `Step ${at + 1} has dry_run: pass it to the plan, beside steps, where it holds for all of them`
      )
    delete args[name]
  }
  return { tool, args }
}

/**
 * The steps of a plan.
 * @throws {BridgeError} INVALID_ARGUMENT naming the first step that is none
 */
export function readSteps(given: readonly unknown[], tools: ToolContext['tools']): PlanStep[] {
  if (given.length === 0)
    throw new BridgeError('INVALID_ARGUMENT', 'steps is empty: a plan has 1 to 20 steps')
  return given.map((each, at) => readStep(each, at, tools))
}

/** A step as a person reads it: `updateVM vmUUID "web-01", mem`. Values may be secrets, names are none. */
export function stepWords({ tool, args }: PlanStep): string {
  const told = Object.entries(args).map(([name, value]) => {
    const isName = tool.input.properties[name]?.['x-entity'] !== undefined
    return isName && typeof value === 'string'
      ? `${asWord(name)} ${quoteText(value, 60)}`
      : asWord(name)
  })
  return [tool.name, told.join(', ')].join(' ').trim()
}

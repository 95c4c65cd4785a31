import { type ErrorCode, errorStatus } from '../../src/lib/errors/errors.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { nextStepIn } from './next-step.ts'
import type { Owner } from './owner.ts'
import type { Situation, Told } from './provocation.ts'
import { situations } from './provocations.ts'
import { validationMessages } from './validation-kinds.ts'

/** One error as a caller met it. */
export interface MetError {
  /** What was done to meet it. */
  how: string
  code: ErrorCode
  message: string
  /** The part of the message that says what to do; undefined where none does. */
  step: string | undefined
}

/** Codes that no caller can be shown, and why. */
export const notMet: Partial<Record<ErrorCode, string>> = {
  CALLER_GONE: 'the caller went away before it was written',
  INTERNAL: 'a mistake of the bridge itself: none is known'
}

/** What came instead of the error that was expected; undefined where it came. */
function otherThan(code: ErrorCode, told: Told): string | undefined {
  const came = told.code === undefined ? told.status === errorStatus[code] : told.code === code
  return came ? undefined : `${told.status} ${told.code}: ${told.message}`
}

async function meetIn(owner: Owner, situation: Situation): Promise<MetError[]> {
  let tools: string[] = []
  const start = async (options = {}): Promise<TestBridge> => {
    const bridge = await startTestBridge(owner, options)
    tools = [...bridge.app.tools.keys()]
    return bridge
  }
  const met: MetError[] = []
  const others: string[] = []
  for (const { how, code, tool, meet } of await situation(owner, start)) {
    const told = await meet().catch((error: unknown) => String(error))
    const instead = typeof told === 'string' ? told : otherThan(code, told)
    if (instead !== undefined) others.push(`${how} was to be ${code}, and was ${instead}`)
    if (typeof told === 'string') continue
    const { message } = told
    const step = nextStepIn(
      message,
      tools.filter((name) => name !== tool)
    )
    met.push({ how, code, message, step })
  }
  if (others.length > 0) throw new Error(others.join('\n'))
  return met
}

/**
 * Meets every error that a caller can meet, on real servers, and every kind of message of the
 * validation.
 * @throws {Error} where an error did not come, or another one did.
 */
export async function measureErrors(owner: Owner): Promise<MetError[]> {
  const met = await Promise.all(situations.map((situation) => meetIn(owner, situation)))
  const kinds = validationMessages().map(({ keyword, message }): MetError => {
    const step = nextStepIn(message, [])
    return { how: `a value that breaks ${keyword}`, code: 'INVALID_ARGUMENT', message, step }
  })
  return [...met.flat(), ...kinds]
}

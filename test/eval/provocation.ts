import type { ErrorCode } from '../../src/lib/errors/errors.ts'
import type { TestBridge, TestBridgeOptions, ToolAnswer } from '../helper/bridge.ts'
import type { Owner } from './owner.ts'

/** What was reported to a caller. */
export interface Told {
  status: number
  /** Undefined over JSON-RPC, which has codes of its own. */
  code: ErrorCode | undefined
  message: string
}

/** One way to meet an error. */
export interface Provocation {
  how: string
  code: ErrorCode
  /** Tool that is called, which is not itself a next step. */
  tool?: string
  meet: () => Promise<Told>
}

/** A bridge that is set up, or broken, in one way, and the errors to meet there. */
export type Situation = (
  owner: Owner,
  start: (options?: TestBridgeOptions) => Promise<TestBridge>
) => Promise<Provocation[]>

interface ErrorBody {
  error: { code: ErrorCode | number; message: string }
}

/** What an answer that is an error says. */
export function told({ status, body, text }: ToolAnswer): Told {
  const { error } = body as Partial<ErrorBody>
  if (error === undefined) throw new Error(`No error, but ${status} ${text.slice(0, 200)}`)
  return {
    status,
    code: typeof error.code === 'string' ? error.code : undefined,
    message: error.message
  }
}

/** A call of a tool that is to be refused. */
export const refused = (
  bridge: TestBridge,
  code: ErrorCode,
  tool: string,
  args: unknown,
  headers: Record<string, string> = {}
): Provocation => ({
  how: `${tool} ${JSON.stringify(args).slice(0, 80)}`,
  code,
  tool,
  meet: async () => told(await bridge.call(tool, args, headers))
})

import { blankSecrets } from '../secrets.ts'
import type { Tool, ToolContext } from './define-tool.ts'
import { repairArguments } from './repair.ts'
import { validateArguments } from './validate.ts'

/**
 * One call of one tool, the same for every surface: argument repair, validation, run, shaping.
 * @throws {BridgeError} with a message for the caller.
 */
export async function callTool(tool: Tool, context: ToolContext, given: unknown): Promise<unknown> {
  const args = repairArguments(tool, given)
  validateArguments(tool, args)
  const answer = await tool.run(context, args)
  return tool.ownWords === true ? answer : blankSecrets(answer)
}

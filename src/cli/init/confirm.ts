import { CommandError } from '../../lib/errors/command-error.ts'
import type { Prompter } from '../io/prompter.ts'

/**
 * Asks whether to continue.
 * @throws {CommandError} on a no; without a terminal to prompt on, with the refusal, which names
 * the option that says yes.
 */
export async function abortUnlessConfirmed(
  prompter: Prompter | undefined,
  question: string,
  fallback: boolean,
  refusal: string
): Promise<void> {
  if (prompter === undefined) throw new CommandError(refusal, 2)
  if (!(await prompter.confirm(question, fallback))) throw new CommandError('Nothing was written')
}

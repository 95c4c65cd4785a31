import type { PromptMessage } from '@modelcontextprotocol/server'
import { BridgeError } from '../../lib/errors/errors.ts'
import { userText } from './define-prompt.ts'

/**
 * What a prompt that needs no argument tells of the cluster. If the cluster cannot be read, a message
 * says why in its place: the steps still hold, and their first call shows whether it is back.
 */
export async function live(read: () => Promise<PromptMessage[]>): Promise<PromptMessage[]> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
    return [userText(`The cluster could not be read just now: ${error.message}`)]
  }
}

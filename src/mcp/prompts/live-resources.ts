import type { PromptMessage } from '@modelcontextprotocol/server'
import { BridgeError } from '../../lib/errors.ts'
import { pageResult } from '../resources/define-resource.ts'
import { embedded, userText } from './define-prompt.ts'

/** A page of text and its address. */
export interface Page {
  uri: string
  text: string
}

/**
 * Pages of the cluster for a prompt that needs no argument. If the cluster cannot be read, a message
 * says why in their place: the steps still hold, and their first call shows whether it is back.
 */
export async function livePages(read: () => Promise<Page[]>): Promise<PromptMessage[]> {
  try {
    const pages = await read()
    return pages.flatMap(({ uri, text }) => embedded(pageResult(uri, text, false)))
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
    return [userText(`The cluster could not be read just now: ${error.message}`)]
  }
}

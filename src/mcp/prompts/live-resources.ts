import type { PromptMessage } from '@modelcontextprotocol/server'
import { BridgeError } from '../../lib/errors.ts'
import { resourceResult } from '../resources/define-resource.ts'
import { embedded, userText } from './define-prompt.ts'

/** A text and the address of the resource it stands for. */
export interface ResourceText {
  uri: string
  text: string
}

/**
 * Resources of the cluster for a prompt that needs no argument. If the cluster cannot be read, a message
 * says why in their place: the steps still hold, and their first call shows whether it is back.
 */
export async function liveResources(read: () => Promise<ResourceText[]>): Promise<PromptMessage[]> {
  try {
    const resources = await read()
    return resources.flatMap(({ uri, text }) => embedded(resourceResult(uri, text)))
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
    return [userText(`The cluster could not be read just now: ${error.message}`)]
  }
}

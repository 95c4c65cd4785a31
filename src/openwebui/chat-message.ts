import type { Caller } from './caller.ts'

/** Which message of which chat a call belongs to. */
export interface ChatMessageIds {
  chatId: string
  messageId: string
}

/** Ids of OpenWebUI are uuids; nothing in one may steer the path it is put into. */
const idPattern = /^\w[\w-]{0,127}$/

/**
 * The message that a caller's headers name. Undefined where one of the ids is missing or is none:
 * those of temporary chats (`local:…`) have no page to show anything on.
 */
export function chatMessageOf({ chatId, messageId }: Caller): ChatMessageIds | undefined {
  if (chatId === undefined || messageId === undefined) return undefined
  return idPattern.test(chatId) && idPattern.test(messageId) ? { chatId, messageId } : undefined
}

/** Where events of a message are posted, below OpenWebUI's address. */
export const eventPath = ({ chatId, messageId }: ChatMessageIds): string =>
  `/api/v1/chats/${encodeURIComponent(chatId)}/messages/${encodeURIComponent(messageId)}/event`

import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { OpenWebUiConfig } from '../src/config/config.ts'
import type { CallerHeaders } from '../src/openwebui/caller.ts'
import { ChatProgress } from '../src/openwebui/chat-progress.ts'
import type { ReportProgress } from '../src/tools/task/progress.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Shows progress in the chat that the headers name; undefined where there is none to show it in. */
    chatProgress(headers: CallerHeaders): ReportProgress | undefined
  }
}

export interface ChatProgressPluginOptions {
  openWebUi: OpenWebUiConfig | undefined
}

/** Shows in OpenWebUI's chats how far slow tools are. */
const chatProgress: FastifyPluginAsync<ChatProgressPluginOptions> = async (app, { openWebUi }) => {
  const chats = openWebUi && new ChatProgress(openWebUi, app.log, app.outgoing)
  app.decorate('chatProgress', (headers: CallerHeaders) => chats?.reporter(headers))
  app.addHook('onClose', async () => chats?.close())
}

export const chatProgressPlugin = fp(chatProgress, {
  name: 'chat-progress',
  fastify: '5.x',
  dependencies: ['outgoing']
})

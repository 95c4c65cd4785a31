import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ApprovalWebhook } from '../src/approvals/webhook.ts'
import type { BridgeConfig } from '../src/config/config.ts'

export type ApprovalWebhookPluginOptions = Pick<BridgeConfig, 'webhook'>

/** Tells people by webhook of every plan that waits for one, where APPROVAL_WEBHOOK is set. */
const approvalWebhook: FastifyPluginAsync<ApprovalWebhookPluginOptions> = async (
  app,
  { webhook: config }
) => {
  if (config === undefined) return
  const { plans, outgoing, log: logger } = app
  const consoleUrl = (): string => app.consoleUrl()
  const webhook = new ApprovalWebhook({ config, plans, consoleUrl, outgoing, logger })
  app.log.info({ host: webhook.host }, 'The webhook is notified of each pending plan')
  app.addHook('onClose', () => webhook.close())
}

export const approvalWebhookPlugin = fp(approvalWebhook, {
  name: 'approval-webhook',
  fastify: '5.x',
  dependencies: ['policy', 'outgoing']
})

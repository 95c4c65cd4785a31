import type { TestBridge } from './bridge.ts'
import { cookieOf, listen, signIn } from './console-stream.ts'
import { until } from './simulator.ts'
import type { Said } from './ways-out.ts'
import type { WebhookServer } from './webhook-server.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** What leaves by the console, by `/approvals` and by webhook, of a plan that is about these texts. */
export async function saidOfApprovals(
  t: Teardown,
  bridge: TestBridge,
  webhook: WebhookServer,
  texts: readonly string[]
): Promise<Said[]> {
  const { plans, operator } = bridge.app
  const all = texts.join(' ')
  const plan = await plans.ask(
    {
      tool: 'deleteVM',
      effect: 'lose',
      because: 'APPROVAL=lose',
      summary: `Deletes ${JSON.stringify(all)}`,
      does: `Deletes ${JSON.stringify(all)}`,
      vms: [],
      requests: [{ method: 'DELETE', path: '/rest/v1/VirDomain/x', body: { description: all } }],
      targets: texts.map((name) => ({
        entity: 'VirDomain',
        uuid: 'x',
        name,
        deceptive: '',
        state: 'SHUTOFF',
        tags: [name],
        loses: [],
        vm: undefined
      }))
    },
    { request: '', target: '' },
    { ...operator, person: { name: all, verified: false } },
    ''
  )
  const heard = await listen(t, bridge, cookieOf(await signIn(bridge, bridge)))
  await until(() =>
    ['plans', 'cluster', 'tasks', 'calls', 'tokens'].every((name) => heard.last(name) !== undefined)
  )
  await until(() => webhook.notices.length > 0)
  const headers = { authorization: `Bearer ${bridge.token}` }
  const { text } = await bridge.fetch(`/approvals/${plan.id}`, { headers })
  return [
    { way: 'console stream', what: '/console/events', text: heard.text },
    { way: 'REST JSON', what: '/approvals', text },
    ...webhook.notices.map((notice): Said => ({
      way: 'webhook',
      what: 'notice',
      text: notice.text
    }))
  ]
}

import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { bridgeUrl } from '../src/config/bridge-url.ts'
import type { BridgeConfig } from '../src/config/config.ts'
import type { JsonObject } from '../src/lib/json/json.ts'
import { Approvals } from '../src/policy/approvals.ts'
import { countBy } from '../src/metrics/count-by.ts'
import type { Plan } from '../src/policy/plan.ts'
import { Policy } from '../src/policy/policy.ts'
import { WriteRate } from '../src/policy/write-rate.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import type { PolicySettings } from '../src/policy/policy-settings.ts'
import { lossWords } from '../src/views/losses.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Decides which requests may leave for the cluster. */
    policy: Policy
    /** The calls that wait for a person. */
    plans: Approvals
    /** Where a person opens the console in a browser. */
    consoleUrl(): string
  }
}

export type PolicyPluginOptions = PolicySettings &
  Pick<BridgeConfig, 'archive' | 'host' | 'port' | 'publicUrl'>

const start = {
  off: 'A person approves only what MAX_TARGETS, PROTECTED_TAGS or WRITES_PER_MINUTE demand (APPROVAL=off)',
  interrupt: 'A person approves what interrupts, loses, leaves the cluster or controls it',
  lose: 'A person approves what loses data, leaves the cluster or controls it',
  write: 'A person approves every write'
}

/** What to do where no token may approve. */
const approverHints = {
  served:
    'The bridge administrator creates a token for a person with `scale-bridge token new --name approver --scope read,approve`',
  stdio:
    'A bridge over standard input and output has no console, and knows nothing of the plans of another: the administrator starts `scale-bridge serve`, connects this client to its address (`scale-bridge connect` shows how), and creates a token for the person who approves there'
}

/** What the record says of a plan. */
const entryOf = ({ targets, requests, ...plan }: Plan): JsonObject => ({
  plan: plan.id,
  state: plan.state,
  token: plan.requester,
  person: plan.person,
  tool: plan.tool,
  requests: requests.map(({ method, path }) => `${method} ${path}`),
  effect: plan.effect,
  because: plan.because,
  summary: plan.summary,
  targets: targets.map(({ entity, uuid, name }) => ({ entity, uuid, name })),
  decidedBy: plan.decidedBy,
  reason: plan.reason,
  outcome: plan.outcome
})

/** Shares what decides on requests as `app.policy`, and the plans that wait for a person as `app.plans`. */
const policy: FastifyPluginAsync<PolicyPluginOptions> = async (app, options) => {
  const { archive, host, port, publicUrl } = options
  const { shared } = app
  // What was approved before a start is of no use to a bridge that is alone: it was not watched.
  const store = shared === undefined ? new MemoryStore() : app.store
  const clock = shared && { now: () => shared.database.now() }
  const approvals = new Approvals(store, clock?.now, () => app.consoleUrl())
  app.addHook('onClose', () => approvals.close())
  app.decorate('plans', approvals)
  approvals.onChange((plan) => app.audit.note('plan', app.outgoing.record(entryOf(plan))))
  app.addGauge({
    name: 'plans',
    help: 'Plans by state; those of all bridges on a shared database',
    labels: ['state'],
    read: async () =>
      countBy(
        'state',
        (await approvals.list()).map(({ state }) => state),
        ['WAITING']
      )
  })
  app.decorate('consoleUrl', () => {
    const address = app.server.address()
    const actual = typeof address === 'object' && address !== null ? address.port : port
    return `${publicUrl ?? bridgeUrl(host, actual)}/console`
  })
  app.decorate(
    'policy',
    new Policy({
      settings: options,
      catalog: app.catalog,
      approvals,
      rate: new WriteRate({ max: options.writesPerMinute, store, ...clock }),
      archive,
      hasApprover: (principal) => app.hasApprover(principal),
      approverHint: () => approverHints[app.server.listening ? 'served' : 'stdio'],
      consoleUrl: () => app.consoleUrl(),
      lossWords
    })
  )
  app.addHook('onListen', async () => {
    app.log.info({ approval: options.approval }, start[options.approval])
    if (options.readOnly) app.log.info('Nothing is written (READ_ONLY=true)')
  })
}

export const policyPlugin = fp(policy, {
  name: 'policy',
  fastify: '5.x',
  dependencies: ['metrics', 'auth', 'catalog', 'audit', 'outgoing', 'store']
})

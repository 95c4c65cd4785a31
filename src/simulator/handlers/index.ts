import type { Call, Handlers } from '../handler.ts'
import type { Machinery } from '../machinery.ts'
import { clusterHandlers } from './cluster.ts'
import { conditionHandlers } from './conditions.ts'
import { hardwareHandlers } from './hardware.ts'
import { settingsHandlers } from './settings.ts'
import { supportHandlers } from './support.ts'
import { taskHandlers } from './tasks.ts'
import { updateHandlers } from './update.ts'
import { userHandlers } from './users.ts'
import { v2Handlers } from './v2.ts'
import { vmHandlers } from './vm.ts'

const serverErrorMs = 1000
const badGatewayMs = 2000

/** After a write of the OIDC settings the node's API is away for a moment (FACTS 16: S). */
function restartAfterOidc(nodes: Machinery['nodes'], { world, nodeUUID }: Call): void {
  const node = nodes.find(({ uuid }) => uuid === nodeUUID)
  const steps = [
    [0, 'server-error'],
    [serverErrorMs, 'bad-gateway'],
    [serverErrorMs + badGatewayMs, undefined]
  ] as const
  for (const [ms, mode] of steps) world.clock.after(ms, () => node?.setOutage('oidc', mode))
}

/** All handlers of a cluster, by `METHOD /path`. */
export function createHandlers(machinery: Machinery): Handlers {
  return {
    'GET /ping': () => ({ status: 'Active' }),
    ...taskHandlers,
    ...hardwareHandlers,
    ...conditionHandlers,
    ...userHandlers(machinery),
    ...clusterHandlers(machinery),
    ...settingsHandlers((entity, call) => {
      if (entity === 'OIDCConfig') restartAfterOidc(machinery.nodes, call)
    }),
    ...vmHandlers,
    ...updateHandlers(machinery),
    ...supportHandlers(),
    ...v2Handlers()
  }
}

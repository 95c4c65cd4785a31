import type { Handlers } from '../handler.ts'
import type { Machinery } from '../machinery.ts'
import { conditionHandlers } from './conditions.ts'
import { hardwareHandlers } from './hardware.ts'
import { taskHandlers } from './tasks.ts'
import { userHandlers } from './users.ts'

/** All handlers of a cluster, by `METHOD /path`. */
export function createHandlers(machinery: Machinery): Handlers {
  return {
    'GET /ping': () => ({ status: 'Active' }),
    ...taskHandlers,
    ...hardwareHandlers,
    ...conditionHandlers,
    ...userHandlers(machinery)
  }
}

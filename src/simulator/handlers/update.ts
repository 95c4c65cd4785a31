import { frontPage } from '../front-pages.ts'
import { internalError, written, type Handlers } from '../handler.ts'
import type { Machinery } from '../machinery.ts'

/**
 * Updates (FACTS 17). An id in the path of a read is ignored, as on a cluster. Applying answers an
 * empty tag; an update the cluster does not offer, or a second one, is an internal error (I).
 */
export function updateHandlers({ rollingUpdate }: Machinery): Handlers {
  return {
    'GET /Update': ({ world }) => world.state.updates,
    'GET /Update/{uuid}': ({ world }) => world.state.updates,
    'POST /Update/{uuid}/apply': ({ world, params, nodeUUID }) => {
      const update = world.state.updates.find(({ uuid }) => uuid === params.uuid)
      if (update === undefined || rollingUpdate.running) throw internalError()
      rollingUpdate.start(String(update.uuid), nodeUUID)
      return written()
    },
    'GET /update/update_status.json': ({ nodeUUID }) =>
      rollingUpdate.statusOf(nodeUUID) ?? frontPage(404)
  }
}

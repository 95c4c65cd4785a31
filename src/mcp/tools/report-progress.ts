import type { ServerContext } from '@modelcontextprotocol/server'
import type { ReportProgress } from '../../tools/task/progress.ts'

/** Progress has to grow with every notification, also where nothing measurable happened. */
const smallestStep = 0.01

/** Whether the client takes a stream, which alone can carry notifications; over stdio always. */
const takesNotifications = ({ http }: ServerContext): boolean =>
  http?.req === undefined || (http.req.headers.get('accept') ?? '').includes('text/event-stream')

/** Sends progress notifications for a request that asked for them; undefined for any other. */
export function reportProgress(request: ServerContext): ReportProgress | undefined {
  const { mcpReq } = request
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined || !takesNotifications(request)) return undefined
  let last = -smallestStep
  return ({ percent, message }) => {
    last = Math.max(percent, last + smallestStep)
    mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress: Number(last.toFixed(2)), total: 100, message }
      })
      // The client went away meanwhile; the call itself hears of it by its signal.
      .catch(() => undefined)
  }
}

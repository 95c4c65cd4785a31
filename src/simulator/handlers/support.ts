import { ApiError, Reply, type Call, type Handlers } from '../handler.ts'

/** The support tunnel (FACTS 18, S): opened and closed by GET. What open and close answer is ours (I). */
export function supportHandlers(): Handlers {
  let tunnel: number | false = false
  const setCondition = ({ world }: Call): void => {
    const now = world.clock.milliseconds()
    for (const condition of world.state.conditions) {
      if (condition.name !== 'condition.supporttunnelOpen') continue
      condition.value = tunnel !== false
      condition.modified = now
      if (condition.value) condition.lastSetTime = now
      else condition.lastClearTime = now
    }
  }
  return {
    'GET /support-api/check': () => ({ tunnelOpen: tunnel }),
    'GET /support-api/open': (call) => {
      const code = Number(call.query.get('code'))
      if (code < 1) throw new ApiError(400, 'The code must be a number above 0')
      tunnel = code
      setCondition(call)
      return new Reply(200, '', '')
    },
    'GET /support-api/close': (call) => {
      tunnel = false
      setCondition(call)
      return new Reply(200, '', '')
    }
  }
}

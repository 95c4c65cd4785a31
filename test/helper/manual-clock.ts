/** Calls back after `ms` of a clock that only `pass` advances. */
export interface ManualClock {
  /** @returns what ends the wait without a call */
  after: (ms: number, callback: () => void) => () => void
  pass: (ms: number) => void
}

export function manualClock(): ManualClock {
  const waits = new Set<{ at: number; callback: () => void }>()
  let now = 0
  return {
    after(ms, callback) {
      const wait = { at: now + ms, callback }
      waits.add(wait)
      return () => void waits.delete(wait)
    },
    pass(ms) {
      now += ms
      for (const wait of [...waits].toSorted((a, b) => a.at - b.at))
        if (wait.at <= now && waits.delete(wait)) wait.callback()
    }
  }
}

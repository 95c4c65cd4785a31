import { promisify } from 'node:util'

/*
 * Every timer of this process that is still to come, those included that keep nothing alive (`unref`), of which
 * Node says nothing. To be imported before all else.
 */

const live = new Set<NodeJS.Timeout>()

/** How many there are. */
export const liveTimers = (): number => live.size

const { setTimeout: setOnce, setInterval: setOften, clearTimeout: clear } = globalThis

type Callback = (...given: unknown[]) => void

function once(callback: Callback, ms?: number, ...given: unknown[]): NodeJS.Timeout {
  const timer = setOnce(
    function (this: unknown, ...args: unknown[]) {
      live.delete(timer)
      callback.apply(this, args)
    },
    ms,
    ...given
  )
  const refresh = timer.refresh.bind(timer)
  // One that has fired is to come once more.
  timer.refresh = () => {
    live.add(timer)
    return refresh()
  }
  live.add(timer)
  return timer
}

function often(callback: Callback, ms?: number, ...given: unknown[]): NodeJS.Timeout {
  const timer = setOften(callback, ms, ...given)
  live.add(timer)
  return timer
}

function forget(timer: NodeJS.Timeout | string | number | undefined): void {
  if (typeof timer === 'object') live.delete(timer)
  else if (timer !== undefined)
    for (const each of live) if (Number(each) === Number(timer)) live.delete(each)
  clear(timer)
}

const promised = { value: Reflect.get(setOnce, promisify.custom) as unknown }
Object.assign(globalThis, {
  setTimeout: Object.defineProperty(once, promisify.custom, promised),
  setInterval: often,
  clearTimeout: forget,
  clearInterval: forget
})

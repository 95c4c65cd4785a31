// Loaded before a test of the suite. To tell which subtest an error is of that nobody caught, tap has a hook
// run at each promise, for a tenth of all that the tests take of the processor. Here such an error ends the
// process instead: what it says is printed, and the test that ran then is unfinished.
import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

const { createHook } = asyncHooks
const none = { enable: () => none, disable: () => none }
/** That of tap follows each promise to its end, which only it does. */
const isOfTap = ({ init, destroy }) => init !== undefined && destroy !== undefined
asyncHooks.createHook = (callbacks) => (isOfTap(callbacks) ? none : createHook(callbacks))
syncBuiltinESMExports()

const end = (error) => {
  console.error('Nobody caught', error)
  process.exit(1)
}
process.on('uncaughtException', end)
process.on('unhandledRejection', end)

// Loaded before a test of the suite. To tell which subtest an uncaught error belongs to, tap has a
// hook run at each promise, which costs a tenth of all processor time of the tests. Here such an
// error ends the process instead: its text is printed, and the test that ran then is unfinished.
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

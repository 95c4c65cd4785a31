import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { abortable } from '../../../../src/lib/http/caller-gone.ts'

// An unhandled rejection ends a process, and fails this test.
t.test('what fails after its caller has left is not an unhandled rejection', async (t) => {
  for (const signal of [AbortSignal.abort(), AbortSignal.timeout(1)]) {
    let fail: (error: Error) => void = () => undefined
    const shared = new Promise<never>((_, reject) => (fail = reject))
    const waiting = abortable(shared, signal)
    await t.rejects(waiting, { code: 'CALLER_GONE' })
    fail(new Error('late'))
    await setImmediate()
    await setImmediate()
  }
})

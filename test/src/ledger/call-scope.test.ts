import { executionAsyncId } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type CallScope, currentCall, runInCall } from '../../../src/ledger/call-scope.ts'

const scopeOf = (callId: string): CallScope => ({
  callId,
  tool: 'snapshotVM',
  args: {},
  targets: [],
  conditions: [],
  hasSent: false
})

/** Whether something follows each promise of the process. */
async function followsPromises(): Promise<boolean> {
  const before = executionAsyncId()
  await Promise.resolve()
  return executionAsyncId() !== before && executionAsyncId() !== 0
}

t.test('nothing is left that slows the calls that follow', async (t) => {
  const before = await followsPromises()
  await runInCall(scopeOf('one'), () => sleep(1))
  t.equal(await followsPromises(), before)
})

t.test('each call knows itself, however many run', async (t) => {
  const run = (id: string, ms: number): Promise<string[]> =>
    runInCall(scopeOf(id), async () => {
      const seen = [currentCall()?.callId ?? '']
      await sleep(ms)
      seen.push(currentCall()?.callId ?? '')
      await sleep(ms)
      return [...seen, currentCall()?.callId ?? '']
    })
  const [short, long] = await Promise.all([run('short', 1), run('long', 10)])
  t.same(short, ['short', 'short', 'short'])
  t.same(long, ['long', 'long', 'long'], 'also after another has ended')
  t.equal(currentCall(), undefined)
  await t.rejects(
    runInCall(scopeOf('failing'), async () => {
      throw new Error('no such VM')
    }),
    { message: 'no such VM' }
  )
  t.same(await run('next', 1), ['next', 'next', 'next'])
})

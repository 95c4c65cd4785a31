import { join } from 'node:path'
import t from 'tap'
import { Ledger } from '../../src/ledger/ledger.ts'
import { thisProcess } from '../../src/lib/process/process-identity.ts'
import { FileStore } from '../../src/store/file-store.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

t.test('what a bridge left that was never seen is ended while the others run', async (t) => {
  const folder = join(t.testdir(), 'store')
  const timings = { presenceBeatMs: 20, presenceMs: 200, leftMs: 100 }
  const { app } = await startTestBridge(t, { store: folder, timings })
  await until(async () => (await app.presence?.show(), true))
  const store = new FileStore(folder)
  t.teardown(() => store.close())
  const unseen = { ...thisProcess, host: 'another', nonce: '00000000000000d1' }
  const { id } = await enterAs(unseen)
  await until(async () => (await app.ledger.writes()).some((write) => write.state === 'UNKNOWN'))
  t.match(await app.ledger.writes(), [{ id, state: 'UNKNOWN' }])

  /** A write on its way of another process. */
  async function enterAs(owner: typeof unseen): Promise<{ id: string }> {
    const { cluster } = app.ledger
    await new Ledger({ store, cluster }).begin({ method: 'POST', path: '/VirDomain' })
    const [[key, { version, value }] = ['', { version: 0, value: {} }]] = await store.all('writes')
    await store.swap('writes', key, version, { ...value, owner })
    return { id: key }
  }
})

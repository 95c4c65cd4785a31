import t from 'tap'
import type { VirDomainStats } from '../../../src/hypercore/records/records.ts'
import { stepClock } from '../../helper/stepping-clock.ts'
import { vmCluster } from '../../helper/vms.ts'

/** All of a test is in the same ten seconds of cluster time, but for a moment in hours. */
const slow = { speed: 0.001 }

void t.test('statistics move every ten seconds of cluster time', async (t) => {
  const { client, vm } = await vmCluster(t, slow)
  const { uuid, blockDevs } = await vm('sql-prod-01')
  const read = (): Promise<VirDomainStats> => client.one<VirDomainStats>(`/VirDomainStats/${uuid}`)
  const first = await read()
  t.ok(first.cpuUsage > 0 && first.cpuUsage <= 100 && first.rxBitRate > 0)
  const disks = blockDevs.filter((device) => device.type !== 'IDE_CDROM')
  t.strictSame(
    first.vsdStats.map((disk) => disk.uuid),
    disks.map((disk) => disk.uuid)
  )
  const [rate] = first.vsdStats[0]?.rates ?? []
  t.ok((rate?.millireadsPerSecond ?? 0) > 0 && (rate?.meanWriteLatencyMicroseconds ?? 0) > 0)
  t.strictSame(await read(), first)
  stepClock(t).set(10_000 / slow.speed)
  t.not((await read()).cpuUsage, first.cpuUsage)
})

void t.test('one seed, one moment: the same statistics', async (t) => {
  const [a, b] = [await vmCluster(t, slow), await vmCluster(t, slow)]
  t.strictSame(await a.client.get('/VirDomainStats'), await b.client.get('/VirDomainStats'))
})

void t.test('a VM that does not run has a record of zeros', async (t) => {
  const { client, vm } = await vmCluster(t)
  const { uuid, blockDevs } = await vm('test-web-01')
  const stats = await client.one<VirDomainStats>(`/VirDomainStats/${uuid}`)
  t.match(stats, { cpuUsage: 0, rxBitRate: 0, txBitRate: 0 })
  const [rates] = stats.vsdStats.map((disk) => disk.rates[0])
  t.strictSame(
    Object.entries(rates ?? {}).filter(([name, value]) => name !== 'decaySeconds' && value !== 0),
    []
  )
  t.equal(stats.vsdStats[0]?.uuid, blockDevs[0]?.uuid)
  t.equal((await client.get('/VirDomainStats')).length, (await client.get('/VirDomain')).length)
})

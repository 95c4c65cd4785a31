import t, { type Test } from 'tap'
import { PlainClient, simulatorFor } from '../../../helper/simulator.ts'
import { finished } from './waiting.ts'

async function clientFor(t: Test): Promise<PlainClient> {
  const { urls } = await simulatorFor(t)
  return new PlainClient(urls[0] ?? '')
}

t.test('settings that exist once have the uuids that scripts know by heart', async (t) => {
  const client = await clientFor(t)
  const dns = { searchDomains: ['a.example'], serverIPs: ['1.1.1.1'] }
  await finished(client, client.patch('/DNSConfig/dnsconfig_guid', dns))
  await finished(client, client.patch('/TimeZone/timezone_guid', { timeZone: 'US/Eastern' }))
  const mail = { smtpServer: 'smtp.example', port: 25 }
  await finished(client, client.patch('/AlertSMTPConfig/smtpconfig_guid', mail))
  t.match(await client.get('/DNSConfig'), [{ uuid: 'dnsconfig_guid', ...dns }])
  t.match(await client.get('/TimeZone'), [{ uuid: 'timezone_guid', timeZone: 'US/Eastern' }])
  t.match(await client.get('/AlertSMTPConfig'), [{ uuid: 'smtpconfig_guid', ...mail }])

  const made: [string, string, object][] = [
    ['/DNSConfig', 'dnsconfig_guid', dns],
    ['/TimeZone', 'timezone_guid', { timeZone: 'Europe/Ljubljana' }],
    ['/AlertSMTPConfig', 'smtpconfig_guid', mail]
  ]
  for (const [path, uuid, body] of made) {
    await finished(client, client.delete(`${path}/${uuid}`))
    t.strictSame(await client.get(path), [])
    t.equal(await finished(client, client.post(path, body)), uuid)
  }
})

t.test('time servers are deleted and created again; the first has its uuid again', async (t) => {
  const client = await clientFor(t)
  const [first] = await client.get<{ uuid: string }>('/TimeSource')
  t.equal(first?.uuid, 'timesource_guid')
  for (const { uuid } of await client.get<{ uuid: string }>('/TimeSource'))
    await finished(client, client.delete(`/TimeSource/${uuid}`))
  const uuid = await finished(client, client.post('/TimeSource', { host: 'pool.ntp.org' }))
  t.equal(uuid, 'timesource_guid')
  t.not(await finished(client, client.post('/TimeSource', { host: 'two.example' })), uuid)
})

t.test('whether the mail server requires a login follows from the login', async (t) => {
  const client = await clientFor(t)
  const path = '/AlertSMTPConfig/smtpconfig_guid'
  const useAuth = async (change: object): Promise<unknown> => {
    await finished(client, client.patch(path, change))
    return (await client.one(path)).useAuth
  }
  t.equal(await useAuth({ authUser: 'alerts', authPassword: 'secret' }), true)
  t.equal((await client.one(path)).authPassword, '')
  t.equal(await useAuth({ port: 587 }), true)
  t.equal(await useAuth({ authUser: '', authPassword: '' }), false)
  t.equal(await useAuth({ useAuth: true }), false)
})

t.test('valid names and zones are taken, others are not', async (t) => {
  const client = await clientFor(t)
  const [cluster] = await client.get<{ uuid: string }>('/Cluster')
  const path = `/Cluster/${cluster?.uuid}`
  await finished(client, client.patch(path, { clusterName: 'name_updated' }))
  t.match(await client.one(path), { clusterName: 'name_updated' })
  t.equal((await client.raw('PATCH', path, { body: { clusterName: 'a b' } })).status, 400)

  const host = 'aa_syslog_min.example.com'
  const syslog = await finished(client, client.post('/AlertSyslogTarget', { host }))
  t.match(await client.one(`/AlertSyslogTarget/${syslog}`), { host })
  t.equal((await client.raw('POST', '/AlertSyslogTarget', { body: { host: 'a b' } })).status, 400)

  for (const timeZone of ['US/Eastern', 'Etc/UTC', 'UTC', 'GMT', 'Europe/Zagreb'])
    await finished(client, client.patch('/TimeZone/timezone_guid', { timeZone }))
  for (const timeZone of ['Mars/Olympus', '+02:00', ''])
    t.equal(
      (await client.raw('PATCH', '/TimeZone/timezone_guid', { body: { timeZone } })).status,
      400,
      timeZone
    )
})

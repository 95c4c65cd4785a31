import t from 'tap'
import {
  describeUnlisted,
  findUnlisted
} from '../../../../src/hypercore/discovery/unlisted-nodes.ts'
import { clientFor, clusterFor } from '../../../helper/cluster-client.ts'

const lan = ['10.20.0.11', '10.20.0.12', '10.20.0.13']

t.test('the addresses of the settings and those of the cluster', async (t) => {
  const rows: [string, string[], string[], number, string[]][] = [
    ['all are there', lan, lan, 0, []],
    ['one joined', lan.slice(0, 2), lan, 1, ['10.20.0.13']],
    ['one moved', ['10.20.0.11', '10.20.0.12', '10.20.0.99'], lan, 1, ['10.20.0.13']],
    ['one left', lan, lan.slice(0, 2), 0, []],
    ['a name may be any of the others', ['10.20.0.11', 'node-2', 'node-3'], lan, 0, []],
    ['which one a name is not is unknown', ['10.20.0.11', 'node-2'], lan, 1, []],
    ['names alone', ['node-1'], lan, 2, []],
    ['reached by other addresses', ['192.0.2.1', '192.0.2.2', '192.0.2.3'], lan, 0, []],
    ['and too few of them', ['192.0.2.1'], lan, 2, []],
    ['no list', lan, [], 0, []],
    ['no addresses', lan.slice(0, 1), ['', '10.20.0.11'], 0, []]
  ]
  for (const [what, hosts, lanIPs, count, addresses] of rows) {
    const origins = hosts.map((host) => `https://${host}:8443`)
    t.same(findUnlisted(origins, lanIPs), { count, addresses }, what)
  }
  const forwarded = [1, 2, 3].map((port) => `https://10.20.0.11:${port}`)
  t.same(findUnlisted(forwarded, lan), { count: 0, addresses: [] }, 'one address, several ports')
  t.same(findUnlisted(['https://[2001:db8::1]'], ['2001:db8::1']), { count: 0, addresses: [] })
  t.match(
    describeUnlisted({ count: 1, addresses: ['10.20.0.13'] }),
    /^1 node .*\(10\.20\.0\.13\) is/
  )
})

t.test('it is said once, by the list that a call has read anyway', async (t) => {
  const { simulator, client } = await clusterFor(t)
  await client.list('/Node')
  t.equal(client.nodeLists.unlisted.count, 0)
  const { client: one, log } = clientFor(t, simulator.urls.slice(0, 1))
  const before = simulator.requests.length
  t.equal(one.nodeLists.unlisted.count, 0, 'nothing is known before')
  await one.list('/Node')
  await one.list('/Node')
  t.same(one.nodeLists.unlisted, { count: 2, addresses: ['127.0.0.2', '127.0.0.3'] })
  t.equal(log.filter(({ message }) => message.includes('not in SCALE_HOST')).length, 1)
  const asked = simulator.requests.slice(before).map(({ path }) => path)
  t.same(asked, ['/rest/v1/login', '/rest/v1/Node', '/rest/v1/Node'], 'and costs no request')
})

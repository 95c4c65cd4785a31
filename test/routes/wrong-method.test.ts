import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'

t.test('a wrong method names the path that was meant, with its id', async (t) => {
  const bridge = await startTestBridge(t)
  const vm = bridge.vm('web-01')
  const sent = bridge.simulator.requests.length
  const rows: [args: object, says: RegExp][] = [
    [{ method: 'DELETE', query: '/VirDomain' }, /DELETE is for DELETE \/VirDomain\/\{\w+\}/],
    [
      { method: 'DELETE', query: '/VirDomain', payload: { uuid: vm } },
      new RegExp(`DELETE is for DELETE /VirDomain/${vm} `)
    ],
    [
      { method: 'PATCH', query: '/VirDomain', payload: [{ uuid: vm.toUpperCase(), name: 'x' }] },
      new RegExp(`PATCH is for PATCH /VirDomain/${vm} `)
    ],
    [{ method: 'DELETE', query: `/VirDomain?uuid=${vm}` }, new RegExp(`DELETE /VirDomain/${vm} `)],
    [{ method: 'PUT', query: `/VirDomain/${vm}` }, new RegExp(`it takes .*GET /VirDomain/${vm} `)],
    [
      { method: 'GET', query: `/VirDomain/${vm}/clone` },
      new RegExp(`it takes POST /VirDomain/${vm}/clone`)
    ]
  ]
  for (const [args, says] of rows) {
    const { status, body } = await bridge.call('run_api', args)
    t.equal(status, 405, JSON.stringify(args))
    t.match(body.error, { code: 'METHOD_NOT_ALLOWED', message: says })
  }
  t.equal(bridge.simulator.requests.length, sent, 'nothing was sent')
})

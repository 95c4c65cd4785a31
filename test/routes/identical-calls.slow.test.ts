import t from 'tap'
import type { ClusterResponse } from '../../src/hypercore/cluster-api.ts'
import { Dispatch } from '../../src/hypercore/requests/dispatch.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'
import { argsOf, samples, subjectsOf } from '../tools.ts'

t.test('16 identical calls make two requests, not 32', async (t) => {
  const bridge = await startTestBridge(t)
  const { simulator } = bridge
  await bridge.call('vm_read')
  simulator.faults.add({ kind: 'slow', ms: 900 })
  const before = simulator.requests.length
  const calls = await Promise.all(Array.from({ length: 16 }, () => bridge.call('vm_read')))
  t.same(
    simulator.requests
      .slice(before)
      .map(({ path }) => path)
      .toSorted(),
    ['/rest/v1/Node', '/rest/v1/VirDomain']
  )
  t.equal(new Set(calls.map(({ text }) => text)).size, 1)
})

t.test('each token sees its own VMs in what it shares with others', async (t) => {
  const bridge = await startTestBridge(t)
  const { simulator } = bridge
  const vms = [...simulator.world.state.virDomains.values()]
  vms.forEach((vm, i) => (vm.tags = i % 2 === 0 ? 'even' : 'odd'))
  const limited = (tag: string) => principalWith(['read'], [tag])
  acceptTokens(bridge, { even: limited('even'), odd: limited('odd'), all: principalWith(['read']) })
  const names = async (token: string): Promise<string[]> => {
    const { body } = await bridge.call(
      'vm_read',
      { limit: 100 },
      { authorization: `Bearer ${token}` }
    )
    return body.items.map(({ name }: { name: string }) => name)
  }
  await names('all')
  simulator.faults.add({ kind: 'slow', ms: 900 })
  const before = simulator.requests.length
  const seen = await Promise.all(['even', 'odd', 'all', 'odd', 'even', 'all'].map(names))
  const tagged = (tag: string) => vms.filter(({ tags }) => tags === tag).map(({ name }) => name)
  const expected = [tagged('even'), tagged('odd'), vms.map(({ name }) => name)]
  const both = [...expected, expected[1], expected[0], expected[2]]
  t.same(
    seen.map((each) => each.toSorted()),
    both.map((each) => each?.toSorted())
  )
  const lists = simulator.requests
    .slice(before)
    .filter(({ path }) => path === '/rest/v1/VirDomain').length
  t.ok(lists <= 3, `${lists} lists for six calls`)
})

/** Makes a value and all in it unchangeable. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.values(value).forEach(freeze)
  Object.freeze(value)
}

t.test('no tool changes what it has read, which others may be looking at', async (t) => {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own this
  const send = Dispatch.prototype.send
  Dispatch.prototype.send = async function (this: Dispatch, request): Promise<ClusterResponse> {
    const response = await send.call(this, request)
    freeze(response.body)
    return response
  }
  t.teardown(() => (Dispatch.prototype.send = send))
  const bridge = await startTestBridge(t)
  acceptTokens(bridge, { lab: principalWith(['read'], ['web']) })
  let called = 0
  for (const sample of samples) {
    const args = await argsOf(sample, subjectsOf(bridge, 'frozen'), bridge)
    for (const headers of [undefined, { authorization: 'Bearer lab' }]) {
      const { body } = await bridge.call(sample.tool, args, headers)
      t.not(body.error?.code, 'INTERNAL', `${sample.tool}: ${JSON.stringify(body).slice(0, 200)}`)
    }
    called += 1
  }
  t.ok(called > 50)
  t.notOk(bridge.log.some((line) => line.includes('TypeError')))
})

import t from 'tap'
import { clientFor } from '../../../helper/cluster-client.ts'
import { json, startOddServer } from '../../../helper/odd-server.ts'
import { until } from '../../../helper/simulator.ts'

t.test('exports that the cluster takes its time for hold up nothing else', async (t) => {
  const waiting: (() => void)[] = []
  const server = await startOddServer(t, ({ method }, response) => {
    if (method === 'GET') json(response, 200, [])
    else waiting.push(() => json(response, 200, { taskTag: '7', createdUUID: '' }))
  })
  const { client } = clientFor(t, [server.url])
  const timeoutMs = client.limits.acceptMs
  const exports = Array.from({ length: 20 }, (_, i) =>
    client.write('POST', `/VirDomain/${i}/export`, {}, { timeoutMs })
  )
  await until(() => waiting.length === 8)
  t.same(await client.list('/Node'), [], 'a read goes through')
  t.ok(
    (await client.probe()).every(({ ok }) => ok),
    'and so does the ping'
  )
  t.equal(waiting.length, 8, 'the others wait for their turn')

  const answer = setInterval(() => {
    for (const done of waiting.splice(0)) done()
  }, 5)
  t.teardown(() => clearInterval(answer))
  for (const { taskTag } of await Promise.all(exports)) t.equal(taskTag, '7')
})

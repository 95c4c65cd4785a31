import t from 'tap'
import { judge, type JudgedRequest } from '../../../../src/catalog/effects/judge.ts'
import { catalog, otherUuid, uuid } from './every-field.ts'

const calls: [name: string, request: JudgedRequest][] = [
  ['a list', { method: 'GET', path: '/VirDomain' }],
  ['a record', { method: 'GET', path: `/VirDomain/${uuid}` }],
  [
    'an action',
    {
      method: 'POST',
      path: '/VirDomain/action',
      body: [{ virDomainUUID: uuid, actionType: 'START', cause: 'INTERNAL' }]
    }
  ],
  [
    'a change',
    {
      method: 'PATCH',
      path: `/VirDomain/${uuid}`,
      body: { name: 'a', tags: 'b', mem: 2 ** 30, snapshotScheduleUUID: otherUuid }
    }
  ],
  ['an unknown path', { method: 'POST', path: '/Widget/spin' }]
]

const rounds = 2000

/** Of this process alone, whatever else runs on the machine. */
const cpuMicroseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

t.test('a usual call is judged in less than 20 microseconds', async (t) => {
  for (const [name, request] of calls) {
    const batches = Array.from({ length: 9 }, () => {
      const startedAt = cpuMicroseconds()
      for (let i = 0; i < rounds; i += 1) judge(catalog, request)
      return (cpuMicroseconds() - startedAt) / rounds
    }).toSorted((a, b) => a - b)
    const [fastest = Infinity] = batches
    t.comment(`${name}: ${fastest.toFixed(1)} us at best, ${batches[4]?.toFixed(1)} in the middle`)
    t.ok(fastest < 20, `${name}: ${fastest.toFixed(1)} us`)
  }
})

t.test('20,000 items are judged in less than half a second', async (t) => {
  const body = Array.from({ length: 20_000 }, () => ({ virDomainUUID: uuid, nonsense: 'x' }))
  const startedAt = cpuMicroseconds()
  t.equal(judge(catalog, { method: 'POST', path: '/VirDomain/action', body }).effect, 'control')
  const tookMs = (cpuMicroseconds() - startedAt) / 1000
  t.comment(`${tookMs.toFixed(0)} ms`)
  t.ok(tookMs < 500, `${tookMs} ms`)
})

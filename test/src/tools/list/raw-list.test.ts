import t from 'tap'
import { shareParsed, sourceOf } from '../../../../src/lib/json/json-source.ts'
import { showBody } from '../../../../src/tools/list/raw-list.ts'
import { type ResponseForm, responseText } from '../../../../src/views/text/text-form.ts'

const vm = (i: number): object => ({
  uuid: `7c4f0000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  name: `web-${i}`,
  description: 'of the shop, behind the balancer '.repeat(4),
  blockDevs: [{ slot: 0, capacity: 20 * 2 ** 30 }],
  state: 'RUNNING'
})

const bodies: Record<string, () => unknown> = {
  'a list': () => Array.from({ length: 200 }, (_, i) => vm(i)),
  'a record': () => ({ ...vm(1), notes: 'x '.repeat(4000) }),
  'an empty list': () => [],
  'a list of words': () => ['a', 'b']
}

const asked: Parameters<typeof showBody>[1][] = [
  {},
  { fields: ['name', 'state'] },
  { limit: 3, offset: 2 },
  { max_tokens: 400 },
  { fields: ['name'], max_tokens: 200 }
]

const forms: ResponseForm[] = ['json', 'text', 'text and json']

/** As the client of the cluster keeps a body that came in the same. */
function shared(body: unknown): unknown {
  if (typeof body === 'object' && body !== null) shareParsed(body, JSON.stringify(body))
  return body
}

for (const [what, bodyOf] of Object.entries(bodies))
  t.test(`${what} that is shared is shown as any other is, each time`, async (t) => {
    const body = shared(bodyOf())
    for (const args of asked)
      for (const form of forms) {
        const shows = (of: unknown): unknown => {
          try {
            return showBody(of, args, form)
          } catch (error) {
            return (error as Error).message
          }
        }
        const given = JSON.stringify([args, form])
        const expected = shows(bodyOf())
        t.same(shows(body), expected, given)
        const again = shows(body)
        t.same(again, expected, given)
        const text = responseText(expected)
        t.equal(responseText(again), text, given)
        t.equal(responseText(again), text, given)
      }
  })

t.test('what is shown of it is shared in its turn, and of nothing else', async (t) => {
  const list = bodies['a list'] as () => unknown[]
  const body = shared(list())
  const first = showBody(body, { limit: 3 }, 'text')
  t.equal(showBody(body, { limit: 3 }, 'text').body, first.body)
  t.equal(sourceOf(first.body), JSON.stringify(list().slice(0, 3)))
  t.ok(Object.isFrozen(first.body), 'its JSON stays the same')
  t.not(showBody(body, { limit: 4 }, 'text').body, first.body)
  t.not(showBody(body, { limit: 3 }, 'json').body, first.body)
  const own = list()
  const shown = showBody(own, { limit: 3 }, 'text').body
  t.not(
    showBody(own, { limit: 3 }, 'text').body,
    shown,
    'a list that may change is looked at again'
  )
  t.equal(sourceOf(shown), undefined)
})

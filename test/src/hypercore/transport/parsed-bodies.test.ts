import t from 'tap'
import { ParsedBodies } from '../../../../src/hypercore/transport/parsed-bodies.ts'
import { sourceOf } from '../../../../src/lib/json/json-source.ts'

const listOf = (count: number, name: string): string =>
  JSON.stringify(Array.from({ length: count }, (_, i) => ({ name: `${name}-${i}` })))

t.test('a large body that comes in again is parsed once', async (t) => {
  const bodies = new ParsedBodies()
  const text = listOf(2000, 'web')
  const first = bodies.parse('/VirDomain', text)
  t.same(first, JSON.parse(text))
  t.notOk(Object.isFrozen(first), 'nobody has asked for its JSON')
  // Another string, as it comes from another response.
  const again = bodies.parse('/VirDomain', Buffer.from(text).toString())
  t.equal(again, first)
  t.equal(sourceOf(again), text)
  t.not(bodies.parse('/Node', text), first, 'of another list it is another')
})

t.test('one that changed in one character is parsed again', async (t) => {
  const bodies = new ParsedBodies()
  const text = listOf(2000, 'web')
  bodies.parse('/VirDomain', text)
  bodies.parse('/VirDomain', text)
  const changed = text.replace('web-1999', 'web-1998')
  t.same(bodies.parse('/VirDomain', changed), JSON.parse(changed))
  t.equal(sourceOf(bodies.parse('/VirDomain', changed)), changed)
  t.same(bodies.parse('/VirDomain', text), JSON.parse(text))
})

t.test(
  'what is small is not shared, what is not JSON is undefined, and no more is kept than fits',
  async (t) => {
    const bodies = new ParsedBodies()
    const small = listOf(3, 'web')
    const first = bodies.parse('/Node', small)
    t.not(bodies.parse('/Node', small), first)
    t.notOk(Object.isFrozen(first), 'its owner may change it')
    t.equal(sourceOf(first), small, 'and where it is sent on, it is the text it was')
    const broken = listOf(2000, 'web').slice(0, -1)
    t.equal(bodies.parse('/VirDomain', broken), undefined)
    t.equal(bodies.parse('/VirDomain', broken), undefined)
    const large = listOf(300_000, 'web')
    const values = ['/a', '/b', '/c', '/d'].map((path) => bodies.parse(path, large))
    t.not(bodies.parse('/a', large), values[0], 'the oldest gave way')
  }
)

import t from 'tap'
import { namesType, preferredType, prefersText } from '../../../../src/lib/http/accept.ts'

t.test('text for those who prefer it, JSON for all others', async (t) => {
  const text = [
    'text/plain',
    'TEXT/PLAIN',
    'text/*',
    'text/plain; charset=utf-8',
    'text/plain;charset=UTF-8;q=0.9, application/json;q=0.1',
    'text/plain, */*',
    'text/plain, */*;q=0.1',
    'text/plain;q=0.5, application/json;q=0.4',
    'text/plain, application/json;q=0.9',
    'text/*;q=0.5, application/*;q=0.4',
    'text/html, text/plain;q=0.5, */*;q=0.1',
    '*/*, application/json;q=0',
    ' text/plain ,\ttext/html',
    'text/plain, ;;;',
    'text/plain;q=1.000'
  ]
  const json = [
    undefined,
    '',
    ' ',
    '*/*',
    'application/json',
    'application/*',
    'application/json; charset=utf-8',
    'text/plain;q=0.1, */*',
    '*/*, text/plain;q=0',
    'text/*;q=0.5, application/json',
    'application/json, text/plain',
    'application/json, text/plain, */*',
    'application/json, text/event-stream',
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
    'text/plain;q=0',
    'text/plain;q=0, application/json;q=0',
    'text/html',
    'image/png',
    // Not lists of media types.
    'text',
    'text/',
    '/',
    '*',
    ';;;',
    ',,,',
    '"',
    'text/plain;q=abc',
    'text/plain;q=-1',
    'q=1',
    '\u{fffd}/\u{fffd}'
  ]
  for (const accept of text) t.equal(prefersText(accept), true, accept)
  for (const accept of json) t.equal(prefersText(accept), false, String(accept))
})

t.test(
  'of types that are liked alike the first one named counts, then the first one offered',
  async (t) => {
    const offered = ['a/b', 'c/d'] as const
    t.equal(preferredType('c/d, a/b', offered), 'c/d')
    t.equal(preferredType('*/*', offered), 'a/b')
    t.equal(preferredType('e/f', offered), undefined)
  }
)

t.test('a type that is named, not covered', async (t) => {
  for (const accept of [
    'text/event-stream',
    'application/json, text/event-stream',
    'text/event-stream;q=0.1, */*'
  ])
    t.ok(namesType(accept, 'text/event-stream'), accept)
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/*',
    'text/event-stream;q=0',
    'x/text/event-stream'
  ])
    t.notOk(namesType(accept, 'text/event-stream'), String(accept))
})

t.test('a header without an end costs nothing', async (t) => {
  const long = `text/plain,${'a/b,'.repeat(4000)}`
  t.equal(prefersText(long), false)
  t.equal(namesType(`${long}text/event-stream`, 'text/event-stream'), false)
})

import t from 'tap'
import { EventStream } from '../../../src/ask/event-stream.ts'

/** The data of all events of a text that comes in pieces of this length. */
function read(text: string, length: number): string[] {
  const events = new EventStream(1000)
  const data: string[] = []
  for (let i = 0; i < text.length; i += length) data.push(...events.push(text.slice(i, i + length)))
  return [...data, ...events.end()]
}

t.test('events in pieces of every length', async (t) => {
  const cases: [string, string, string[]][] = [
    ['line feeds', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['both line ends', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['carriage returns', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['comments, names and ids', ': hi\n\nevent: x\nid: 1\ndata: a\nretry: 5\n\n', ['a']],
    ['data of several lines', 'data: a\ndata: b\n\n', ['a\nb']],
    ['without the blank', 'data:{"a": 1}\n\n', ['{"a": 1}']],
    ['without the empty line at the end', 'data: a\n\ndata: [DONE]', ['a', '[DONE]']],
    ['without the line feed at the end', 'data: a\r\n\r', ['a']],
    ['no data', 'event: ping\n\ndata\n\n{"a": 1}\n\n', []],
    ['nothing', '', []]
  ]
  for (const [name, text, expected] of cases)
    for (let length = 1; length <= Math.max(1, text.length); length++)
      t.same(read(text, length), expected, `${name}, ${length} at a time`)
})

t.test('an event without an end is refused, and those before it are not lost', async (t) => {
  for (const endless of ['x'.repeat(60), 'data: xxxxxxxxxxxxxxx\n'.repeat(10)]) {
    const events = new EventStream(50)
    const read: string[] = []
    t.throws(
      () => {
        for (const data of events.push(`data: a\n\n${endless}`)) read.push(data)
      },
      { name: 'EventTooLong' }
    )
    t.same(read, ['a'])
  }
  const events = new EventStream(50)
  for (let i = 0; i < 100; i++)
    t.same([...events.push(`data: ${'x'.repeat(40)}\n\n`)], ['x'.repeat(40)])
})

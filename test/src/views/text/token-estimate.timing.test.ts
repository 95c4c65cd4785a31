import { randomUUID } from 'node:crypto'
import t from 'tap'
import { estimateTokens } from '../../../../src/views/text/token-estimate.ts'

t.test('a long response is estimated in milliseconds', async (t) => {
  const text = Array.from(
    { length: 5000 },
    (_, i) => `{"uuid":"${randomUUID()}","name":"web-${i}","macAddress":"7C:4C:58:00:00:01"},\n`
  ).join('')
  const started = performance.now()
  estimateTokens(text)
  const ms = performance.now() - started
  t.comment(`${text.length} characters in ${ms.toFixed(0)} ms`)
  t.ok(ms < 500)
})

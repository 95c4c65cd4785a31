import fc from 'fast-check'
import t from 'tap'
import { estimateTokens, maxTokensOf } from '../../../../src/views/text/token-estimate.ts'

t.test('no text is estimated above the bound that is found without reading it', async (t) => {
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 400 })
  const any = fc.string({ unit: 'binary', maxLength: 400 })
  const marks = fc.array(fc.constantFrom('1A', '9Bc', '\r\n', '\t\n', '#$', 'Ab', '가', '\ue000'), {
    maxLength: 200
  })
  for (const texts of [ascii, any, marks.map((parts) => parts.join(''))])
    fc.assert(
      fc.property(texts, (text) => estimateTokens(text) <= maxTokensOf(text)),
      { numRuns: 2000 }
    )
  t.pass('none was found')
})

import t from 'tap'
import { tools } from '../../../../routes/index.ts'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { withNextStep } from '../../../../src/tools/advice/advice.ts'
import type { Tool } from '../../../../src/tools/define-tool.ts'

const tool = (name: string): Tool => {
  const found = tools.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no tool ${name}`)
  return found
}

const messageOf = (name: string, code: BridgeError['code']): string => {
  const error = new BridgeError(code, 'It failed.', { details: { node: 'n' }, cause: 'why' })
  const told = withNextStep(tool(name), error) as BridgeError
  t.match(told, { code, statusCode: error.statusCode, details: { node: 'n' }, cause: 'why' })
  return told.message
}

t.test('a failure that knows no tools gets the tool to call next', async (t) => {
  t.equal(
    messageOf('snapshotVM', 'OUTCOME_UNKNOWN'),
    'It failed. taskTagStatus_read shows whether it started a task.'
  )
  t.match(messageOf('vm_read', 'CLUSTER_ERROR'), /^It failed\. .*condition_read shows/)
  t.match(messageOf('ask_api', 'LLM_NOT_CONFIGURED'), /query_api searches/)
})

t.test('where nothing is to be added, nothing is', async (t) => {
  t.equal(messageOf('condition_read', 'CLUSTER_ERROR'), 'It failed.', 'the tool itself failed')
  t.equal(messageOf('updateVM', 'CLUSTER_ERROR'), 'It failed.', 'a write says what to look at')
  t.equal(messageOf('vm_read', 'CLUSTER_TIMEOUT'), 'It failed.')
  const mistake = new TypeError('a mistake')
  t.equal(withNextStep(tool('vm_read'), mistake), mistake)
})

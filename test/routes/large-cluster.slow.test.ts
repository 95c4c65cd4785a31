import t from 'tap'
import { lookAround } from './look-around.ts'
import { askVmQuestions } from './vm-questions.ts'

t.test('1,000 VMs, over REST and MCP: one call answers a question', async (t) =>
  askVmQuestions(t, 1000)
)

t.test('1,000 VMs: nothing read twice, and a short answer', async (t) => lookAround(t, 1000))

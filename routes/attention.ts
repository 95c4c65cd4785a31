import { Type } from '@sinclair/typebox'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { readAttention } from '../src/tools/report/read-attention.ts'
import { Input } from '../src/tools/schemas.ts'
import { AttentionReport, attentionText } from '../src/views/attention/report.ts'

/** This many fit 700 tokens. */
const defaultLimit = 10

export const attention = defineTool({
  name: 'attention',
  title: 'Show what needs attention',
  description:
    'Says what needs a person now, the worst first: conditions, nodes, drives, storage, VMs, snapshots, replication, updates. Each with the next call.',
  tag: 'cluster',
  annotations: readOnly,
  input: Input({
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: defaultLimit, 'x-hide-range': true })
    )
  }),
  output: AttentionReport,

  run: (context, { limit = defaultLimit }) => readAttention(context, limit),
  text: attentionText
})

export const attentionTools: Tool[] = [attention]

import { Type } from '@sinclair/typebox'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { readAttention } from '../src/tools/report/read-attention.ts'
import { Input } from '../src/tools/schemas.ts'
import { attentionText } from '../src/views/attention/report.ts'

/** So many fit 700 tokens. */
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
  output: Type.Object({
    summary: Type.String({ description: 'how many of each severity' }),
    at: Type.String({ description: 'in timeZone' }),
    timeZone: Type.String({ description: "the cluster's" }),
    total: Type.Integer(),
    returned: Type.Integer(),
    items: Type.Array(
      Type.Object({
        severity: Type.String(),
        code: Type.String(),
        count: Type.Integer({ description: 'how many it concerns' }),
        reason: Type.String(),
        of: Type.Array(Type.String(), { description: 'the first of them' }),
        more: Type.Optional(Type.Integer({ description: 'how many are not named' })),
        next: Type.String({ description: 'the tool to call next, with its arguments' })
      })
    ),
    hint: Type.Optional(Type.String()),
    lookedAt: Type.String(),
    notRead: Type.Optional(
      Type.Array(Type.String(), { description: 'what may hide more, and why it could not be read' })
    )
  }),

  run: (context, { limit = defaultLimit }) => readAttention(context, limit),
  // The parts that are not always there are part of the type of a report, and of the schema alike.
  text: (report) => attentionText(report as Parameters<typeof attentionText>[0])
})

export const attentionTools: Tool[] = [attention]

import { Type } from '@sinclair/typebox'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { type Around, readAround } from '../src/tools/report/around/read-around.ts'
import { ClusterRecord, Input, Name } from '../src/tools/schemas.ts'

const defaultLimit = 10

export const around = defineTool({
  name: 'around',
  title: 'Show all that touches one object',
  description:
    'Shows all that touches one VM, node, disk or snapshot: parts, settings, conditions, and what happened to it, newest first.',
  tag: 'cluster',
  annotations: readOnly,
  input: Input({
    target: Name(
      'name or uuid',
      'the name, address, label or uuid of a VM, node, disk, drive or snapshot; a disk also as "sql-01 D:"'
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: defaultLimit,
        'x-hide-range': true,
        'x-hint': 'lines of the timeline'
      })
    )
  }),
  output: ClusterRecord<Around>('the object, and what touches it', {
    kind: Type.String(),
    timeline: Type.Array(ClusterRecord('who did what, newest first'))
  }),

  run: (context, { target, limit = defaultLimit }) => readAround(context, target.trim(), limit)
})

export const aroundTools: Tool[] = [around]

import { Type } from '@sinclair/typebox'
import { updatePhases } from '../src/hypercore/updates/update-file.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { readUpdate } from '../src/tools/read/update.ts'
import { NoInput, StringEnum } from '../src/tools/schemas.ts'
import { clusterUpdateFields } from '../src/views/update.ts'

const Version = (description: string) => Type.Optional(Type.String({ description }))

export const updateRead = defineTool({
  name: 'update_read',
  title: 'Show updates of the cluster',
  description:
    'Shows whether a HyperCore update is running, how far it is, and versions available.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: Type.Object({
    summary: Type.String(),
    phase: StringEnum(
      updatePhases,
      'PREPARING and APPLYING: it runs; NONE: there never was one; FAILED: ended without completing; UNKNOWN: no node says'
    ),
    running: Type.Boolean(),
    step: Type.Optional(Type.String({ description: 'in the words of the cluster' })),
    percent: Type.Optional(Type.Integer({ description: 'of the whole cluster' })),
    node: Type.Optional(Type.String({ description: 'address of the node it is at' })),
    from: Version('version or build it began from'),
    to: Version('version it leads to'),
    startedAt: Type.Optional(
      Type.String({ description: 'first sign of it, ISO 8601; a minute late at most' })
    ),
    detail: Type.Optional(Type.String({ description: 'what the cluster says of it' })),
    installed: Version('version of the node that responded; nodes differ while an update runs'),
    available: Type.Optional(
      Type.Array(Type.Object({ version: Type.String(), description: Type.String() }), {
        description: 'versions that can be installed'
      })
    ),
    nodes: Type.Array(
      Type.Object({
        node: Type.String(),
        phase: Type.String(),
        step: Type.Optional(Type.String()),
        percent: Type.Optional(Type.Integer()),
        to: Type.Optional(Type.String()),
        error: Type.Optional(Type.String({ description: 'why it says nothing' }))
      }),
      { description: 'what each node of SCALE_HOST says' }
    ),
    notes: Type.Optional(Type.Array(Type.String()))
  }),

  run: async (context) => clusterUpdateFields(await readUpdate(context))
})

export const updateTools: Tool[] = [updateRead]

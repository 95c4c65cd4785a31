import type { Annotations, ReadResourceResult } from '@modelcontextprotocol/server'
import type { ToolContext } from '../../tools/define-tool.ts'
import { protocolError, type TellCause } from '../failure.ts'
import type { McpResource } from '../registry.ts'
import type { ContextOf } from '../tools/tool-entry.ts'

/** What one page needs from its surroundings. */
export interface ResourceParts {
  contextOf: ContextOf
  onInternal: TellCause
}

export const markdown = 'text/markdown'

/** Pages that are the same until the bridge starts anew; others are not to be kept at all. */
const lasting = { ttlMs: 300_000, cacheScope: 'public' } as const

/** A page at a fixed address. */
export interface ResourceSpec {
  uri: string
  /** The name programs use. */
  name: string
  title: string
  description: string
  /** Who it is for, and how much it matters, 0 to 1. */
  annotations: Annotations
}

/** One page as the answer of resources/read. */
export const pageResult = (uri: string, text: string, cached: boolean): ReadResourceResult => ({
  contents: [{ uri, mimeType: markdown, text }],
  ...(cached ? lasting : {})
})

/** A page whose text never changes while the bridge runs. */
export function fixedResource(spec: ResourceSpec, text: string): McpResource {
  return {
    definition: { ...spec, mimeType: markdown, size: Buffer.byteLength(text) },
    read: async () => pageResult(spec.uri, text, true)
  }
}

/**
 * A page that is read from the cluster each time. A failure of the cluster is an error of JSON-RPC
 * with the sentence REST gives.
 */
export function liveResource(
  { contextOf, onInternal }: ResourceParts,
  spec: ResourceSpec,
  read: (context: ToolContext) => Promise<string>
): McpResource {
  return {
    definition: { ...spec, mimeType: markdown },
    async read(request) {
      try {
        return pageResult(spec.uri, await read(contextOf(request)), false)
      } catch (error) {
        throw protocolError(error, onInternal, request)
      }
    }
  }
}

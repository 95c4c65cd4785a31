import type { Annotations, ReadResourceResult } from '@modelcontextprotocol/server'
import type { ToolContext } from '../../tools/define-tool.ts'
import { mcpError } from '../failure.ts'
import type { McpResource, RequestParts } from '../registry.ts'

export const markdown = 'text/markdown'

/** For how long a resource that is the same until the bridge starts again may be cached. */
const lastingMs = 300_000

/** A resource at a fixed address. */
export interface ResourceSpec {
  uri: string
  /** The name programs use. */
  name: string
  title: string
  description: string
  /** Who it is for, and how much it matters, 0 to 1. */
  annotations: Annotations
}

/**
 * One resource as the result of resources/read.
 * @param cached `public` where it is the same for all callers, `private` where it is the same for one;
 * undefined for what is not to be cached at all
 */
export const resourceResult = (
  uri: string,
  text: string,
  cached?: 'public' | 'private'
): ReadResourceResult => ({
  contents: [{ uri, mimeType: markdown, text }],
  ...(cached && { ttlMs: lastingMs, cacheScope: cached })
})

/** A resource whose text never changes while the bridge runs. */
export function fixedResource(spec: ResourceSpec, text: string): McpResource {
  return {
    definition: { ...spec, mimeType: markdown, size: Buffer.byteLength(text) },
    read: async () => resourceResult(spec.uri, text, 'public')
  }
}

/**
 * A resource that is read from the cluster each time. A failure of the cluster is an error of JSON-RPC
 * with the sentence REST gives.
 */
export function liveResource(
  { contextOf, onInternal }: RequestParts,
  spec: ResourceSpec,
  read: (context: ToolContext) => Promise<string>
): McpResource {
  return {
    definition: { ...spec, mimeType: markdown },
    async read(request) {
      try {
        return resourceResult(spec.uri, await read(contextOf(request)))
      } catch (error) {
        throw mcpError(error, onInternal, request)
      }
    }
  }
}

import type { Tool } from '../tools/define-tool.ts'
import type { McpSurface } from './surface.ts'
import { type ContextOf, toolEntry } from './tool-entries.ts'

export interface SurfaceParts {
  tools: Iterable<Tool>
  contextOf: ContextOf
  /** Told why a tool failed where the caller is told only that it did. */
  onInternal: (cause: unknown) => void
}

const instructions =
  'Tools to read and operate a SCALE Computing HyperCore cluster and its VMs. Find a VM with ' +
  'fetch_vm or vm_read first: its uuid is the vmUUID of the other tools. Ask the user before ' +
  'anything that stops a VM, deletes, or changes it. Tools that change something wait for the end ' +
  'of their task; waitTask goes on waiting. For what no tool does, query_api finds the endpoint ' +
  'and run_api calls it.'

/** Everything the bridge offers to MCP clients, made once. */
export function buildSurface({ tools, contextOf, onInternal }: SurfaceParts): McpSurface {
  return {
    instructions,
    tools: new Map([...tools].map((tool) => [tool.name, toolEntry(tool, contextOf, onInternal)])),
    resources: new Map(),
    templates: [],
    prompts: new Map()
  }
}

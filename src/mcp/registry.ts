import type {
  CallToolResult,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
  ServerContext,
  Tool as ToolDefinition
} from '@modelcontextprotocol/server'
import type { CallSource } from '../tools/call/call-log.ts'
import type { Offered } from '../tools/advice/offered-words.ts'
import type { ToolContext } from '../tools/define-tool.ts'
import type { BridgeError } from '../lib/errors/errors.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import type { TellCause } from './failure.ts'

/** How a request of MCP meets the bridge. */
export interface RequestParts {
  /** What it may use; created for each. */
  contextOf: (request: ServerContext) => ToolContext
  /** Who calls, for the log. */
  sourceOf: (request: ServerContext) => CallSource
  onInternal: TellCause
}

/** A tool as MCP clients see it. */
export interface McpTool {
  definition: ToolDefinition
  /** Whether a call may take long: its response is then a stream that carries progress. */
  slow: boolean
  /**
   * Whether a call needs of the request only who sends it, and asks the client nothing back unless that
   * says that it can be asked: such calls need no server of the SDK.
   */
  plain?: boolean
  /** Failures of the tool are results with `isError`; what it throws is a failure of the protocol. */
  call(args: unknown, request: ServerContext, offered?: Offered): Promise<CallToolResult>
}

/** How arguments or variables are completed, by name. A map, as clients send any name. */
export type Completions = ReadonlyMap<string, Complete>

/** Something to read at a fixed address. */
export interface McpResource {
  definition: Resource
  read(request: ServerContext): Promise<ReadResourceResult>
}

/**
 * Values for one argument that begin with, or hold, what was typed so far. `others` are the values of
 * the other arguments, as far as they are known.
 */
export type Complete = (
  typed: string,
  request: ServerContext,
  others?: Record<string, string>
) => Promise<string[]>

/** Things to read at addresses of one form, such as `hypercore://schema/{entity}`. */
export interface McpResourceTemplate {
  definition: ResourceTemplateType
  /** Reads what is at `uri`; undefined where the address is none of its own. */
  read(uri: string, request: ServerContext): Promise<ReadResourceResult | undefined>
  /** By the name of the variable in the form. */
  complete: Completions
}

/** A message ready for a model, chosen by a person. */
export interface McpPrompt {
  definition: Prompt
  get(args: Record<string, string>, request: ServerContext): Promise<GetPromptResult>
  /** By the name of the argument. */
  complete: Completions
}

/** All an MCP client can see and do, in the order it is listed. */
export interface McpRegistry {
  instructions: string
  tools: Map<string, McpTool>
  /** Tools that are not listed to this caller; a call of one says why. */
  hidden: ReadonlyMap<string, McpTool>
  resources: Map<string, McpResource>
  templates: McpResourceTemplate[]
  prompts: Map<string, McpPrompt>
  /**
   * Why this caller may read no resources and prompts, which are not listed to it then; undefined where
   * it may.
   */
  noRead: BridgeError | undefined
  /** Receives the cause of a failed request where the client learns only that it failed. */
  onInternal: TellCause
  /** What every message leaves through. */
  outgoing: Outgoing
}

const definitionsOf = <T>(all: Iterable<{ definition: T }>): T[] =>
  [...all].map(({ definition }) => definition)

/** The list requests and their responses: complete, as some clients read only the first page. */
export const lists = {
  'tools/list': ({ tools }: McpRegistry) => ({ tools: definitionsOf(tools.values()) }),
  'prompts/list': ({ prompts, noRead }: McpRegistry) => ({
    prompts: definitionsOf(noRead ? [] : prompts.values())
  }),
  'resources/list': ({ resources, noRead }: McpRegistry) => ({
    resources: definitionsOf(noRead ? [] : resources.values())
  }),
  'resources/templates/list': ({ templates, noRead }: McpRegistry) => ({
    resourceTemplates: definitionsOf(noRead ? [] : templates)
  })
}

export type ListMethod = keyof typeof lists

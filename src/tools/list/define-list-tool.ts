import type { TSchema } from '@sinclair/typebox'
import { defineTool, readOnly, type Tool, type ToolContext, type ToolTag } from '../define-tool.ts'
import { listFor } from './list-for.ts'
import { type ListArguments, shortListArguments } from './list-response.ts'
import type { ListView } from '../../views/list-view.ts'
import { ClusterRecord, Input, ListResponse } from '../schemas.ts'

/** A tool that lists the records of one entity and needs nothing but the list arguments. */
export interface ListToolSpec<T extends object, F extends object> {
  name: string
  title: string
  description: string
  tag: ToolTag
  /** What one item is, for the published schema. */
  item: string
  /** Fields of an item worth naming in the published schema. */
  properties?: Record<string, TSchema>
  read: (context: ToolContext) => Promise<T[]>
  /** How they are shown; found out by the call where names of other records are in it. */
  view: ListView<T, F> | ((context: ToolContext, args: ListArguments) => Promise<ListView<T, F>>)
  /** What stands for the records where not all of them are to be seen: repeats as one. */
  condense?: (records: T[]) => T[]
}

export function defineListTool<T extends object, F extends object>(spec: ListToolSpec<T, F>): Tool {
  const { name, title, description, tag, item, properties, read, condense, view } = spec
  return defineTool({
    name,
    title,
    description,
    tag,
    annotations: readOnly,
    input: Input(shortListArguments),
    output: ListResponse(ClusterRecord(item, properties)),
    async run(context, args) {
      const records = await read(context)
      const shown = condense && args.detail !== 'full' ? condense(records) : records
      const shownBy = typeof view === 'function' ? await view(context, args) : view
      return listFor(context, shown, args, shownBy)
    }
  })
}

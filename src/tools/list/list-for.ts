import type { ListView } from '../../views/list-view.ts'
import type { ToolContext } from '../define-tool.ts'
import { readFilterClock } from '../read/zone.ts'
import type { ListResponse } from '../schemas.ts'
import { type ListArguments, listResponse } from './list-response.ts'

/** The response of a list tool; dates of its filter are those of the cluster's time zone. */
export const listFor = async <T extends object, F extends object = T>(
  context: ToolContext,
  records: readonly T[],
  args: ListArguments,
  view?: ListView<T, F>
): Promise<ListResponse> =>
  listResponse(records, args, context.form, view, await readFilterClock(context, args.filter))

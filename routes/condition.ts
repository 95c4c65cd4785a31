import type { Tool } from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { readConditions } from '../src/tools/read/conditions.ts'
import { conditionView, groupConditions } from '../src/views/condition.ts'

export const conditionRead = defineListTool({
  name: 'condition_read',
  title: 'List active health conditions',
  description: 'Lists what is wrong now, the worst first; none means all is well.',
  tag: 'cluster',
  item: 'a condition; times are Unix milliseconds',
  read: readConditions,
  condense: groupConditions,
  view: async ({ hypercore, signal }, { filter = '' }) =>
    conditionView(/node/i.test(filter) ? await hypercore.list('/Node', { signal }) : [])
})

export const conditionTools: Tool[] = [conditionRead]

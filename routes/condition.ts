import type { Tool } from '../src/tools/define-tool.ts'
import { readConditions } from '../src/views/cluster/conditions.ts'
import type { Condition } from '../src/hypercore/records.ts'
import { groupConditions, describeCondition } from '../src/views/cluster/condition-groups.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'

export const conditionRead = defineListTool<Condition>({
  name: 'condition_read',
  title: 'List active health conditions',
  description: 'Lists what is wrong now, the worst first; none means all is well.',
  tag: 'cluster',
  item: 'a condition; times are Unix milliseconds',
  read: readConditions,
  condense: groupConditions,
  describe: describeCondition,
  summary: ['severity', 'description', 'nodes', 'count', 'since', 'name', 'check'],
  columns: ['severity', 'description', 'nodes', 'count', 'since', 'name', 'check']
})

export const conditionTools: Tool[] = [conditionRead]

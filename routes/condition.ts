import type { FastifyPluginAsync } from 'fastify'
import { readConditions } from '../src/cluster-brief/conditions.ts'
import type { Condition } from '../src/hypercore/records.ts'
import { groupConditions, describeCondition } from '../src/tools/condition-groups.ts'
import { defineListTool } from '../src/tools/read-list.ts'

export const conditionRead = defineListTool<Condition>({
  name: 'condition_read',
  title: 'List active health conditions',
  description:
    'Lists what is wrong with the cluster right now: active conditions, the worst first, with ' +
    'severity, description, nodes; the same one on several nodes stands once. An empty list means ' +
    'all is well. isOK false means the check itself failed and its value cannot be trusted.',
  tag: 'cluster',
  item: 'a condition; times are Unix milliseconds',
  read: readConditions,
  condense: groupConditions,
  describe: describeCondition,
  summary: ['severity', 'description', 'nodes', 'count', 'since', 'value', 'isOK', 'name'],
  columns: ['severity', 'description', 'nodes', 'count', 'since', 'isOK', 'name']
})

export const conditionRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(conditionRead)
}

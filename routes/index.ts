import type { FastifyPluginAsync } from 'fastify'
import type { Tool } from '../src/tools/define-tool.ts'
import { aroundTools } from './around.ts'
import { askApiTools } from './ask-api.ts'
import { changeVmsTools } from './change-vms.ts'
import { attentionTools } from './attention.ts'
import { bootMediaTools } from './boot-media.ts'
import { cloneTools } from './clone.ts'
import { clusterTools } from './cluster.ts'
import { conditionTools } from './condition.ts'
import { diskTools } from './disk.ts'
import { nicTools } from './nic.ts'
import { evacuateTools } from './evacuate.ts'
import { nodeTools } from './node.ts'
import { planTools } from './plan.ts'
import { protectionTools } from './protection-report.ts'
import { queryApiTools } from './query-api.ts'
import { recentActivityTools } from './recent-activity.ts'
import { replicateTools } from './replicate.ts'
import { restoreTools } from './restore.ts'
import { runApiTools } from './run-api.ts'
import { sessionTools } from './session.ts'
import { snapshotScheduleTools } from './snapshot-schedule.ts'
import { snapshotTools } from './snapshot.ts'
import { storageTools } from './storage.ts'
import { taskTools } from './task.ts'
import { topVmsTools } from './top-vms.ts'
import { transferTools } from './transfer.ts'
import { undoTools } from './undo.ts'
import { updateTools } from './update.ts'
import { uploadTools } from './upload.ts'
import { userTools } from './user.ts'
import { vmLifecycleTools } from './vm-lifecycle.ts'
import { vmTools } from './vm.ts'
import { vmStateTools } from './vm-state.ts'

/** All tools, in the order they are listed to clients. */
export const tools: Tool[] = [
  ...vmTools,
  ...topVmsTools,
  ...vmStateTools,
  ...vmLifecycleTools,
  ...changeVmsTools,
  ...diskTools,
  ...nicTools,
  ...bootMediaTools,
  ...snapshotTools,
  ...restoreTools,
  ...snapshotScheduleTools,
  ...cloneTools,
  ...transferTools,
  ...replicateTools,
  ...uploadTools,
  ...taskTools,
  ...attentionTools,
  ...protectionTools,
  ...aroundTools,
  ...planTools,
  ...undoTools,
  ...clusterTools,
  ...nodeTools,
  ...evacuateTools,
  ...conditionTools,
  ...recentActivityTools,
  ...updateTools,
  ...userTools,
  ...storageTools,
  ...runApiTools,
  ...queryApiTools,
  ...askApiTools,
  ...sessionTools
]

/** A route for every tool; each requires the client token. */
export const toolRoutes: FastifyPluginAsync = async (app) => {
  app.requireToken()
  for (const tool of tools) app.addTool(tool)
}

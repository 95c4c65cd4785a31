import type { Handlers } from '../handler.ts'
import { readHandlers } from './records.ts'

/** FACTS 4: a tag the cluster does not know, or has forgotten, is `[]`. */
export const taskHandlers: Handlers = readHandlers(
  '/TaskTag',
  ({ world }) => world.tasks.list(),
  'taskTag',
  ({ taskTag }) => taskTag
)

import type { Registry } from 'prom-client'

type Library = Pick<typeof import('prom-client'), 'Registry' | 'collectDefaultMetrics'>

let metrics: Registry | undefined

/**
 * What Node.js and the system say of this process: memory, processor, garbage collection, lag. Once for
 * a process, however many bridges start in it: the library never stops what it measures with.
 */
export function processMetrics({ Registry, collectDefaultMetrics }: Library): Registry {
  if (metrics !== undefined) return metrics
  metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  return metrics
}

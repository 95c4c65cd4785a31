import { readdirSync } from 'node:fs'
import type { WriteRecord } from '../../src/ledger/records.ts'
import type { NodeStatus } from '../../src/hypercore/transport/node-status.ts'
import type { RunningBridge } from '../../src/server.ts'
import { liveTimers } from './live-timers.ts'

/** What a process holds. */
export interface Holdings {
  /** Open file descriptors. */
  descriptors: number
  /** What keeps the event loop busy, by its kind in Node: `Timeout`, `TCPSocketWrap`, … */
  resources: Record<string, number>
  /** Those that keep nothing alive included. */
  timers: number
  rssMiB: number
  /** After a collection of garbage. */
  heapMiB: number
  /** At the cluster, that it knows of. */
  sessions: number
  /** How often it has logged in so far. */
  logins: number
}

/** What a bridge says of itself, by what it is asked. */
export interface Answers {
  holdings: Holdings
  rss: number
  /** MiB, after a collection of garbage. */
  heap: number
  nodes: NodeStatus[]
  ledger: WriteRecord[]
  /** It has ended: what would keep its process alive. */
  end: Record<string, number>
}

export type Question = keyof Answers

function resources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const mebibyte = 2 ** 20

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / mebibyte
}

export const questions: {
  [T in Question]: (bridge: RunningBridge, logins: number) => Answers[T] | Promise<Answers[T]>
} = {
  holdings({ app }, logins) {
    const heapMiB = heap()
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      resources: resources(),
      timers: liveTimers(),
      rssMiB: process.memoryUsage.rss() / mebibyte,
      heapMiB,
      sessions: app.hypercore.sessions.count,
      logins
    }
  },
  rss: () => process.memoryUsage.rss() / mebibyte,
  heap,
  nodes: ({ app }) => app.hypercore.traffic().nodes,
  ledger: ({ app }) => app.ledger.writes(),
  async end(bridge) {
    await bridge.close()
    return resources()
  }
}

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { processSpace } from '../../src/lib/process/process-space.ts'

let ended: number | undefined

/** A lock as a process of this machine that has ended has left it; `changes` tell of another one. */
export function leaveLock(path: string, changes: Record<string, unknown> = {}): void {
  ended ??= spawnSync(process.execPath, ['-e', '0']).pid
  const taken = Math.random().toString(36)
  const holder = { host: hostname(), pid: ended, nonce: 'gone', space: processSpace, taken }
  writeFileSync(path, JSON.stringify({ ...holder, ...changes }))
}

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { processSpace } from './process-space.ts'

/** Tells a process from all others, also from an earlier one that had its pid. */
export interface ProcessIdentity {
  host: string
  pid: number
  /** Where its pid means what it means to it; earlier versions did not say. */
  space: string
  /** Drawn again by every process. */
  nonce: string
}

/** This process. */
export const thisProcess: Readonly<ProcessIdentity> = {
  host: hostname(),
  pid: process.pid,
  space: processSpace,
  nonce: randomBytes(8).toString('hex')
}

/** Whether it is this process. */
export const isThisProcess = ({ host, nonce }: Partial<ProcessIdentity>): boolean =>
  host === thisProcess.host && nonce === thisProcess.nonce

/** Whether another process has this pid. */
function isTaken(pid: number): boolean {
  // Then the one that had it has ended.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * Whether a process is known to have ended, by its pid. False where that says nothing: on other machines, in
 * other containers, also of the same host name, and where another process may have been given it.
 */
export function hasEnded(identity: Partial<ProcessIdentity>): boolean {
  const { host, pid, space } = identity
  if (pid === undefined || isThisProcess(identity)) return false
  const isHere = host === thisProcess.host && space === processSpace && space !== ''
  return isHere && !isTaken(pid)
}

/**
 * Whether it may be a bridge of an earlier version that lives on this machine. Those did not say their space,
 * and wrote no heartbeats in a folder.
 */
export const mayBeOldNeighbour = ({ host, pid, space }: Partial<ProcessIdentity>): boolean =>
  space === undefined && host === thisProcess.host && pid !== undefined && isTaken(pid)

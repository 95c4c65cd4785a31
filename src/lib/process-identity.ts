import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/** Tells a process from all others, also from an earlier one that had its pid. */
export interface ProcessIdentity {
  host: string
  pid: number
  /** Drawn again by every process. */
  nonce: string
}

/** This process. */
export const thisProcess: Readonly<ProcessIdentity> = {
  host: hostname(),
  pid: process.pid,
  nonce: randomBytes(8).toString('hex')
}

/** Whether it is this process. */
export const isThisProcess = ({ host, nonce }: Partial<ProcessIdentity>): boolean =>
  host === thisProcess.host && nonce === thisProcess.nonce

/** Whether a process is known to have ended; false where nothing is known, as on other machines. */
export function hasEnded(identity: Partial<ProcessIdentity>): boolean {
  const { host, pid } = identity
  if (host !== thisProcess.host || pid === undefined || isThisProcess(identity)) return false
  // Its pid was given to this one since.
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

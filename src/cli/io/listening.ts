import { isIPv6 } from 'node:net'
import { CommandError } from '../../lib/errors/command-error.ts'

const reasons: Record<string, string> = {
  EADDRINUSE: 'is in use: stop the other program, or choose another port',
  EACCES: 'requires privileges this user does not have: choose 1024 or higher',
  EADDRNOTAVAIL: 'cannot be listened on: this machine has no such address',
  ENOTFOUND: 'cannot be listened on: no such name is known'
}

/** The system's error, which may be the cause of a clearer one. */
function listenError(
  error: unknown
): { code?: string; address?: string; port?: number } | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error ? (error as { code: string; port?: number }) : listenError(error.cause)
}

/**
 * Starts what listens, and turns the usual failures into one sentence. `choose` says how to choose
 * another address.
 */
export async function listening<T>(
  start: () => Promise<T>,
  where: { host: string; port: number; choose: string }
): Promise<T> {
  try {
    return await start()
  } catch (error) {
    const problem = listenError(error)
    const reason = reasons[problem?.code ?? '']
    if (reason === undefined) throw error
    const port = problem?.port ?? where.port
    const address = problem?.address ?? where.host
    const host = isIPv6(address) ? `[${address}]` : address
    throw new CommandError(`Port ${port} on ${host} ${reason} (${where.choose})`)
  }
}

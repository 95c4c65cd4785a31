import { settings } from '../../config/config.ts'
import type { Environment } from '../../config/env-file.ts'
import { stateOf } from '../../identity/token-record.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { bridgeUrl } from '../../config/bridge-url.ts'
import { loadClientView } from '../../config/config.ts'
import type { Io } from '../io/io.ts'
import type { Prompter } from '../io/prompter.ts'
import { createToken, tokensIn, tokensPath } from '../token/tokens-file.ts'

/** What is set where a person approves: the client's token may do all but control and approve. */
export const approvalValues: Readonly<Record<string, string>> = {
  [settings.tokenScope.name]: 'read,operate,interrupt,lose,egress',
  [settings.approval.name]: 'lose'
}

export function askApproval(prompter: Prompter): Promise<boolean> {
  prompter.tell(
    'Models make mistakes. What loses data or leaves the cluster can wait until a person approves it, with a token of their own'
  )
  return prompter.confirm('Require approval by a person for such calls?', true)
}

/** Creates it, with the options it takes. */
export const approverCommand = 'token new --name approver --scope read,approve'

/** The token of the person who approves; `token` is there only when it was created now. */
export interface Approver {
  name: string
  path: string
  token?: string
}

/**
 * Finds the token of a person who approves, or creates it.
 * @throws CommandError where the state folder cannot be written
 */
export async function ensureApprover(io: Io, env: Environment): Promise<Approver> {
  const path = tokensPath(io, env)
  const now = unixMs()
  const existing = (await tokensIn(path)).find(
    (record) => record.scopes.includes('approve') && stateOf(record, now) === 'valid'
  )
  if (existing !== undefined) return { name: existing.name, path }
  const name = 'approver'
  const created = createToken(path, { name, scopes: ['read', 'approve'] })
  const { token } = await created.catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(
      `${error.message}; or leave it out here with --no-approver, and create it where the bridge keeps its state: \`scale-bridge ${approverCommand}\``
    )
  })
  return { name, path, token }
}

/** Prints the token once, with what it is for. */
export function sayApprover({ stdout }: Io, env: Environment, approver: Approver): void {
  const { name, path, token } = approver
  if (token === undefined) {
    stdout.say(
      `Calls that lose data or leave the cluster wait for a person with the token "${name}", which is in ${path} already`
    )
    return
  }
  const { host, port } = loadClientView(env)
  stdout.line()
  stdout.say(
    `Calls that lose data or leave the cluster wait for a person: at ${bridgeUrl(host, port)}/console, or with \`scale-bridge approvals\`. This token, "${name}", is that person's: keep it from the clients, it is shown now and never again:`
  )
  stdout.line(token)
}

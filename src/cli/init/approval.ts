import { settings } from '../../config/config.ts'
import type { Environment } from '../../config/env-file.ts'
import { stateOf } from '../../identity/token-record.ts'
import { unixMs } from '../../lib/unix-time.ts'
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
  return prompter.confirm('Shall a person approve such calls?', true)
}

/** Creates the token of the person who approves, once, and prints it with what it is for. */
export async function createApprover(io: Io, env: Environment): Promise<void> {
  const { stdout } = io
  const path = tokensPath(io, env)
  const now = unixMs()
  const present = (await tokensIn(path)).find(
    (record) => record.scopes.includes('approve') && stateOf(record, now) === 'valid'
  )
  if (present !== undefined) {
    stdout.say(
      `Calls that lose data or leave the cluster wait for a person with the token "${present.name}", which is in ${path} already`
    )
    return
  }
  const { token } = await createToken(path, { name: 'approver', scopes: ['read', 'approve'] })
  const { host, port } = loadClientView(env)
  stdout.line()
  stdout.say(
    `Calls that lose data or leave the cluster wait for a person: at ${bridgeUrl(host, port)}/console, or with \`scale-bridge approvals\`. This token, "approver", is that person's: keep it from the clients, it is shown now and never again:`
  )
  stdout.line(token)
}

import { HyperCore } from '../../hypercore/client.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { promptTimeouts } from '../cluster-options.ts'
import { type Io, warn } from '../io/io.ts'
import type { Prompter } from '../io/prompter.ts'
import type { Pin } from '../pin/pins.ts'
import { askLogin, type Login } from './answers.ts'

/** Logs in and out again. Returns the error, if there is one. */
async function tryLogin(pins: readonly Pin[], login: Login): Promise<BridgeError | undefined> {
  const client = new HyperCore({
    nodes: pins.map(({ origin }) => origin),
    username: login.username,
    password: login.password,
    useOidc: login.oidc,
    tls: { mode: 'pin', fingerprints: pins.map(({ fingerprint }) => fingerprint) },
    sessionMaxAgeMs: 60_000,
    timeouts: promptTimeouts
  })
  try {
    await client.sessions.renew()
    return undefined
  } catch (error) {
    if (error instanceof BridgeError) return error
    throw error
  } finally {
    await client.close({ logout: true })
  }
}

/**
 * Tries the login before it is written, and prompts again for one that the cluster refuses.
 * @throws {CommandError} on a refusal without a terminal to prompt on, unless `force`.
 */
export async function acceptedLogin(
  io: Io,
  pins: readonly Pin[],
  first: Login,
  prompter: Prompter | undefined,
  force: boolean
): Promise<Login> {
  for (let login = first; ;) {
    io.stderr.say(`Logging in as ${login.username} …`)
    const error = await tryLogin(pins, login)
    if (error === undefined) return login
    if (error.code !== 'CLUSTER_LOGIN_REFUSED' || (force && prompter === undefined)) {
      warn(io, `The login could not be tried, or failed: ${error.message}`)
      return login
    }
    if (prompter === undefined)
      throw new CommandError(`${error.message} Nothing was written; --force writes it anyway`)
    prompter.tell(error.message)
    const { username, oidc } = login
    login = await askLogin(prompter, {}, { username, oidc })
  }
}

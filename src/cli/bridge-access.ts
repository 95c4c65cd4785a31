import { ConfigError, loadClientView } from '../config/config.ts'
import { CommandError } from '../lib/errors/command-error.ts'
import { addressFor, parseBridgeUrl } from './connect/bridge-view.ts'
import type { Io } from './io/io.ts'
import { openSettings, type SettingsOptions } from './settings.ts'

/** How a command that speaks to the running bridge finds it. */
export interface BridgeOptions extends SettingsOptions {
  url?: string
  token?: string
}

/** The address that was given, without what others ask for at its end. */
function givenUrl({ url }: BridgeOptions, { env }: Io): string | undefined {
  const text = url ?? env['BRIDGE_URL']?.trim() ?? ''
  if (text === '') return undefined
  try {
    return parseBridgeUrl(text.replace(/\/console\/?$/, ''))
  } catch (error) {
    throw new CommandError(
      `${url === undefined ? 'BRIDGE_URL' : '--url'} ${(error as Error).message}`,
      2
    )
  }
}

/**
 * The URL of the bridge and the token to use; the settings supply what is not specified.
 * @param advice what to do where a token is missing
 */
export async function bridgeAccess(
  io: Io,
  options: BridgeOptions,
  advice: string
): Promise<{ url: string; token: string }> {
  const url = givenUrl(options, io)
  const { env } = await openSettings(io, options)
  const given = (options.token ?? io.env['BRIDGE_TOKEN'] ?? '').trim()
  const token = given === '' ? loadClientView(env).token : given
  if (token === undefined) throw new ConfigError([`No token: ${advice} as --token or BRIDGE_TOKEN`])
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new CommandError('The token must be printable ASCII without spaces', 2)
  return { url: url ?? addressFor(io, loadClientView(env), {}), token }
}

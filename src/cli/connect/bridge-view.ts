import { bridgeUrl } from '../../config/bridge-url.ts'
import { type ClientView, ConfigError, loadClientView } from '../../config/config.ts'
import { parseHttpUrl } from '../../config/setting-values.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import type { Io } from '../io/io.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'
import { tokenPlaceholder } from './identity.ts'

export interface AddressOptions {
  url?: string
  /** The client runs in a container on the bridge's machine. */
  docker?: boolean
}

/** How a container names its host. */
const dockerHost = 'host.docker.internal'

/**
 * Reads the bridge's address as a client is to call it; `/mcp` and the like at its end, which
 * others ask for, are left out.
 */
export function parseBridgeUrl(text: string): string {
  const url = new URL(parseHttpUrl(text))
  if (url.username !== '' || url.password !== '')
    throw new Error('must not hold a user or password: clients send the token')
  if (/[?#\s]/.test(text)) throw new Error('must end with its path, without ? and #')
  return url.href.replace(/\/+$/, '').replace(/\/(mcp|openapi\.json|docs)$/, '')
}

/** The bridge's settings, as far as they concern its clients. */
export const clientView = async (io: Io, options: SettingsOptions): Promise<ClientView> =>
  loadClientView((await openSettings(io, options, ['token'])).env)

/** The address that a client is to call. */
export function addressFor(
  { stderr }: Io,
  view: ClientView,
  { url, docker = false }: AddressOptions
): string {
  if (url !== undefined) return url
  if (view.port === 0)
    throw new ConfigError([
      'PORT is 0, so the bridge takes any free one: pass its address with --url'
    ])
  if (!docker) return bridgeUrl(view.host, view.port)
  if (!view.allowedHosts.includes(dockerHost) || /^(127\.|::1$|localhost$)/.test(view.host))
    stderr.say(`A container reaches the bridge with HOST=0.0.0.0 and ALLOWED_HOSTS=${dockerHost}`)
  return bridgeUrl(dockerHost, view.port)
}

/**
 * The client token itself, or its placeholder.
 * @throws {CommandError} where the real one is required and there is none.
 */
export function tokenFor(view: ClientView, real: boolean): string {
  if (!real) return tokenPlaceholder
  if (view.token === undefined)
    throw new CommandError(
      'MCP_BEARER_TOKEN is not set: `scale-bridge init` generates one and writes it to .env',
      2
    )
  return view.token
}

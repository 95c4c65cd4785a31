import { describeSource, openCatalog, type OpenCatalog } from '../../catalog/import/import.ts'
import { missingOperations } from '../../catalog/import/missing-operations.ts'
import { ChatClient } from '../../ask/chat-client.ts'
import {
  ConfigError,
  loadClusterLocation,
  loadLlmConfig,
  loadOidcConfig,
  secretsIn,
  settings
} from '../../config/config.ts'
import { Directory } from '../../directory/directory.ts'
import { metadataUrl } from '../../identity/oidc-resource.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isLoopback } from '../../lib/http/loopback.ts'
import { defaultTimings } from '../../lib/time/timings.ts'
import { Outgoing } from '../../lib/secrets/outgoing.ts'
import { EventClient } from '../../openwebui/event-post.ts'
import type { Environment } from '../../config/env-file.ts'
import { catalogFileOf } from '../catalog-path.ts'
import type { CheckTable } from './table.ts'

/** A setting's value if it is set and valid; the row `settings` says what is wrong with it. */
function valueOf<T>(
  env: Environment,
  { name, parse }: { name: string; parse: (text: string) => T }
): T | undefined {
  try {
    const text = env[name]?.trim()
    return text ? parse(text) : undefined
  } catch {
    return undefined
  }
}

export async function checkCatalog(
  table: CheckTable,
  env: Environment,
  cwd: string
): Promise<void> {
  const { catalog, source } = await catalogOf(env, cwd)
  const { operations, entities } = catalog
  const { words, tooMany } = missingOperations(catalog)
  table.ok(
    'catalog',
    `${operations.length} operations on ${entities.length} entities; ${describeSource(source)}`,
    source.kind === 'bundled' && source.problem !== undefined
      ? [
          `the document imported for this cluster is not used: ${source.problem} \`scale-bridge schema import --live\` replaces it`
        ]
      : tooMany
        ? [
            `the imported document lacks ${words}: the bridge refuses to call them; \`scale-bridge schema import --live\` replaces it`
          ]
        : []
  )
}

/** The catalog the bridge would use; the row `settings` reports wrong settings. */
async function catalogOf(env: Environment, cwd: string): Promise<OpenCatalog> {
  try {
    const location = loadClusterLocation(env)
    if (location !== undefined)
      return await openCatalog(catalogFileOf(cwd, location), location.nodes)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
  }
  return openCatalog(undefined, [])
}

export function checkArchive(table: CheckTable, env: Environment): void {
  const archive = valueOf(env, settings.archive)
  if (archive === undefined)
    table.skipped('export target', 'SCALE_EXPORT_URI is not set', [
      'set it to smb://user:password@server/share/folder to use exportVM'
    ])
  else
    table.ok(
      'export target',
      `${archive.address}; the cluster itself opens it, at the first export`
    )
}

export async function checkDirectory(table: CheckTable, env: Environment): Promise<void> {
  const url = valueOf(env, settings.directoryUrl)
  if (url === undefined) {
    table.skipped('directory', 'SCALE_DIRECTORY_URL is not set', [
      'set it to find VMs by person with fetch_vm'
    ])
    return
  }
  const directory = new Directory(url)
  try {
    const status = await directory.probe()
    if (status < 500) table.ok('directory', `${directory.host} responds`)
    else
      table.failed('directory', `${directory.host} responds with ${status}`, [
        'check the directory service, or correct SCALE_DIRECTORY_URL'
      ])
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    table.failed('directory', error.message)
  }
}

const chatProbeMs = 5000

/** Whether OpenWebUI accepts the key; there is a chat to show something in only during a call. */
export async function checkChat(table: CheckTable, env: Environment): Promise<void> {
  const url = valueOf(env, settings.openWebUiUrl)
  const apiKey = valueOf(env, settings.openWebUiApiKey)
  if (url === undefined || apiKey === undefined) {
    table.skipped('chat', 'OPENWEBUI_URL and OPENWEBUI_API_KEY are not set', [
      'set both to show the progress of slow tools in the chat'
    ])
    return
  }
  const posts = new EventClient({ url, apiKey }, chatProbeMs, new Outgoing(secretsIn(env)))
  const result = await posts.probe()
  await posts.close()
  if (result.kind === 'shown') table.ok('chat', `OpenWebUI at ${posts.host} accepts the key`)
  else
    table.failed('chat', `OpenWebUI at ${posts.host} ${result.reason}`, [
      result.kind === 'refused'
        ? 'correct OPENWEBUI_API_KEY, and allow API keys in the settings of OpenWebUI'
        : 'check that OpenWebUI runs, or correct OPENWEBUI_URL'
    ])
}

/** Whether the model server responds and has the model. No model is loaded for it. */
export async function checkModelServer(table: CheckTable, env: Environment): Promise<void> {
  const name = 'model server'
  try {
    const config = loadLlmConfig(env)
    if (config === undefined) {
      table.skipped(name, 'LLM_BASE_URL and LLM_MODEL are not set', [
        'set both to answer questions about the API with ask_api'
      ])
      return
    }
    const client = new ChatClient(config, new Outgoing(secretsIn(env)))
    const listed = await client.probe()
    table.ok(
      name,
      listed
        ? `${client.host} has the model ${client.model}`
        : `${client.host} responds; it does not list its models, so ${client.model} is not checked`
    )
  } catch (error) {
    if (error instanceof ConfigError) table.skipped(name, 'requires the settings above')
    else if (error instanceof BridgeError) table.failed(name, error.message)
    else throw error
  }
}

/** Whether the identity provider responds and shows its keys, and clients can find it. */
export async function checkSignIn(table: CheckTable, env: Environment): Promise<void> {
  const name = 'sign-in'
  try {
    const config = loadOidcConfig(env)
    if (config === undefined) {
      table.skipped(name, 'OIDC_ISSUER and OIDC_AUDIENCE are not set', [
        'set both to accept access tokens of an identity provider'
      ])
      return
    }
    const { OidcKeys } = await import('../../identity/oidc-keys.ts')
    const provider = new OidcKeys(config.issuer, defaultTimings)
    try {
      const { keys } = await provider.probe()
      const host = new URL(config.audience.resource).hostname
      const listed = valueOf(env, settings.allowedHosts) ?? []
      table.ok(
        name,
        `${provider.host} responds and has ${keys} key${keys === 1 ? '' : 's'}; clients find it by ${metadataUrl(config)}`,
        isLoopback(host) || listed.includes(host)
          ? []
          : [`add ${host} to ALLOWED_HOSTS: the bridge refuses to be called by that name`]
      )
    } finally {
      await provider.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) table.skipped(name, 'requires the settings above')
    else if (error instanceof BridgeError) table.failed(name, error.message)
    else throw error
  }
}

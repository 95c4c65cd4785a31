import { describeSource, openCatalog, type OpenCatalog } from '../catalog/import/import.ts'
import { missingOperations } from '../catalog/import/missing-operations.ts'
import { ConfigError, loadClusterLocation, settings } from '../config/config.ts'
import { Directory } from '../directory/directory.ts'
import { BridgeError } from '../lib/errors.ts'
import { Outgoing } from '../lib/outgoing.ts'
import { EventClient } from '../openwebui/event-post.ts'
import { catalogFileOf } from './catalog-place.ts'
import type { CheckTable } from './io/check-table.ts'
import type { Environment } from '../config/env-file.ts'

/** A setting's value if it is set and right; what is wrong with it stands in the line `settings`. */
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

export async function checkCatalog(table: CheckTable, env: Environment): Promise<void> {
  const { catalog, source } = await catalogOf(env)
  const { operations, entities } = catalog
  const { words, tooMany } = missingOperations(catalog)
  table.ok(
    'catalog',
    `${operations.length} operations on ${entities.length} entities known, from ${describeSource(source)}`,
    source.kind === 'bundled' && source.problem !== undefined
      ? [
          `what was imported for this cluster is not used: ${source.problem} \`scale-bridge schema import --live\` makes it anew`
        ]
      : tooMany
        ? [
            `the imported document lacks ${words}: the bridge refuses to call them; \`scale-bridge schema import --live\` makes it anew`
          ]
        : []
  )
}

/** The catalog the bridge would use; wrong settings are reported in the line `settings`. */
async function catalogOf(env: Environment): Promise<OpenCatalog> {
  try {
    const place = loadClusterLocation(env)
    if (place !== undefined) return await openCatalog(catalogFileOf(place), place.nodes)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
  }
  return openCatalog(undefined, [])
}

export function checkArchive(table: CheckTable, env: Environment): void {
  const archive = valueOf(env, settings.exportUri)
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
    if (status < 500) table.ok('directory', `${directory.host} answers`)
    else
      table.failed('directory', `${directory.host} answers ${status}`, [
        'look at the directory service, or correct SCALE_DIRECTORY_URL'
      ])
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    table.failed('directory', error.message)
  }
}

const chatProbeMs = 5000

/** Whether OpenWebUI takes the key; a chat to show something in is there only with a call. */
export async function checkChat(table: CheckTable, env: Environment): Promise<void> {
  const url = valueOf(env, settings.openWebUiUrl)
  const apiKey = valueOf(env, settings.openWebUiApiKey)
  if (url === undefined || apiKey === undefined) {
    table.skipped('chat', 'OPENWEBUI_URL and OPENWEBUI_API_KEY are not set', [
      'set both to show the progress of slow tools in the chat'
    ])
    return
  }
  const posts = new EventClient({ url, apiKey }, chatProbeMs, new Outgoing([{ value: apiKey }]))
  const result = await posts.probe()
  await posts.close()
  if (result.kind === 'shown') table.ok('chat', `OpenWebUI at ${posts.host} takes the key`)
  else
    table.failed('chat', `OpenWebUI at ${posts.host} ${result.reason}`, [
      result.kind === 'refused'
        ? 'correct OPENWEBUI_API_KEY, and allow API keys in the settings of OpenWebUI'
        : 'look whether OpenWebUI runs, or correct OPENWEBUI_URL'
    ])
}

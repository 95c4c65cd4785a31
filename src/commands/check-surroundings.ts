import { loadCatalog } from '../catalog/load.ts'
import { settings } from '../config.ts'
import { Directory } from '../directory.ts'
import { BridgeError } from '../errors.ts'
import type { CheckTable } from './check-table.ts'
import type { Environment } from './env-file.ts'

/** A setting's value if it is set and right; what is wrong with it stands in the line `settings`. */
function valueOf(
  env: Environment,
  { name, parse }: { name: string; parse: (text: string) => string }
): string | undefined {
  try {
    const text = env[name]?.trim()
    return text ? parse(text) : undefined
  } catch {
    return undefined
  }
}

export function checkCatalog(table: CheckTable): void {
  const { operations, entities, document } = loadCatalog()
  table.ok(
    'catalog',
    `${operations.length} operations on ${entities.length} entities known (${document.info.title})`
  )
}

/** Only the host and the share are named: what stands before them holds a password. */
export function checkArchive(table: CheckTable, env: Environment): void {
  const uri = valueOf(env, settings.exportUri)
  if (uri === undefined)
    table.skipped('export target', 'SCALE_EXPORT_URI is not set', [
      'set it to smb://user:password@server/share/folder to use exportVM'
    ])
  else
    table.ok(
      'export target',
      `${uri.replace(/^smb:\/\/.*@/i, 'smb://')}; the cluster itself opens it, at the first export`
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

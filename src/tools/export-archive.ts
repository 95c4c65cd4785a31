import { redactCredentials } from '../lib/secrets.ts'

/** Where one VM is written to or read from in an SMB archive. */
export interface ArchivePlace {
  /** With password: for the cluster only. */
  pathURI: string
  /** For people: the password blanked. */
  shown: string
  definitionFileName: string
}

/** Signs every file system of an SMB server takes. */
const fileName = (name: string): string =>
  name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^\.+/, '_')

const stamp = (date: Date): string =>
  date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')

/**
 * The place of a new export: a folder of its own, named for the VM and the time, so that no export
 * overwrites another. The cluster creates the last step of the path (FACTS 5.8, S).
 */
export function newArchivePlace(exportUri: string, vmName: string, now = new Date()): ArchivePlace {
  const pathURI = `${exportUri}/${fileName(vmName)}-${stamp(now)}`
  return {
    pathURI,
    shown: redactCredentials(pathURI),
    definitionFileName: `${fileName(vmName)}.xml`
  }
}

/** Scheme, host and share of an SMB URI without its credentials, lower case. */
function withoutCredentials(uri: string): string {
  return uri.replace(/^(smb:\/\/)(?:[^/]*@)?/i, '$1').toLowerCase()
}

/**
 * The address to import from. A place in the bridge's own archive may be given as exportVM showed it
 * (password blanked or left out) or by its folder name alone; the archive's login is then added.
 */
export function importUri(given: string, exportUri: string | undefined): string {
  if (exportUri === undefined) return given
  if (!/^\w+:\/\//.test(given)) return `${exportUri}/${given.replace(/^\/+/, '')}`
  const wanted = withoutCredentials(given)
  const archive = withoutCredentials(exportUri)
  if (wanted !== archive && !wanted.startsWith(`${archive}/`)) return given
  const own = /^smb:\/\/[^/]*:(?!\*\*\*@)[^/]*@/i.test(given)
  return own
    ? given
    : exportUri + given.replace(/^smb:\/\/(?:[^/]*@)?/i, 'smb://').slice(archive.length)
}

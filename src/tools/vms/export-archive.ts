import { randomUUID } from 'node:crypto'
import { decoded, hasDotStep } from '../../lib/http/allowed-address.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { joinLogin, type SplitAddress, splitLogin } from '../../lib/http/address-login.ts'

/** Where one VM is written to or read from. */
export interface ExportTarget extends SplitAddress {
  definitionFileName: string
}

/** With time and random part, well below the 255 that file systems allow. */
const maxFileName = 80

/** Names of devices, which no Windows server has as a file, whatever their extension. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i

/** A name in characters that every file system of an SMB server takes; `vm` where none is left. */
function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .slice(0, maxFileName)
    .replace(/^\.+/, '_')
    .replace(/\.+$/, '')
    .replace(deviceName, '_$&')
  return /[A-Za-z0-9]/.test(plain) ? plain : 'vm'
}

/**
 * Names what a call creates: the time, and a random part that tells two of one second apart, also where
 * a server ignores case.
 */
export function newStamp(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${time}-${randomUUID().slice(0, 8)}`
}

/**
 * The place of a new export: a folder of its own, named for the VM and the call, so that no export
 * overwrites another. The cluster creates the last step of the path (FACTS 5.8, S).
 */
export function newExportTarget(
  archive: SplitAddress,
  vmName: string,
  stamp = newStamp()
): ExportTarget {
  const name = fileName(vmName)
  return {
    address: `${archive.address}/${name}-${stamp}`,
    login: archive.login,
    definitionFileName: `${name}.xml`
  }
}

/** What stands for a login in what the bridge shows: the caller has sent it back. */
const isRedacted = (login: string): boolean => /(?:^|:)\*{3}$/.test(login)

/** The path below an archive; undefined where the address leads elsewhere. In any case, as SMB has it. */
function pathBelow(archive: string, address: string): string | undefined {
  const [wanted, own] = [address.toLowerCase(), archive.toLowerCase()]
  return wanted === own || wanted.startsWith(`${own}/`) ? address.slice(archive.length) : undefined
}

/**
 * Where to import from. A place in the bridge's own archive may be given as exportVM showed it, or by
 * its folder name alone; the archive's login then goes with it. It goes nowhere else.
 * @throws {BridgeError} INVALID_ARGUMENT for steps that lead out of the folder that is named
 */
export function importPlace(given: string, archive: SplitAddress | undefined): SplitAddress {
  const place = splitLogin(given)
  if (hasDotStep(place.address))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'pathURI must not hold . or .. as a step: name the folder itself, as exportVM returns it'
    )
  if (archive === undefined) return place
  const isWhole = /^\w[\w+.-]*:\/\//.test(given)
  const path = isWhole
    ? pathBelow(archive.address, place.address)
    : `/${given.replace(/^[\\/]+/, '')}`
  if (path === undefined) return place
  // SECURITY: behind the last @ a server's name may be read, and the archive's login would go there.
  if (!isWhole && decoded(path).includes('@'))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'pathURI must not hold @ where it names a folder of the archive: pass the folder alone, as exportVM returns it'
    )
  const isOwn = place.login !== '' && !isRedacted(place.login)
  return { address: archive.address + path, login: isOwn ? place.login : archive.login }
}

/**
 * Refuses a definition that lies elsewhere than in its folder.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function requireFileName(name: string): void {
  if (/[\\/]|\p{Cc}/u.test(decoded(name)) || hasDotStep(name))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'definitionFileName must be the name of a file in pathURI, without a folder, such as web-01.xml'
    )
}

/** The address as the cluster takes it: the only place where login and address come together. */
export const forCluster = joinLogin

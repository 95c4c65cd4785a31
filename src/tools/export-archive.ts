import { BridgeError } from '../lib/errors.ts'
import { joinLogin, type SplitAddress, splitLogin } from '../lib/address-login.ts'

/** Where one VM is written to or read from. */
export interface ArchivePlace extends SplitAddress {
  definitionFileName: string
}

/** Characters every file system of an SMB server takes. */
const fileName = (name: string): string =>
  name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^\.+/, '_')

const stamp = (date: Date): string =>
  date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')

/**
 * The place of a new export: a folder of its own, named for the VM and the time, so that no export
 * overwrites another. The cluster creates the last step of the path (FACTS 5.8, S).
 */
export function newArchivePlace(
  archive: SplitAddress,
  vmName: string,
  now = new Date()
): ArchivePlace {
  return {
    address: `${archive.address}/${fileName(vmName)}-${stamp(now)}`,
    login: archive.login,
    definitionFileName: `${fileName(vmName)}.xml`
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
 * @throws {BridgeError} INVALID_ARGUMENT for steps that lead out of the archive
 */
export function importPlace(given: string, archive: SplitAddress | undefined): SplitAddress {
  const place = splitLogin(given)
  if (archive === undefined) return place
  const path = /^\w[\w+.-]*:\/\//.test(given)
    ? pathBelow(archive.address, place.address)
    : `/${given.replace(/^[\\/]+/, '')}`
  if (path === undefined) return place
  if (path.split(/[\\/]/).some((step) => /^\.+$/.test(step)))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'pathURI must not hold . or .. as a step: name the folder below the archive, as exportVM returns it'
    )
  const isOwn = place.login !== '' && !isRedacted(place.login)
  return { address: archive.address + path, login: isOwn ? place.login : archive.login }
}

/** The address as the cluster takes it: the only place where login and address come together. */
export const forCluster = joinLogin

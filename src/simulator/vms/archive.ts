import { ApiError } from '../handler.ts'
import type { ClusterState, ExportedVM } from '../state.ts'

/**
 * The folder a path URI names, as `host/share/folder`: without scheme and credentials, which may
 * hold `;`, `:` and `@` (FACTS 5.8: S). Throws a 400 that never repeats the URI, for its password.
 */
export function folderOf(pathURI: string, schemes: readonly string[]): string {
  const [scheme = '', rest = ''] = pathURI.split(/:\/\/(.*)/s)
  if (!schemes.includes(scheme.toLowerCase()))
    throw new ApiError(400, `pathURI must begin with ${schemes.map((s) => `${s}://`).join(' or ')}`)
  const place = rest.slice(rest.lastIndexOf('@') + 1)
  const [host = '', ...segments] = place
    .split('/')
    .filter((segment, i) => i === 0 || segment !== '')
  if (host === '' || segments.length === 0)
    throw new ApiError(400, 'pathURI must name a server and a path on it')
  return [host.toLowerCase(), ...segments].join('/')
}

/**
 * What lies in a folder under this definition file name; without a name, the only one there is.
 */
export function findExport(
  state: ClusterState,
  folder: string,
  definitionFileName = ''
): ExportedVM | undefined {
  const there = state.exports.get(folder) ?? []
  if (definitionFileName === '') return there.length === 1 ? there[0] : undefined
  return there.find((exported) => exported.definitionFileName === definitionFileName)
}

/** Puts an exported VM into a folder, in place of an earlier one with the same definition file. */
export function storeExport(state: ClusterState, folder: string, exported: ExportedVM): void {
  const others = (state.exports.get(folder) ?? []).filter(
    ({ definitionFileName }) => definitionFileName !== exported.definitionFileName
  )
  state.exports.set(folder, [...others, exported])
}

import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'

/** What can be uploaded. */
export type ImageKind = 'ISO' | 'VirtualDisk'

/** Endings that a cluster takes (FACTS 11 and 12, S and O). */
export const imageEndings: Record<ImageKind, readonly string[]> = {
  ISO: ['.iso'],
  VirtualDisk: ['.qcow2', '.vmdk', '.vhd', '.vhdx', '.img', '.raw']
}

/** As sentences call it. */
export const kindWords: Record<ImageKind, string> = { ISO: 'ISO', VirtualDisk: 'disk image' }

const endingOf = (name: string, kind: ImageKind): string | undefined =>
  imageEndings[kind].find((ending) => name.toLowerCase().endsWith(ending))

/** Steps of a path, and characters that are not seen. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unfit = /[/\\\u0000-\u001f\u007f]/

/**
 * The name an image gets: the one that was given, or that of its file. An ending that is missing is that
 * of the file.
 * @param file name of the file, or empty
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function imageName(kind: ImageKind, given: string | undefined, file: string): string {
  const asked = (given ?? file).trim()
  const ending = endingOf(file, kind) ?? (kind === 'ISO' ? '.iso' : undefined)
  const name =
    given !== undefined && ending !== undefined && endingOf(asked, kind) === undefined
      ? `${asked}${ending}`
      : asked
  if (unfit.test(name) || name.length > 255 || /^\.+$/.test(name))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'name must be the name of a file, without / and \\, of 255 characters at most'
    )
  if (endingOf(name, kind) === undefined || name.length < 5)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `name must end in ${imageEndings[kind].join(', ')}${name === '' ? ', and the file has none' : `, unlike ${quoteName(name)}`}${hint(kind, name)}`
    )
  return name
}

/** The wrong tool was called. */
function hint(kind: ImageKind, name: string): string {
  const other: ImageKind = kind === 'ISO' ? 'VirtualDisk' : 'ISO'
  if (endingOf(name, other) === undefined) return ''
  return `: ${other === 'ISO' ? 'uploadISO' : 'uploadDisk'} takes it`
}

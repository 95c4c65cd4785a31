import { stat } from 'node:fs/promises'

/**
 * That every user can read a file with secrets, or that others than its owner can change it; undefined if
 * not, if there is no such file, and on Windows, which has no such modes. The group may read: a service's
 * file is often root's.
 */
export async function fileModeWarning(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  const mode = await stat(path).then(
    (file) => file.mode,
    () => 0
  )
  const problem =
    (mode & 0o022) !== 0
      ? `can be changed by ${(mode & 0o002) === 0 ? 'its group' : 'every user'}`
      : (mode & 0o007) !== 0
        ? 'can be read by every user'
        : undefined
  if (problem === undefined) return undefined
  const shown = (mode & 0o777).toString(8).padStart(3, '0')
  return `${path} ${problem} (mode ${shown}): \`chmod 600 ${path}\``
}

import { stat } from 'node:fs/promises'

/**
 * That every user can read a file with secrets; undefined if not, if there is no such file, and on
 * Windows, which has no such modes. The group may: a service's file is often root's.
 */
export async function fileModeWarning(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  const mode = await stat(path).then(
    (file) => file.mode,
    () => 0
  )
  if ((mode & 0o007) === 0) return undefined
  const shown = (mode & 0o777).toString(8).padStart(3, '0')
  return `${path} can be read by every user (mode ${shown}): \`chmod 600 ${path}\``
}

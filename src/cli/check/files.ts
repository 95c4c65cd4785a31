import { mkdtemp, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A working disk responds sooner; a hanging one never does. */
const fileTimeoutMs = 2_000

/** The folder of a file that may not exist yet, or the nearest one above it that does. */
async function nearestFolder(file: string): Promise<string> {
  let folder = dirname(file)
  for (;;) {
    const found = await stat(folder).catch(() => undefined)
    if (found?.isDirectory() === true || dirname(folder) === folder) return folder
    // A file where the folder should be.
    if (found !== undefined) throw new Error(`${folder} is not a folder`)
    folder = dirname(folder)
  }
}

/** Creates and removes a folder: modes do not tell for root, nor in file systems such as /proc. */
async function tryToWrite(folder: string): Promise<void> {
  await rmdir(await mkdtemp(join(folder, '.scale-bridge-')))
}

/** Whether this file, and the folders it needs, can be created. */
export async function canCreate(file: string): Promise<boolean> {
  const tried = nearestFolder(file)
    .then(tryToWrite)
    .then(
      () => true,
      () => false
    )
  return Promise.race([tried, sleep(fileTimeoutMs, false, { ref: false })])
}

import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.ts'

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/**
 * Makes a folder and those above it that are missing, readable by their owner alone. Step by step,
 * because Node's recursive mkdir never ends below a folder that takes no entries and says ENOENT
 * about it, as /proc does.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) await makeFolder(parent)
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    // Another process may have created it meanwhile.
    if (!(await isFolder(folder))) throw error
  }
}

export interface ReplaceOptions {
  /** Default: readable by its owner alone. */
  mode?: number | undefined
  /** Runs when the new text is on the disk. */
  beforeReplacing?: () => Promise<void>
}

/**
 * Writes a file so that a reader, or a crash at any moment, meets the old text or the new one and
 * never a part of it; a missing folder is created (0700).
 * @throws what the file system refuses, or `beforeReplacing` throws: the old text stays
 */
export async function replaceFile(
  path: string,
  text: string,
  { mode = 0o600, beforeReplacing }: ReplaceOptions = {}
): Promise<void> {
  await makeFolder(dirname(path))
  const present = await stat(path).catch(() => undefined)
  // Renaming over a device or a folder would take it away from everyone else.
  if (present !== undefined && !present.isFile()) throw new Error(`${path} is not a regular file`)
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    await beforeReplacing?.()
    await rename(draft, path)
    await syncFolder(path)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

import { stat } from 'node:fs/promises'

/**
 * Another text whenever a file has been written or replaced since; the code of the system where it
 * cannot be looked at, `ENOENT` where there is none.
 */
export async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join()
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

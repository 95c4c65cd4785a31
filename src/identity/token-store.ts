import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { withFileLock } from '../lib/files/file-lock.ts'
import { makeFolder, replaceFile } from '../lib/files/replace-file.ts'
import { DamagedTokens, formatTokens, parseTokens, type TokenRecord } from './token-record.ts'

/** Ten thousand tokens need less. */
const maxBytes = 8 * 1024 * 1024

/**
 * The tokens of a file; undefined where it does not exist.
 * @throws {DamagedTokens}, or what the file system refuses
 */
export async function readTokens(path: string): Promise<TokenRecord[] | undefined> {
  let text: string
  try {
    const found = await stat(path)
    // A pipe or a device may never end, and its reader waits for ever.
    if (!found.isFile()) throw new DamagedTokens('it is not a regular file')
    if (found.size > maxBytes) throw new DamagedTokens('it is larger than 8 MiB')
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR'].includes(code)) return undefined
    throw error
  }
  return parseTokens(text)
}

/**
 * Changes the tokens of a file, which is created where there is none. Of several who do so at once, one
 * after the other does; readers see the file before or after. A link stays one.
 * @param edit what throws in it changes nothing
 * @throws {DamagedTokens}, what `edit` throws, or the file system refuses
 */
export async function editTokens<T>(
  path: string,
  edit: (records: TokenRecord[]) => { records: TokenRecord[]; result: T }
): Promise<T> {
  const target = await realpath(path).catch(() => path)
  await makeFolder(dirname(target))
  return withFileLock(`${target}.lock`, async (lock) => {
    const before = (await readTokens(target)) ?? []
    const { records, result } = edit(before)
    if (records !== before)
      await replaceFile(target, formatTokens(records), { beforeReplacing: () => lock.check() })
    return result
  })
}

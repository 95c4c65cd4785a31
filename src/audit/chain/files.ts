import { createHash } from 'node:crypto'
import { type FileHandle, readdir } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'

/** `audit` and `.jsonl` of `audit.jsonl`. */
function partsOf(path: string): { stem: string; ending: string } {
  const ending = extname(path)
  return { stem: basename(path, ending), ending }
}

/** Where a file goes that is full: `audit.000000000001.jsonl`, by the number of its first entry. */
export function closedName(path: string, firstSeq: number): string {
  const { stem, ending } = partsOf(path)
  return join(dirname(path), `${stem}.${String(firstSeq).padStart(12, '0')}${ending}`)
}

/** The full files of a record, the oldest first. */
export async function closedFiles(path: string): Promise<string[]> {
  const { stem, ending } = partsOf(path)
  const names = await readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const isClosed = (name: string): boolean =>
    name.startsWith(`${stem}.`) &&
    name.endsWith(ending) &&
    /^\d{12}$/.test(name.slice(stem.length + 1, name.length - ending.length))
  return names
    .filter(isClosed)
    .toSorted()
    .map((name) => join(dirname(path), name))
}

/** The files of a record in the order of their entries; the last is written to, and may not exist. */
export const recordFiles = async (path: string): Promise<string[]> => [
  ...(await closedFiles(path)),
  path
]

/** Where the head of a record is kept, beside the key and outside the folder of the record. */
export const headFile = (keyPath: string, path: string): string =>
  `${keyPath}.${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 8)}.head`

const chunkBytes = 256 * 1024

/** A line, and where it begins in its file. */
export interface FoundLine {
  bytes: Buffer
  at: number
}

/** The lines of a file between two places, the first first; what has no line end comes last, as `rest`. */
export async function* linesOf(
  file: FileHandle,
  from: number,
  to = Infinity
): AsyncGenerator<FoundLine & { isWhole: boolean }> {
  let held = Buffer.alloc(0)
  let at = from
  for (let read = from; read < to;) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, to - read))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, read)
    if (bytesRead === 0) break
    read += bytesRead
    held = Buffer.concat([held, chunk.subarray(0, bytesRead)])
    let start = 0
    for (let end = held.indexOf(0x0a); end !== -1; end = held.indexOf(0x0a, start)) {
      yield { bytes: held.subarray(start, end), at: at + start, isWhole: true }
      start = end + 1
    }
    held = held.subarray(start)
    at += start
  }
  if (held.length > 0) yield { bytes: held, at, isWhole: false }
}

/** The whole lines of a file up to a place, the last first. */
export async function* linesBackwards(file: FileHandle, to: number): AsyncGenerator<FoundLine> {
  let held = Buffer.alloc(0)
  let at = to
  // What stands behind the last line end is not a whole line.
  let isWhole = false
  for (;;) {
    let end = held.length
    while (end > 0) {
      const cut = held.lastIndexOf(0x0a, end - 1)
      if (cut === -1) break
      if (isWhole) yield { bytes: held.subarray(cut + 1, end), at: at + cut + 1 }
      isWhole = true
      end = cut
    }
    held = held.subarray(0, end)
    if (at === 0) break
    const chunk = Buffer.alloc(Math.min(chunkBytes, at))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at - chunk.length)
    // The file was truncated meanwhile.
    if (bytesRead < chunk.length) return
    at -= chunk.length
    held = Buffer.concat([chunk, held])
  }
  if (isWhole) yield { bytes: held, at: 0 }
}

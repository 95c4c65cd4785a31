import { type FileHandle, open } from 'node:fs/promises'
import type { AuditEntry } from '../entry.ts'
import { linesBackwards, recordFiles } from './files.ts'
import { parseLine } from './line.ts'

/** A file of the record that is read. */
export interface OpenFile {
  path: string
  file: FileHandle
}

/**
 * Opens all files of a record, the oldest first; none of what is written meanwhile is between them.
 * @throws what the file system refuses, but for a record that has no file yet
 */
export async function openRecord(path: string): Promise<OpenFile[]> {
  for (;;) {
    const paths = await recordFiles(path)
    const opened: OpenFile[] = []
    for (const each of paths)
      try {
        opened.push({ path: each, file: await open(each, 'r') })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
        await closeRecord(opened)
        throw error
      }
    // One may have been closed, or have expired, meanwhile.
    if ((await recordFiles(path)).join('\n') === paths.join('\n')) return opened
    await closeRecord(opened)
  }
}

export async function closeRecord(files: readonly OpenFile[]): Promise<void> {
  for (const { file } of files) await file.close()
}

/** The entries of a record, the newest first; what is not an entry is passed over. */
export async function* entriesBackwards(path: string): AsyncGenerator<AuditEntry> {
  const files = await openRecord(path)
  try {
    for (const { file } of files.toReversed()) {
      const { size } = await file.stat()
      for await (const { bytes } of linesBackwards(file, size)) {
        const entry = parseLine(bytes)
        if (entry !== undefined) yield entry
      }
    }
  } finally {
    await closeRecord(files)
  }
}

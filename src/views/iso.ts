import type { ISO } from '../hypercore/records/records.ts'
import { formatBytes } from '../lib/text/units.ts'
import { bytes, type ListView } from './list-view.ts'

const isoFields = ({ uuid, name, size, readyForInsert, mounts, path }: ISO) => ({
  uuid,
  name,
  size,
  sizeText: formatBytes(size),
  readyForInsert,
  mountedBy: mounts.map(({ vmName }) => vmName),
  mounts,
  path
})

export const isoView: ListView<ISO, ReturnType<typeof isoFields>> = {
  describe: isoFields,
  summary: ['uuid', 'name', 'size', 'sizeText', 'readyForInsert', 'mountedBy'],
  columns: ['uuid', 'name', 'sizeText', 'readyForInsert', 'mountedBy'],
  measures: { size: bytes((iso) => iso.size), sizeText: bytes((iso) => iso.size) }
}

import { formatTime } from '../lib/units.ts'

/** How a person names a snapshot: by its label, and by its time where it has none. */
export const snapshotName = ({ label, timestamp }: { label: string; timestamp: number }): string =>
  label.trim() === '' ? formatTime(timestamp) : label

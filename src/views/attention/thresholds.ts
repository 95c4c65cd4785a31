interface Threshold {
  value: number
  unit: string
  /** What it is for. */
  of: string
  /** Where it comes from, or why it is that. */
  because: string
}

/** From which figure on something needs a look. The table in docs/attention.md is read from here. */
export const thresholds = {
  driveFullPercent: {
    value: 90,
    unit: '% of a drive in use',
    of: '`DRIVE_FULL`',
    because: 'what the cluster itself calls nearly full of a tier'
  },
  driveHotMargin: {
    value: 5,
    unit: '°C below the limit the drive states',
    of: '`DRIVE_HOT`',
    because: 'drives slow down or switch off at their limit, and vary by two degrees'
  },
  storageWarningPercent: {
    value: 75,
    unit: '% of all drives in use',
    of: '`STORAGE_FILLING`, WARNING',
    because: 'room for what is written again when a drive or node fails'
  },
  storageCriticalPercent: {
    value: 90,
    unit: '% of all drives in use',
    of: '`STORAGE_FILLING`, CRITICAL',
    because: 'above it a cluster refuses snapshots, clones and new disks'
  },
  nodeMemoryPercent: {
    value: 90,
    unit: '% of the memory of a node in use',
    of: '`NODE_MEMORY_HIGH`',
    because: 'hardly a VM starts or moves there any more'
  },
  missedRuns: {
    value: 2,
    unit: 'times what the schedule allows between two snapshots',
    of: '`SNAPSHOT_STALE`',
    because: 'then one whole run is missing, and not only late'
  },
  replicationGraceHours: {
    value: 1,
    unit: 'h after which a snapshot has arrived',
    of: '`REPLICATION_LATE`',
    because: 'a rule of thumb: the changes of a day over a line of 100 Mbit/s take less'
  }
} as const satisfies Record<string, Threshold>

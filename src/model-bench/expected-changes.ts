/** The changes that a snapshot of a VM makes. */
export const ofSnapshot = (vm: string): string[] => [
  `+ VirDomainSnapshot ${vm}/`,
  `VirDomain ${vm}: snapUUIDs`,
  `VirDomain ${vm}: snapshotSerialNumber`
]

/** The changes that moving a VM makes. */
export const ofPlace = (vm: string): string[] =>
  ['nodeUUID', 'lastSeenRunningOnNodeUUID', 'affinityStrategy'].map(
    (field) => `VirDomain ${vm}: ${field}`
  )

/** The changes that starting or stopping a VM makes. */
export const ofPower = (vm: string): string[] => [
  ...['state', 'uiState', 'desiredDisposition'].map((field) => `VirDomain ${vm}: ${field}`),
  ...ofPlace(vm)
]

/** The changes that one more NIC makes. */
export const ofNic = (vm: string): string[] => [`+ VirDomainNetDevice ${vm}/`]

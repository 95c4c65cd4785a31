/** The changes that a snapshot of a VM makes. */
export const ofSnapshot = (vm: string): string[] => [
  `+ VirDomainSnapshot ${vm}/`,
  `VirDomain ${vm}: snapUUIDs`,
  `VirDomain ${vm}: snapshotSerialNumber`
]

/** The changes that starting, stopping or moving a VM makes. */
export const ofPower = (vm: string): string[] =>
  [
    'state',
    'uiState',
    'desiredDisposition',
    'nodeUUID',
    'lastSeenRunningOnNodeUUID',
    'affinityStrategy'
  ].map((field) => `VirDomain ${vm}: ${field}`)

/** The changes that one more NIC makes. */
export const ofNic = (vm: string): string[] => [`+ VirDomainNetDevice ${vm}/`]

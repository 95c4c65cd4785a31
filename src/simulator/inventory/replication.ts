import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { noTask } from '../tasks.ts'
import { newSnapshot } from '../vms/new-records.ts'

const replicatedName = 'sql-prod-01'

/** The connection to the other site's cluster (FACTS 9.2: S); what is secret there reads `""`. */
function createConnection(random: Random): Record<string, unknown> & { uuid: string } {
  const uuid = random.uuid()
  const nodeUUIDs = [random.uuid(), random.uuid(), random.uuid()]
  return {
    uuid,
    label: 'Leipzig branch',
    authInfo: {
      ipAddress: '10.30.0.11',
      sessionID: '',
      username: 'replication',
      password: '',
      associatedConnectionUUID: random.uuid(),
      connectionTimeoutSeconds: 30,
      secureConnection: true,
      receiveTimeoutSeconds: 0
    },
    connectionStatus: 'ESTABLISHED',
    remoteClusterInfo: {
      uuid: random.uuid(),
      filesystemID: random.hex(8),
      clusterName: 'leipzig',
      icosVersion: '9.4.30.217736',
      latestTaskTag: noTask(),
      brand: '',
      isRESTAPIEnabled: true
    },
    remoteNodeIPs: ['10.30.0.11', '10.30.0.12', '10.30.0.13'],
    securePorts: [
      { portNumber: 10022, portStatus: 'OPEN', remotePortAvailable: true, compression: true }
    ],
    secureMappings: nodeUUIDs.map((_, i) => ({
      targetIP: `10.30.0.${11 + i}`,
      targetPort: 10022,
      mappedIP: '127.0.0.1',
      mappedPort: 20022 + i,
      state: 'AVAILABLE'
    })),
    remoteNodeConnectionStates: nodeUUIDs.map(() => 'AVAILABLE'),
    compression: true,
    remoteNodeUUIDs: nodeUUIDs,
    createOptions: { cleanupOnFailure: true },
    replicationOK: true
  }
}

/** The connection to a second cluster, and one VM that is replicated to it. */
export function createReplication(state: ClusterState, random: Random): void {
  const connection = createConnection(random)
  state.remoteClusterConnections.set(connection.uuid, connection)
  const vm = [...state.virDomains.values()].find((candidate) => candidate.name === replicatedName)
  if (vm === undefined) return
  const taken = vm.snapUUIDs.map((uuid) => state.snapshots.get(uuid) ?? newSnapshot())
  const snapshotTo = taken.at(-1) ?? newSnapshot()
  const uuid = random.uuid()
  vm.replicationUUIDs = [uuid]
  state.replications.set(uuid, {
    uuid,
    sourceDomainUUID: vm.uuid,
    targetDomainUUID: random.uuid(),
    connectionUUID: connection.uuid,
    enable: true,
    label: 'disaster recovery',
    deprecated_sourceVSDInitialSerialNumber: 1,
    progress: {
      valid: 1,
      snapshotFrom: structuredClone(taken.at(-2) ?? newSnapshot()),
      snapshotTo: structuredClone(snapshotTo),
      blockCountDiff: snapshotTo.blockCountDiff,
      blockCountSent: snapshotTo.blockCountDiff,
      percentComplete: 100
    }
  })
}

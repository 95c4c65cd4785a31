import { internalError, written, type Call, type Handlers } from '../handler.ts'
import { TaskFailure } from '../tasks.ts'

const connectMs = 5000

type Keys = Record<string, unknown>[]

/** Whether a cluster shows this one the key, or the host key, that was handed in: any will do. */
const accept = ({ body }: Call<{ keys: Keys }>): unknown => ({ accepted: body.keys.length })

interface ConnectionBody {
  authInfo: { ipAddress?: string; connectionTimeoutSeconds?: number }
  compression?: boolean
  createOptions?: { cleanupOnFailure?: boolean }
}

/** Connects to another cluster; nothing is asked there (FACTS 9.2: S). */
function connect(call: Call<ConnectionBody>): unknown {
  const { world, body, sessionID, nodeUUID } = call
  const { remoteClusterConnections } = world.state
  const [pattern] = remoteClusterConnections.values()
  const uuid = world.random.uuid()
  const ipAddress = body.authInfo.ipAddress ?? ''
  const connection = {
    ...pattern,
    uuid,
    label: ipAddress,
    authInfo: { secureConnection: true, username: '', password: '', ...body.authInfo },
    connectionStatus: 'INITIALIZING',
    remoteNodeIPs: [ipAddress],
    compression: body.compression ?? true,
    createOptions: { cleanupOnFailure: true, ...body.createOptions }
  }
  const tag = world.tasks.start({
    description: 'Create Remote Cluster Connection to %@',
    parameters: [ipAddress],
    objectUUID: uuid,
    sessionID,
    nodeUUIDs: [nodeUUID],
    durationMs: connectMs,
    locks: [uuid],
    begin() {
      if (ipAddress === '')
        throw new TaskFailure('Unable to connect to the remote cluster: it has no address')
      remoteClusterConnections.set(uuid, connection)
    },
    finish() {
      connection.connectionStatus = 'ESTABLISHED'
    },
    undo: () => remoteClusterConnections.delete(uuid)
  })
  return written(tag, uuid)
}

/** Ends a connection; one that a replication uses stays (I). */
function disconnect(call: Call): unknown {
  const { world, params, sessionID, nodeUUID } = call
  const { remoteClusterConnections, replications } = world.state
  const uuid = params['uuid'] ?? ''
  if (!remoteClusterConnections.has(uuid)) throw internalError()
  const tag = world.tasks.start({
    description: 'Delete Remote Cluster Connection %@',
    parameters: [uuid.slice(0, 8)],
    objectUUID: uuid,
    sessionID,
    nodeUUIDs: [nodeUUID],
    durationMs: 1000,
    locks: [uuid],
    finish() {
      for (const { connectionUUID, enable } of replications.values())
        if (enable && connectionUUID === uuid)
          throw new TaskFailure('Unable to delete the connection: a replication uses it')
      remoteClusterConnections.delete(uuid)
    }
  })
  return written(tag)
}

/** The tasks, all or one, at most this many (FACTS 9.2: S). */
function tasks({ world, query }: Call): unknown {
  const tag = query.get('taskTag')
  const limit = query.has('limitSize') ? Number(query.get('limitSize')) : Infinity
  return world.tasks
    .list()
    .filter(({ taskTag }) => tag === null || taskTag === tag)
    .slice(0, limit)
}

/**
 * The second API, from 9.7.1 on, as far as it is known: the connecting of clusters, and what that
 * needs (FACTS 9.2: S, and 19: O). The shape of keys and of the SNMP settings is ours.
 */
export function v2Handlers(): Handlers {
  const keys = new Map<string, { uuid: string; publicKey: string }>()
  return {
    'GET /rest/v2/TaskTag': tasks,
    'GET /rest/v2/SNMPConfig': () => [],
    'GET /rest/v2/AuthenticationServerHostKey': ({ world }) => [
      { uuid: world.state.cluster.uuid, hostKey: `ssh-ed25519 ${world.state.cluster.filesystemID}` }
    ],
    'GET /rest/v2/AuthenticationKey': () => [...keys.values()],
    'POST /rest/v2/AuthenticationKey': ({ world }) => {
      const uuid = world.random.uuid()
      keys.set(uuid, { uuid, publicKey: `ssh-ed25519 ${world.random.hex(32)}` })
      return written('', uuid)
    },
    'POST /rest/v2/AuthenticationKey/Accept': accept,
    'POST /rest/v2/AuthenticationHostKey/Accept': accept,
    'POST /rest/v2/RemoteClusterConnection': connect,
    'DELETE /rest/v2/RemoteClusterConnection/{uuid}': disconnect
  }
}

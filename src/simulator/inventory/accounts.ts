import { loadCatalog, type Operation } from '../../catalog/load.ts'
import type { Role } from '../../hypercore/records/records.ts'
import type { SimulatorOptions } from '../options.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'

const settings = new Set([
  'Cluster',
  'DNSConfig',
  'TimeSource',
  'TimeZone',
  'AlertSMTPConfig',
  'AlertEmailTarget',
  'AlertSyslogTarget',
  'OIDCConfig',
  'Registration',
  'MonitoringConfig',
  'NucleusKey',
  'Certificate',
  'Update'
])
const backup = /^VirDomain(Export|Import|SnapshotCreate2)$/
const aboutVMs = ({ entity }: Operation): boolean =>
  entity.startsWith('VirDomain') || entity === 'ISO' || entity === 'VirtualDisk'

/**
 * The roles known from the UI and tests (FACTS 2.4: S, O), and the operations each permits. That a
 * function is called as its operation, and which role has which, is inferred (I).
 */
const roles: readonly {
  name: string
  description: string
  permits: (operation: Operation) => boolean
}[] = [
  { name: 'Admin', description: 'Everything', permits: () => true },
  {
    name: 'Backup',
    description: 'Export and import of virtual machines',
    permits: ({ operationId = '' }) => backup.test(operationId)
  },
  {
    name: 'Cluster Settings',
    description: 'Network, time, alerts, certificate and updates of the cluster',
    permits: (operation) =>
      settings.has(operation.entity) && operation.operationId !== 'ClusterShutdown'
  },
  {
    name: 'Cluster Shutdown',
    description: 'Switching the whole cluster off',
    permits: ({ operationId }) => operationId === 'ClusterShutdown'
  },
  {
    name: 'Read',
    description: 'Looking, without changing anything',
    permits: ({ effect }) => effect === 'read'
  },
  {
    name: 'VM Create/Edit',
    description: 'Creating and changing virtual machines, their disks and snapshots',
    permits: (operation) =>
      aboutVMs(operation) &&
      operation.effect !== 'read' &&
      operation.method !== 'DELETE' &&
      operation.operationId !== 'VirDomainAction'
  },
  {
    name: 'VM Delete',
    description: 'Deleting virtual machines, their disks and snapshots',
    permits: (operation) => aboutVMs(operation) && operation.method === 'DELETE'
  },
  {
    name: 'VM Power Controls',
    description: 'Starting and stopping virtual machines',
    permits: ({ operationId }) => operationId === 'VirDomainAction'
  }
]

/** The roles, the administrator of the options, a user who may only look and one for backups. */
export function createAccounts(
  state: ClusterState,
  random: Random,
  options: SimulatorOptions
): void {
  const operations = loadCatalog().operations.filter(({ since }) => since === undefined)
  for (const { name, description, permits } of roles) {
    const functions = new Set(
      operations.filter(permits).flatMap(({ operationId }) => operationId ?? [])
    )
    const role: Role = {
      uuid: random.uuid(),
      name,
      description,
      permissions: [...functions].map((functionName) => ({ functionName })),
      oidcName: name.toLowerCase().replaceAll(/[^a-z]+/g, '-')
    }
    state.roles.set(role.uuid, role)
  }
  const roleUUIDs = (...names: string[]): string[] =>
    [...state.roles.values()].filter((role) => names.includes(role.name)).map((role) => role.uuid)
  const add = (username: string, password: string, fullName: string, roles: string[]): void => {
    const uuid = random.uuid()
    state.users.set(uuid, { uuid, username, password, fullName, roleUUIDs: roles, sessionLimit: 0 })
  }
  add(options.user, options.password, 'Administrator', roleUUIDs('Admin'))
  // Known passwords, so that the limits of these two can be tried.
  if (options.user !== 'operator') add('operator', 'operator', 'Operator', roleUUIDs('Read'))
  if (options.user !== 'backup')
    add('backup', 'backup', 'Backup service', roleUUIDs('Read', 'Backup'))
}

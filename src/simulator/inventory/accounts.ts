import type { Role } from '../../hypercore/records.ts'
import type { SimulatorOptions } from '../options.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'

/** The roles known from the UI and tests (FACTS 2.4: S, O); their functions are inferred (I). */
const roles: readonly { name: string; description: string; functions: string[] }[] = [
  { name: 'Admin', description: 'Everything', functions: ['*'] },
  {
    name: 'Backup',
    description: 'Export and import of virtual machines',
    functions: ['VirDomainExport', 'VirDomainImport', 'VirDomainSnapshotCreate']
  },
  {
    name: 'Cluster Settings',
    description: 'Network, time, alerts and users of the cluster',
    functions: [
      'ClusterUpdate',
      'DNSConfigUpdate',
      'TimeSourceUpdate',
      'TimeZoneUpdate',
      'AlertSMTPConfigUpdate',
      'AlertEmailTargetUpdate',
      'AlertSyslogTargetUpdate',
      'RegistrationUpdate'
    ]
  },
  {
    name: 'Cluster Shutdown',
    description: 'Switching the whole cluster off',
    functions: ['ClusterShutdown']
  },
  { name: 'Read', description: 'Looking, without changing anything', functions: ['Read'] },
  {
    name: 'VM Create/Edit',
    description: 'Making and changing virtual machines',
    functions: [
      'VirDomainCreate',
      'VirDomainUpdate',
      'VirDomainClone',
      'VirDomainImport',
      'VirDomainBlockDeviceCreate',
      'VirDomainBlockDeviceUpdate',
      'VirDomainNetDeviceCreate',
      'VirDomainNetDeviceUpdate',
      'VirDomainSnapshotCreate'
    ]
  },
  {
    name: 'VM Delete',
    description: 'Deleting virtual machines, their disks and snapshots',
    functions: [
      'VirDomainDelete',
      'VirDomainBlockDeviceDelete',
      'VirDomainNetDeviceDelete',
      'VirDomainSnapshotDelete'
    ]
  },
  {
    name: 'VM Power Controls',
    description: 'Starting and stopping virtual machines',
    functions: ['VirDomainAction']
  }
]

/** The roles, the administrator of the options, a user who may only look and one for backups. */
export function createAccounts(
  state: ClusterState,
  random: Random,
  options: SimulatorOptions
): void {
  for (const { name, description, functions } of roles) {
    const role: Role = {
      uuid: random.uuid(),
      name,
      description,
      permissions: functions.map((functionName) => ({ functionName })),
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

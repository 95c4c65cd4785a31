import type { VirDomainNetDevice, VirDomainState } from '../../hypercore/records/records.ts'
import type { MachineTypeKeyword } from '../vms/machine-types.ts'

/** A kind of virtual machine that companies of this size run. */
export interface Workload {
  /** The VMs are called `stem-01`, `stem-02` and so on. */
  stem: string
  description: string
  tags: string
  operatingSystem: string
  machineType: MachineTypeKeyword
  memGiB: number
  vCPUs: number
  disksGiB: number[]
  vlan: number
  nicType?: VirDomainNetDevice['type']
  /** How busy it is on average, 0 to 1. */
  load: number
  hasAgent?: boolean
  ignoresAcpi?: boolean
}

const linux = { operatingSystem: 'os_other', machineType: 'bios', hasAgent: true } as const
const windows = {
  operatingSystem: 'os_windows_server_2019',
  machineType: 'uefi',
  hasAgent: true
} as const

const catalogue = {
  web: {
    ...linux,
    stem: 'web',
    description: 'Web front end, nginx on Ubuntu 24.04',
    tags: 'prod,web',
    memGiB: 4,
    vCPUs: 2,
    disksGiB: [40],
    vlan: 10,
    load: 0.18
  },
  sql: {
    ...windows,
    stem: 'sql-prod',
    description: 'SQL Server 2022, ERP and CRM databases',
    tags: 'prod,database,critical',
    operatingSystem: 'os_windows_server_2022',
    memGiB: 32,
    vCPUs: 8,
    disksGiB: [100, 400, 200],
    vlan: 20,
    load: 0.46
  },
  dc: {
    ...windows,
    stem: 'dc',
    description: 'Active Directory domain controller, DNS',
    tags: 'prod,infrastructure,critical',
    operatingSystem: 'os_windows_server_2022',
    memGiB: 8,
    vCPUs: 2,
    disksGiB: [80],
    vlan: 5,
    load: 0.06
  },
  legacyErp: {
    stem: 'legacy-erp',
    description: 'Old ERP on Windows 2003; ignores the ACPI shutdown, needs STOP',
    tags: 'prod,erp,legacy,ignores-acpi',
    operatingSystem: 'os_other',
    machineType: 'bios',
    memGiB: 4,
    vCPUs: 2,
    disksGiB: [60],
    vlan: 30,
    nicType: 'INTEL_E1000',
    load: 0.12,
    ignoresAcpi: true
  },
  file: {
    ...windows,
    stem: 'file',
    description: 'File server, departments and home folders',
    tags: 'prod,files',
    memGiB: 8,
    vCPUs: 4,
    disksGiB: [80, 1500],
    vlan: 20,
    load: 0.14
  },
  app: {
    ...linux,
    stem: 'app',
    description: 'Application server, Java',
    tags: 'prod,app',
    memGiB: 8,
    vCPUs: 4,
    disksGiB: [60],
    vlan: 10,
    load: 0.31
  },
  mail: {
    ...linux,
    stem: 'mail-relay',
    description: 'Outgoing mail relay',
    tags: 'prod,mail',
    memGiB: 2,
    vCPUs: 1,
    disksGiB: [20],
    vlan: 15,
    load: 0.04
  },
  monitoring: {
    ...linux,
    stem: 'zabbix',
    description: 'Monitoring of servers and switches',
    tags: 'infrastructure,monitoring',
    memGiB: 8,
    vCPUs: 4,
    disksGiB: [40, 120],
    vlan: 5,
    load: 0.22
  },
  postgres: {
    ...linux,
    stem: 'postgres',
    description: 'PostgreSQL 16 for the web shop',
    tags: 'prod,database',
    memGiB: 16,
    vCPUs: 4,
    disksGiB: [40, 250],
    vlan: 20,
    load: 0.35
  },
  rds: {
    ...windows,
    stem: 'rds',
    description: 'Remote desktop session host',
    tags: 'prod,desktop',
    memGiB: 16,
    vCPUs: 6,
    disksGiB: [120],
    vlan: 30,
    load: 0.41
  },
  win11: {
    stem: 'win11-desk',
    description: 'Windows 11 desktop with vTPM',
    tags: 'desktop',
    operatingSystem: 'os_windows_11',
    machineType: 'tpm',
    memGiB: 8,
    vCPUs: 2,
    disksGiB: [100],
    vlan: 30,
    load: 0.09,
    hasAgent: true
  },
  test: {
    ...linux,
    stem: 'test-web',
    description: 'Staging copy of the web front end',
    tags: 'test,web',
    memGiB: 2,
    vCPUs: 2,
    disksGiB: [40],
    vlan: 110,
    load: 0.03
  },
  build: {
    ...linux,
    stem: 'build',
    description: 'CI runner',
    tags: 'dev,ci',
    memGiB: 8,
    vCPUs: 8,
    disksGiB: [120],
    vlan: 110,
    load: 0.52
  },
  backup: {
    ...linux,
    stem: 'backup',
    description: 'Backup server, weekly copies to tape',
    tags: 'infrastructure,backup',
    memGiB: 8,
    vCPUs: 4,
    disksGiB: [40, 800],
    vlan: 5,
    load: 0.08
  },
  template: {
    ...linux,
    stem: 'tmpl-ubuntu-2404',
    description: 'Template: Ubuntu 24.04 with cloud-init',
    tags: 'template',
    memGiB: 2,
    vCPUs: 2,
    disksGiB: [20],
    vlan: 0,
    load: 0.02
  },
  pos: {
    ...linux,
    stem: 'branch-pos',
    description: 'Point of sale server of the Leipzig branch, replicated to here',
    tags: 'branch,pos',
    memGiB: 4,
    vCPUs: 2,
    disksGiB: [60],
    vlan: 40,
    load: 0.1
  },
  camera: {
    ...linux,
    stem: 'nvr',
    description: 'Video recorder of the warehouse cameras',
    tags: 'prod,video',
    memGiB: 6,
    vCPUs: 4,
    disksGiB: [40, 900],
    vlan: 50,
    load: 0.38
  },
  print: {
    ...windows,
    stem: 'print',
    description: 'Print server',
    tags: 'prod,print',
    memGiB: 4,
    vCPUs: 2,
    disksGiB: [60],
    vlan: 20,
    load: 0.03
  }
} satisfies Record<string, Workload>

type Name = keyof typeof catalogue

/** One machine of the fleet: what it runs and how it stands. */
export interface FleetEntry {
  workload: Workload
  state: VirDomainState
  /** A copy that another cluster replicates to here (FACTS 9.1). */
  replicationTarget: boolean
}

const running: VirDomainState = 'RUNNING'
const order: readonly (readonly [Name, VirDomainState])[] = [
  ['web', running],
  ['sql', running],
  ['dc', running],
  ['legacyErp', running],
  ['web', running],
  ['test', 'SHUTOFF'],
  ['template', 'SHUTOFF'],
  ['file', running],
  ['app', running],
  ['pos', 'SHUTOFF'],
  ['build', 'PAUSED'],
  ['win11', running],
  ['postgres', running],
  ['test', 'CRASHED'],
  ['mail', running],
  ['monitoring', running],
  ['rds', running],
  ['sql', 'SHUTOFF'],
  ['dc', running],
  ['app', running],
  ['backup', running],
  ['win11', 'SHUTOFF'],
  ['camera', running],
  ['print', running]
]

/** The first machines of a fleet without end: the same kinds come round again. */
export function fleet(size: number): FleetEntry[] {
  return Array.from({ length: size }, (_, i) => {
    const [name, state] = order[i % order.length] ?? ['web', running]
    const again = i >= order.length
    return {
      workload: catalogue[name],
      // One crashed machine is an event, forty would be another cluster.
      state: again && state === 'CRASHED' ? running : state,
      replicationTarget: name === 'pos'
    }
  })
}

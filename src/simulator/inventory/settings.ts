import type { TaskTagStatus } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState, SettingsRecord } from '../state.ts'
import { noTask } from '../tasks.ts'

const task = (): { latestTaskTag: TaskTagStatus } => ({ latestTaskTag: noTask() })

/** The settings of FACTS 16, as an administrator left them; no OIDC, no nucleus keys. */
export function createSettings(state: ClusterState, random: Random): void {
  const put = (entity: string, ...records: SettingsRecord[]): void => {
    state.settings.set(entity, new Map(records.map((record) => [record.uuid, record])))
  }
  put('DNSConfig', {
    uuid: 'dnsconfig_guid',
    serverIPs: ['10.20.0.2', '10.20.0.3'],
    searchDomains: ['example.org'],
    ...task()
  })
  put(
    'TimeSource',
    { uuid: 'timesource_guid', host: '0.pool.ntp.org', ...task() },
    { uuid: random.uuid(), host: '1.pool.ntp.org', ...task() }
  )
  put('TimeZone', { uuid: 'timezone_guid', timeZone: 'Europe/Berlin', ...task() })
  put('AlertSMTPConfig', {
    uuid: 'smtpconfig_guid',
    smtpServer: 'mail.example.org',
    port: 25,
    useSSL: false,
    useAuth: false,
    authUser: '',
    authPassword: '',
    fromAddress: 'cluster@example.org',
    ...task()
  })
  put('AlertEmailTarget', {
    uuid: 'default-target',
    alertTagUUID: '',
    emailAddress: 'ops@example.org',
    resendDelay: 86400,
    silentPeriod: 900,
    ...task()
  })
  put('AlertSyslogTarget', {
    uuid: random.uuid(),
    alertTagUUID: '',
    host: '10.20.0.9',
    port: 514,
    protocol: 'SYSLOG_PROTOCOL_UDP',
    resendDelay: 86400,
    silentPeriod: 900,
    ...task()
  })
  put('Registration', {
    uuid: 'registration_guid',
    companyName: 'Example Ltd',
    contact: 'Operations',
    phone: '+49 30 1234567',
    email: 'ops@example.org',
    clusterID: random.hex(16),
    clusterData: random.hex(64),
    clusterDataHash: random.hex(40),
    clusterDataHashAccepted: '',
    ...task()
  })
  put('MonitoringConfig', {
    uuid: random.uuid(),
    clusterName: state.cluster.clusterName,
    interval: 60,
    publishers: [{ name: 'node' }, { name: 'virdomain' }],
    subscribers: [],
    ...task()
  })
  put('OIDCConfig')
  put('NucleusKey')
}

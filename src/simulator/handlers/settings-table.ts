import { createHash } from 'node:crypto'
import type { ClusterState } from '../state.ts'

/** Fields of a settings entity as a new record has them; the body's values go over them. */
export interface SettingsEntity {
  name: string
  /** As it stands in a task's description. */
  noun: string
  /** At most one record (FACTS 16: "singleton"). */
  singleton?: boolean
  /** The uuid that the first record always has (FACTS 3.5, S; 24, high). */
  fixedUuid?: string
  /** False for those whose record has no latestTaskTag. */
  showsTask?: boolean
  /** False for OIDCConfig, which cannot be deleted (FACTS 3.3, S). */
  deletable?: boolean
  /** Fields that are kept and read back as `""`. */
  emptied?: string[]
  /** Fields that are never read back. */
  writeOnly?: string[]
  defaults: Record<string, unknown>
  /** Fields that the cluster works out itself. */
  derive?: (record: Record<string, unknown>, state: ClusterState) => Record<string, unknown>
  /** What is wrong with the record a write would lead to, or undefined. */
  check?: (record: Record<string, unknown>) => string | undefined
}

/** Underscores are valid (FACTS 24, high). */
const hostPattern = /^[A-Za-z0-9_]([A-Za-z0-9_.:-]*[A-Za-z0-9_])?$/

const wantPort = (record: Record<string, unknown>): string | undefined => {
  const port = Number(record.port)
  return port >= 1 && port <= 65535 ? undefined : 'The port must be between 1 and 65535'
}

const wantHost = (record: Record<string, unknown>): string | undefined =>
  hostPattern.test(String(record.host)) ? undefined : 'The host is not a valid name or address'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Where the endpoints of a provider usually are; a real cluster reads them from the provider. */
function providerUrls({ configurationURL }: Record<string, unknown>): Record<string, unknown> {
  const issuer = String(configurationURL).replace(/\/\.well-known\/.*$/, '')
  return {
    authorizationURL: `${issuer}/authorize`,
    tokenURL: `${issuer}/token`,
    logoutURL: `${issuer}/logout`
  }
}

/** What identifies the cluster to the vendor; a registration that is repeated keeps it. */
function registrationIds(
  record: Record<string, unknown>,
  { cluster }: ClusterState
): Record<string, unknown> {
  if (record.clusterID !== '') return {}
  const clusterData = sha256(cluster.filesystemID)
  return {
    clusterID: sha256(cluster.uuid).slice(0, 16),
    clusterData,
    clusterDataHash: sha256(clusterData).slice(0, 40)
  }
}

/** Also the older names of the database, such as US/Eastern (FACTS 24, high); no bare offsets. */
function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    return /^[A-Z]/i.test(name) && timeZone !== ''
  } catch {
    return false
  }
}

/**
 * The cluster's settings (FACTS 16; the numbers are samples and client defaults, O). What a real
 * cluster checks beyond the schema is not known, apart from OIDC's secret: the checks are ours (I).
 */
export const settingsEntities: readonly SettingsEntity[] = [
  {
    name: 'DNSConfig',
    noun: 'DNS Config',
    singleton: true,
    fixedUuid: 'dnsconfig_guid',
    defaults: { serverIPs: [], searchDomains: [] }
  },
  {
    name: 'TimeSource',
    noun: 'Time Source',
    fixedUuid: 'timesource_guid',
    defaults: { host: '' },
    check: wantHost
  },
  {
    name: 'TimeZone',
    noun: 'Time Zone',
    singleton: true,
    fixedUuid: 'timezone_guid',
    defaults: { timeZone: '' },
    check: ({ timeZone }) =>
      isTimeZone(String(timeZone)) ? undefined : `There is no time zone ${String(timeZone)}`
  },
  {
    name: 'AlertSMTPConfig',
    noun: 'Alert SMTP Config',
    singleton: true,
    fixedUuid: 'smtpconfig_guid',
    emptied: ['authPassword'],
    defaults: {
      smtpServer: '',
      port: 25,
      useSSL: false,
      useAuth: false,
      authUser: '',
      authPassword: '',
      fromAddress: ''
    },
    // Whatever is sent: the vendor's module never sends it (FACTS 24, high).
    derive: ({ authUser, authPassword }) => ({ useAuth: authUser !== '' || authPassword !== '' }),
    check: wantPort
  },
  {
    name: 'AlertEmailTarget',
    noun: 'Alert Email Target',
    fixedUuid: 'default-target',
    defaults: { alertTagUUID: '', emailAddress: '', resendDelay: 86400, silentPeriod: 900 }
  },
  {
    name: 'AlertSyslogTarget',
    noun: 'Alert Syslog Target',
    defaults: {
      alertTagUUID: '',
      host: '',
      port: 514,
      protocol: 'SYSLOG_PROTOCOL_UDP',
      resendDelay: 86400,
      silentPeriod: 900
    },
    check: (record) => wantHost(record) ?? wantPort(record)
  },
  {
    name: 'OIDCConfig',
    noun: 'OIDC Config',
    singleton: true,
    fixedUuid: 'oidcconfig_uuid',
    showsTask: false,
    deletable: false,
    writeOnly: ['sharedSecret'],
    defaults: {
      clientID: '',
      sharedSecret: '',
      certificate: '',
      configurationURL: '',
      scopes: '',
      authorizationURL: '',
      tokenURL: '',
      logoutURL: ''
    },
    derive: providerUrls,
    check: ({ sharedSecret, certificate }) =>
      sharedSecret === '' && certificate === ''
        ? 'Either sharedSecret or certificate is required'
        : undefined
  },
  {
    name: 'Registration',
    noun: 'Registration',
    singleton: true,
    fixedUuid: 'registration_guid',
    defaults: {
      companyName: '',
      contact: '',
      phone: '',
      email: '',
      clusterID: '',
      clusterData: '',
      clusterDataHash: '',
      clusterDataHashAccepted: ''
    },
    derive: registrationIds
  },
  {
    name: 'MonitoringConfig',
    noun: 'Monitoring Config',
    singleton: true,
    defaults: { clusterName: '', interval: 60, publishers: [], subscribers: [] }
  },
  {
    name: 'NucleusKey',
    noun: 'Nucleus Key',
    showsTask: false,
    defaults: { value: '' }
  }
]

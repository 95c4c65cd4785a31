import { login } from './setting-secrets.ts'
import {
  oneOf,
  parseAddresses,
  parseBoolean,
  parseCount,
  parseExportUri,
  parseRateLimit,
  words
} from './setting-values.ts'
import type { Setting } from './setting.ts'
export const updatePolicies = ['refuse', 'allow'] as const
export const approvalFloors = ['off', 'interrupt', 'lose', 'write'] as const
export const rawCalls = ['off', 'read', 'checked', 'any'] as const

/** What calls may do, whatever a token may. */
export const policySettings = {
  /** The archive exportVM writes to and importVM reads from. */
  archive: {
    part: 'bridge',
    name: 'SCALE_EXPORT_URI',
    meaning: 'archive of exportVM',
    parse: parseExportUri,
    secrets: login
  },
  duringUpdate: {
    part: 'bridge',
    name: 'DURING_UPDATE',
    meaning: 'writes while the cluster is updated',
    parse: oneOf(updatePolicies),
    fallback: 'refuse'
  },
  readOnly: {
    part: 'bridge',
    name: 'READ_ONLY',
    meaning: 'nothing is written',
    parse: parseBoolean,
    fallback: 'false'
  },
  runApi: {
    part: 'bridge',
    name: 'RUN_API',
    meaning: 'what raw calls may do',
    parse: oneOf(rawCalls),
    fallback: 'checked'
  },
  approval: {
    part: 'bridge',
    name: 'APPROVAL',
    meaning: 'which calls a person approves',
    parse: oneOf(approvalFloors),
    fallback: 'off'
  },
  /** Tags of VMs, in any case. */
  protectedTags: {
    part: 'bridge',
    name: 'PROTECTED_TAGS',
    meaning: 'VMs that change only with approval',
    parse: words,
    fallback: ''
  },
  maxTargets: {
    part: 'bridge',
    name: 'MAX_TARGETS',
    meaning: 'objects a call may touch at once',
    parse: parseCount,
    fallback: '1'
  },
  /** Infinity for no limit. */
  writesPerMinute: {
    part: 'bridge',
    name: 'WRITES_PER_MINUTE',
    meaning: 'writes per minute and token',
    parse: parseRateLimit,
    fallback: '60'
  },
  exportTargets: {
    part: 'bridge',
    name: 'EXPORT_TARGETS',
    meaning: 'where data may go, beside the archive',
    parse: parseAddresses,
    fallback: ''
  },
  importSources: {
    part: 'bridge',
    name: 'IMPORT_SOURCES',
    meaning: 'where VMs and images may come from',
    parse: parseAddresses,
    fallback: ''
  }
} as const satisfies Record<string, Setting>

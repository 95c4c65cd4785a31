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
    meaning:
      'the archive that exportVM writes to: `smb://user:password@server/share/folder`, not URL-encoded',
    parse: parseExportUri,
    secrets: login
  },
  duringUpdate: {
    part: 'bridge',
    name: 'DURING_UPDATE',
    meaning:
      'writes that a running HyperCore update could cut off: `refuse` (not sent, `UPDATE_IN_PROGRESS`) or `allow` (sent, with a note)',
    parse: oneOf(updatePolicies),
    fallback: 'refuse'
  },
  readOnly: {
    part: 'bridge',
    name: 'READ_ONLY',
    meaning:
      '`true`: nothing is written, regardless of tokens and other settings; tools that only write are not listed',
    parse: parseBoolean,
    fallback: 'false'
  },
  runApi: {
    part: 'bridge',
    name: 'RUN_API',
    meaning:
      'what `run_api` may do: `off`, `read` (it only reads), `checked` (every call is checked against the catalog first), `any` (the caller may send one unchecked with `validate: false`)',
    parse: oneOf(rawCalls),
    fallback: 'checked'
  },
  approval: {
    part: 'bridge',
    name: 'APPROVAL',
    meaning:
      'which calls [a person approves](approvals.md) before they are sent, by their [effect](effects.md): `off`, `interrupt` (that and all graver ones), `lose` (what loses data, leaves the cluster or controls it), `write` (every write)',
    parse: oneOf(approvalFloors),
    fallback: 'off'
  },
  /** Tags of VMs, in any case. */
  protectedTags: {
    part: 'bridge',
    name: 'PROTECTED_TAGS',
    meaning:
      'tags of VMs, comma-separated: anything but reading them and taking a snapshot needs approval',
    parse: words,
    fallback: ''
  },
  maxTargets: {
    part: 'bridge',
    name: 'MAX_TARGETS',
    meaning:
      'objects that one call may act on, and VMs that it may create; what is more needs approval',
    parse: parseCount,
    fallback: '1'
  },
  /** Infinity for no limit. */
  writesPerMinute: {
    part: 'bridge',
    name: 'WRITES_PER_MINUTE',
    meaning:
      'writes that one token may make in a minute, or `off`; each of a sequence and each item of a list counts; beyond it a call needs approval',
    parse: parseRateLimit,
    fallback: '60'
  },
  exportTargets: {
    part: 'bridge',
    name: 'EXPORT_TARGETS',
    meaning:
      'where data may go beside `SCALE_EXPORT_URI`, comma-separated: hosts (`nas.example`), folders (`smb://nas.example/exports`), or `*`',
    parse: parseAddresses,
    fallback: ''
  },
  importSources: {
    part: 'bridge',
    name: 'IMPORT_SOURCES',
    meaning:
      'where VMs, ISOs and disk images may come from beside `SCALE_EXPORT_URI`, in the same form',
    parse: parseAddresses,
    fallback: ''
  }
} as const satisfies Record<string, Setting>

import type {
  Change,
  FlatEntity,
  FlatRecord,
  FlatRecords
} from '../../hypercore/records/flat-records.ts'
import { isObject } from '../../lib/json/json.ts'
import { sum } from '../../lib/sum.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { counted, exactBytes, formatBytes } from '../../lib/text/units.ts'

/** A change to a record that existed before and still does, with those of its fields to report. */
export interface ToldChange extends Change {
  fields: readonly string[]
}

const sizes = new Set(['mem', 'capacity', 'capacityBytes', 'size', 'totalMemUsageBytes'])

const labelOf: Partial<Record<FlatEntity, string>> = {
  VirDomain: 'VM',
  VirDomainSnapshotSchedule: 'schedule',
  VirDomainReplication: 'replication',
  VirtualDisk: 'disk image',
  Node: 'node'
}

/** Says what changes are, in words. */
export class ChangeWords {
  readonly #records: readonly FlatRecords[]

  /** @param records in which names are looked up, the latest first */
  constructor(...records: readonly FlatRecords[]) {
    this.#records = records
  }

  #find(uuid: string): FlatRecord | undefined {
    return this.#records.map((each) => each.get(uuid)).find((each) => each !== undefined)
  }

  #nameOf(uuid: string): string {
    const found = this.#find(uuid)
    if (found === undefined) return uuid
    return this.#name(found)
  }

  #name({ entity, uuid, owner, at, record }: FlatRecord): string {
    const given = record['name'] ?? record['label'] ?? record['lanIP']
    const text = typeof given === 'string' && given !== '' ? given : undefined
    const ofVm = owner === '' ? '' : ` of VM ${this.#vmName(owner)}`
    switch (entity) {
      case 'VirDomainBlockDevice':
        return `${diskWords(record)}${ofVm}`
      case 'VirDomainNetDevice':
        return `NIC ${at + 1}${ofVm}`
      case 'VirDomainSnapshot':
        return `snapshot ${text === undefined ? 'without a label' : quoteName(text)}${ofVm}`
      case 'Node':
        return `node ${text ?? uuid}`
      default:
        return `${labelOf[entity] ?? entity} ${text === undefined ? uuid : quoteName(text)}${ofVm}`
    }
  }

  #vmName(uuid: string): string {
    const name = this.#find(uuid)?.record['name']
    return typeof name === 'string' ? quoteName(name) : uuid
  }

  #value(field: string, value: unknown): string {
    if (value === '' || value === null || value === undefined) return 'none'
    if (sizes.has(field) && typeof value === 'number') return exactBytes(value)
    if (typeof value === 'string') {
      const found = this.#find(value)
      if (found !== undefined) return this.#name(found)
      return /^[A-Z0-9_:.-]{1,40}$/.test(value) ? value : quoteText(value, 100)
    }
    if (Array.isArray(value))
      return value.length === 0
        ? 'none'
        : value
            .slice(0, 5)
            .map((each) => this.#value('', each))
            .join(', ')
    if (isObject(value))
      return (
        Object.entries(value)
          .filter(([, held]) => held !== '' && held !== false)
          .map(([name, held]) => `${name} ${this.#value(name, held)}`)
          .join(', ')
          .slice(0, 200) || 'none'
      )
    return JSON.stringify(value) ?? 'none'
  }

  /** `VM "web-01": mem 4 GiB → 8 GiB`; undefined where nothing is to be said. */
  #changed(before: FlatRecord, after: FlatRecord, fields: readonly string[]): string | undefined {
    if (fields.length === 0) return undefined
    const told = fields.map((field) => {
      if (field === 'cloudInitData') return 'cloud-init data changes'
      const [was, is] = [before.record[field], after.record[field]]
      return `${field} ${this.#value(field, was)} → ${this.#value(field, is)}`
    })
    return `${this.#name(before)}: ${told.join(', ')}`
  }

  #size({ entity, record }: FlatRecord): string {
    const bytes = record['capacity'] ?? record['capacityBytes'] ?? record['size']
    if (entity === 'VirDomain')
      return ` (${String(record['numVCPU'])} vCPU, ${exactBytes(Number(record['mem']))}, ${String(record['state'])})`
    return typeof bytes === 'number' && bytes > 0 ? ` (${formatBytes(bytes)})` : ''
  }

  /** What changes and what is new, a line each; devices of a VM that comes or goes are part of it. */
  changes(changes: readonly ToldChange[]): string[] {
    const whole = wholeVms(changes)
    return changes.flatMap(({ before, after, fields }) => {
      if (after === undefined) return []
      if (before !== undefined) return this.#changed(before, after, fields) ?? []
      if (after.entity !== 'VirDomain' && isDevice(after) && whole.has(after.owner)) return []
      const nth = devicesOf(changes, after)
      return [`new: ${this.#name(after)}${this.#size(after)}${nth}`]
    })
  }

  /** What no longer exists afterwards, a line each. */
  lost(changes: readonly Change[]): string[] {
    const whole = wholeVms(changes)
    return changes.flatMap(({ before, after }) => {
      if (before === undefined || after !== undefined) return []
      if (before.entity !== 'VirDomain' && whole.has(before.owner)) return []
      return [`${this.#name(before)}${this.#size(before)}${goesWith(changes, before)}`]
    })
  }

  /** The name of a record as sentences have it. */
  nameOf(uuid: string): string {
    return this.#nameOf(uuid)
  }
}

const isDevice = ({ entity }: FlatRecord): boolean =>
  entity === 'VirDomainBlockDevice' || entity === 'VirDomainNetDevice'

const diskWords = ({ type, slot }: Record<string, unknown>): string =>
  type === 'IDE_CDROM' ? `CD drive ${String(slot)}` : `${String(type)} ${String(slot)}`

/** VMs that come or go as a whole. */
const wholeVms = (changes: readonly Change[]): Set<string> =>
  new Set(
    changes.flatMap(({ before, after }) =>
      before === undefined || after === undefined
        ? [before, after].flatMap((each) => (each?.entity === 'VirDomain' ? [each.uuid] : []))
        : []
    )
  )

/** `: 1 disk, 1 NIC` of a VM that is new. */
function devicesOf(changes: readonly Change[], { entity, uuid }: FlatRecord): string {
  if (entity !== 'VirDomain') return ''
  const own = changes.flatMap(({ after }) => (after?.owner === uuid ? [after] : []))
  const disks = own.filter((each) => each.entity === 'VirDomainBlockDevice')
  const nics = own.filter((each) => each.entity === 'VirDomainNetDevice')
  return `: ${counted(disks.length, 'device')}, ${counted(nics.length, 'NIC')}`
}

/** `, with it 2 disks (40 GiB) and 3 snapshots` of a VM that goes. */
function goesWith(changes: readonly Change[], { entity, uuid }: FlatRecord): string {
  if (entity !== 'VirDomain') return ''
  const own = changes.flatMap(({ before, after }) =>
    before?.owner === uuid && after === undefined ? [before] : []
  )
  const disks = own.filter(
    (each) => each.entity === 'VirDomainBlockDevice' && each.record['type'] !== 'IDE_CDROM'
  )
  const snapshots = own.filter((each) => each.entity === 'VirDomainSnapshot')
  const bytes = sum(disks, ({ record }) => Number(record['capacity'] ?? 0))
  return `, with it ${counted(disks.length, 'disk')} (${formatBytes(bytes)}) and ${counted(snapshots.length, 'snapshot')}`
}

import type { Effect } from '../../lib/effect.ts'

/** What a value of a body's field does, where that is not what the operation does anyway. */
export interface EffectRule {
  /** Way to the field: `snapshotScheduleUUID`, `[].actionType`, `rrules[].rrule`. */
  field: string
  /** Holds for these values. Without a condition the rule holds for every value. */
  values?: readonly (string | number | boolean)[]
  /** Holds for text without a character that shows, and for a list without items. */
  empty?: true
  /** Holds where the field is absent, or empty. */
  missing?: true
  effect: Effect
  /** In short words: `STOP cuts the power of a running VM`. */
  reason: string
}

/** What the host or URI of a field is for: the archive of an export or import, or something else. */
export type AddressKind = 'export' | 'import' | 'other'

/**
 * Where an operation names what it is about. A place is a parameter of the path (`{uuid}`), a field of
 * the body (`[].virDomainUUID`), or `""` for the whole of an entity, such as the cluster.
 */
export interface EffectMarks {
  /** What an ordinary call does; no rule is milder. */
  effect: Effect
  /** In short words; undefined for a read. */
  effectReason: string | undefined
  /** Of several rules for a field, the first that holds counts. */
  effectRules: readonly EffectRule[]
  /** Objects acted on, and the entities they are of. */
  targets: Readonly<Record<string, string>>
  /** Objects that are only pointed to, such as the source of a copy; any of the entities. */
  references: Readonly<Record<string, string | readonly string[]>>
  /** Hosts and URIs that data or logins leave to or come from. */
  addresses: Readonly<Record<string, AddressKind>>
}

/** The same as the catalog's document has it. */
export interface RawEffectMarks {
  'x-effect'?: Effect
  'x-effect-reason'?: string
  'x-effect-rules'?: EffectRule[]
  'x-targets'?: Record<string, string>
  'x-references'?: Record<string, string | string[]>
  'x-addresses'?: Record<string, AddressKind>
}

/** What is not marked is `control`: it was never judged. */
export const toEffectMarks = (raw: RawEffectMarks): EffectMarks => ({
  effect: raw['x-effect'] ?? 'control',
  effectReason: raw['x-effect-reason'],
  effectRules: raw['x-effect-rules'] ?? [],
  targets: raw['x-targets'] ?? {},
  references: raw['x-references'] ?? {},
  addresses: raw['x-addresses'] ?? {}
})

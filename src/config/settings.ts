import { clusterSettings } from './cluster-settings.ts'
import { listenSettings } from './listen-settings.ts'
import { otelSettings } from './otel-settings.ts'
import { policySettings } from './policy-settings.ts'
import { serviceSettings } from './service-settings.ts'
import type { Part, Setting } from './setting.ts'

/**
 * Every setting. The types of the configuration and its reader are derived from this table, and the
 * documentation is checked against it: a new setting is a new entry here. A key is the field of the
 * configuration; those of the parts `webhook`, `openWebUi`, `llm`, `oidc` and `otel` begin with the part's name.
 */
const table = {
  ...clusterSettings,
  ...policySettings,
  ...listenSettings,
  ...serviceSettings,
  ...otelSettings
} as const satisfies Record<string, Setting>

type Table = typeof table

export type SettingKey = keyof Table

/** The table, by the keys of the settings, in the order they are documented. */
export const settings: {
  readonly [Key in SettingKey]: Setting<ReturnType<Table[Key]['parse']>>
} = table

/** The type of a setting's value. */
export type ValueOf<Key extends SettingKey> =
  | ReturnType<Table[Key]['parse']>
  | (Table[Key] extends { fallback: string } | { required: string } | { derived: object }
      ? never
      : undefined)

/** `apiKey` for `llmApiKey` of the part `llm`. */
type FieldOf<Key, P extends Part> = Key extends `${P}${infer Rest}` ? Uncapitalize<Rest> : Key

/** The values of all settings of a part, by the fields of its configuration. */
export type ValuesOf<P extends Part> = {
  [Key in SettingKey as Table[Key]['part'] extends P ? FieldOf<Key, P> : never]: ValueOf<Key>
}

/** The settings of a part, by the fields of its configuration. */
export const keysOfPart = (part: Part): [field: string, key: SettingKey][] =>
  (Object.keys(table) as SettingKey[])
    .filter((key) => table[key].part === part)
    .map((key) => {
      const field = key.startsWith(part) ? key.slice(part.length) : key
      return [field.charAt(0).toLowerCase() + field.slice(1), key]
    })

import type {
  Dashboard,
  DataQuery,
  FieldConfig,
  FieldConfigSource,
  Panel,
  VariableModel
} from '@grafana/schema'
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type {
  FieldConfig as TimeSeriesFields,
  Options as TimeSeriesOptions
} from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

/*
 * A dashboard by Grafana's own types, of the panels and the one source that the example has. Grafana's `Panel`
 * takes any name as its type and any options: here each type has the options that Grafana wrote down for it.
 */

/** As JSON has it: an enum by its text. */
type Json<T> = T extends string
  ? `${T}`
  : T extends readonly (infer E)[]
    ? Json<E>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T

/** What is left out, Grafana fills with its defaults. */
type Given<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Given<T[K]> }
    : T

interface Source {
  type: 'prometheus'
  // oxlint-disable-next-line no-template-curly-in-string -- Grafana puts in what was chosen
  uid: '${datasource}'
}

/** The query of Prometheus is its plugin's, and not in the schema: by @grafana/grafana-foundation-sdk 0.0.21. */
interface Query extends Omit<DataQuery, 'datasource'> {
  datasource: Source
  expr: string
  legendFormat: string
  format?: 'time_series' | 'table' | 'heatmap'
  exemplar?: boolean
  instant?: boolean
  interval?: string
  range?: boolean
}

interface Shown<Type extends string, Options, Fields> extends Omit<
  Panel,
  'datasource' | 'fieldConfig' | 'options' | 'targets' | 'type'
> {
  type: Type
  datasource: Source
  options: Given<Options>
  fieldConfig: Omit<FieldConfigSource, 'defaults'> & {
    defaults: Omit<FieldConfig, 'custom'> & { custom?: Given<Fields> }
  }
  targets: Query[]
}

interface Variable extends Omit<VariableModel, 'datasource'> {
  datasource?: Source
  /** Of a query, for those who look at the settings; in the schema since its version 2. */
  definition?: string
}

export type GrafanaDashboard = Json<
  Omit<Dashboard, 'panels' | 'templating'> & {
    panels: (
      Shown<'stat', StatOptions, never> | Shown<'timeseries', TimeSeriesOptions, TimeSeriesFields>
    )[]
    templating: { list: Variable[] }
  }
>

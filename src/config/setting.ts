import type { Secret } from '../lib/secrets/redactor.ts'
import type { Environment } from './env-file.ts'
import type { GivenText } from './setting-secrets.ts'

/** Which configuration a setting belongs to; `webhook`, `llm`, `oidc`, `otel` and `openWebUi` are of the bridge's. */
export type Part = 'bridge' | 'cluster' | 'webhook' | 'openWebUi' | 'llm' | 'oidc' | 'otel'

/** One setting: how its text is read, and how the documentation names it. */
export interface Setting<T = unknown> {
  part: Part
  /** Of the environment variable. */
  name: string
  /** What it is for, as Markdown of the folder `docs`: a cell of the table in docs/settings.md. */
  meaning: string
  /** The default in that table, where neither `fallback` nor `required` says it. */
  shownDefault?: string
  /** Reads the text, or throws an Error whose message says what is allowed. */
  parse: (text: string) => T
  /** What an unset or empty variable stands for. Without it, and without `required`: undefined. */
  fallback?: string
  /** Why it must be set. */
  required?: string
  /** A default that depends on the platform or on other variables. */
  derived?: (env: Environment) => T
  /** What is secret in the value; absent where all of it may be shown. */
  secrets?(value: T, given: GivenText): Secret[]
  /** Whitespace around the value belongs to it. */
  keepsWhitespace?: true
}

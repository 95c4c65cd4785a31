import type { Secret } from '../lib/redactor.ts'
import type { GivenText } from './setting-secrets.ts'
import type { Environment } from './env-file.ts'
import { words } from './setting-values.ts'

/** What is wrong with the settings, one line for each variable. Values are never repeated. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** One setting: how its text is read, and how the documentation names it. */
export interface Setting<T> {
  name: string
  meaning: string
  /** Shown in the documentation; the value an unset or empty variable stands for. */
  fallback: string | undefined
  /** Reads the text, or throws an Error whose message says what is allowed. */
  parse: (text: string) => T
  /** Blanks around the value belong to it. */
  keepBlanks?: boolean
  /** What of the value nobody may read; absent where all of it may be shown. */
  secrets?: (value: T, given: GivenText) => Secret[]
}

/** What Claude Desktop passes on for an option of a bundle that its user left empty. */
const emptyOption = /^\$\{user_config\.\w+\}$/

/** Reads settings one by one and collects what is wrong with them. */
export class Reader {
  readonly problems: string[] = []
  readonly #secrets: Secret[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** The text of a variable; undefined where nobody gave it one. */
  #given(name: string): string | undefined {
    const text = this.#env[name]
    return text === undefined || text.trim() === '' || emptyOption.test(text.trim())
      ? undefined
      : text
  }

  /**
   * The secrets in what was read so far. One that is also the value of a setting without secrets, such
   * as a password that is the name of its user, may be read there.
   */
  secretsBeside(all: Iterable<{ name: string; secrets?: unknown }>): Secret[] {
    const shown = [...all]
      .filter(({ secrets }) => secrets === undefined)
      .flatMap(({ name }) => words(this.#given(name) ?? ''))
    return this.#secrets.map((secret) => ({ ...secret, isPublic: shown.includes(secret.value) }))
  }

  /** Whether somebody gave the setting a value, right or wrong. */
  isSet({ name }: { name: string }): boolean {
    return this.#given(name) !== undefined
  }

  /** The value of a setting; undefined where it is unset without fallback, or wrong. */
  read<T>({ name, fallback, parse, keepBlanks, secrets }: Setting<T>): T | undefined {
    const given = this.#given(name)
    const text = (keepBlanks ? given : given?.trim()) ?? fallback
    if (text === undefined || text === '') return undefined
    try {
      const value = parse(text)
      this.#secrets.push(...(secrets?.(value, (other) => this.#given(other)) ?? []))
      return value
    } catch (error) {
      this.problems.push(`${name} ${error instanceof Error ? error.message : 'is wrong'}`)
      return undefined
    }
  }

  /** As `read`; a missing value is a problem. */
  need<T>(setting: Setting<T>, advice: string): T | undefined {
    if (!this.isSet(setting)) {
      this.problems.push(`${setting.name} is not set: ${advice}`)
      return undefined
    }
    return this.read(setting)
  }

  /** Either of two without the other is a problem. */
  pair(one: { name: string }, other: { name: string }, purpose: string): void {
    if (this.isSet(one) === this.isSet(other)) return
    const [given, missing] = this.isSet(one) ? [one, other] : [other, one]
    this.problems.push(
      `${missing.name} is not set, but ${given.name} is: set both for ${purpose}, or neither`
    )
  }

  /** The finished value, if nothing was wrong. */
  done<T>(value: T): T {
    if (this.problems.length > 0) throw new ConfigError(this.problems)
    return Object.freeze(value)
  }
}

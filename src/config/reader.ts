import type { Secret } from '../lib/secrets/redactor.ts'
import { type Environment, givenText } from './env-file.ts'
import { secretFileOf } from './secret-files.ts'
import type { Setting } from './setting.ts'
import { keysOfPart, type SettingKey, settings, type ValueOf, type ValuesOf } from './settings.ts'
import { words } from './setting-values.ts'

/** What is wrong with the settings, one line for each variable. Values are never repeated. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** Reads settings one by one and collects what is wrong with them. */
export class Reader {
  readonly problems: string[] = []
  readonly #secrets: Secret[] = []
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  /** The text of a variable; undefined where it is not set. */
  #given(name: string): string | undefined {
    return givenText(this.#env, name)
  }

  /** Whether the setting was given a value, right or wrong. */
  isSet(key: SettingKey): boolean {
    const { name } = settings[key]
    return this.#given(name) !== undefined || secretFileOf(this.#env, name) !== undefined
  }

  /** The value, or the default; undefined where there is neither, or it is wrong. */
  readOptional<Key extends SettingKey>(key: Key): ValueOf<Key> | undefined {
    const setting: Setting = settings[key]
    const { name, fallback, parse, derived, keepsWhitespace } = setting
    const given = this.#given(name)
    const text = (keepsWhitespace ? given : given?.trim()) ?? fallback
    const file = secretFileOf(this.#env, name)
    if (file?.problem !== undefined) this.problems.push(file.problem)
    try {
      if (text === undefined) return derived?.(this.#env) as ValueOf<Key> | undefined
      const value = parse(text)
      this.#learn(setting, value)
      return value as ValueOf<Key>
    } catch (error) {
      const where = file === undefined ? name : `${name}, in ${file.path},`
      this.problems.push(`${where} ${error instanceof Error ? error.message : 'is wrong'}`)
      return undefined
    }
  }

  /** The value; a missing one is a problem if the setting is required. */
  read<Key extends SettingKey>(key: Key): ValueOf<Key> {
    const { name, required } = settings[key]
    if (required !== undefined && !this.isSet(key))
      this.problems.push(`${name} is not set: ${required}`)
    // Where it is undefined in spite of its type there is a problem, and `done` throws.
    return this.readOptional(key) as ValueOf<Key>
  }

  /**
   * All settings of a part.
   * @param defaults stand in for those that are not set
   */
  readPart<P extends Setting['part']>(part: P, defaults: Partial<ValuesOf<P>> = {}): ValuesOf<P> {
    const values = keysOfPart(part).map(([field, key]) => {
      const takesDefault = Object.hasOwn(defaults, field) && !this.isSet(key)
      if (!takesDefault) return [field, this.read(key)]
      const value = defaults[field as keyof typeof defaults]
      this.#learn(settings[key], value)
      return [field, value]
    })
    return Object.fromEntries(values) as ValuesOf<P>
  }

  /** Notes what is secret in a value. */
  #learn(setting: Setting, value: unknown): void {
    this.#secrets.push(...(setting.secrets?.(value, (name) => this.#given(name)) ?? []))
  }

  /**
   * The secrets in what was read so far. One that is also the value of a setting without secrets, such
   * as a password that is the name of its user, may be read there.
   */
  get secrets(): Secret[] {
    const shown = Object.values(settings)
      .filter((setting) => setting.secrets === undefined)
      .flatMap(({ name }) => words(this.#given(name) ?? ''))
    return this.#secrets.map((secret) => ({ ...secret, isPublic: shown.includes(secret.value) }))
  }

  /** Either of two without the other is a problem. */
  pair(one: SettingKey, other: SettingKey, purpose: string): void {
    if (this.isSet(one) === this.isSet(other)) return
    const [given, missing] = this.isSet(one) ? [one, other] : [other, one]
    this.problems.push(
      `${settings[missing].name} is not set, but ${settings[given].name} is: ` +
        `set both for ${purpose}, or neither`
    )
  }

  /**
   * The finished value, frozen.
   * @throws {ConfigError} if anything that was read is wrong
   */
  done<T>(value: T): T {
    if (this.problems.length > 0) throw new ConfigError(this.problems)
    return Object.freeze(value)
  }
}

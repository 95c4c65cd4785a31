import { hash, randomBytes } from 'node:crypto'
import { isObject } from '../lib/json/json.ts'
import { looksLike } from '../lib/text/look-alike.ts'
import { tokenForm } from '../lib/secrets/token-form.ts'
import { parseScopes, type Scope } from './scope.ts'

/** What is kept of a token. The token itself is kept nowhere. */
export interface TokenRecord {
  /** Eight hexadecimal digits. */
  id: string
  name: string
  /** SHA-256 of the token in hexadecimal: a random text does not require a slower hash. */
  hash: string
  scopes: readonly Scope[]
  /** Left out for all VMs. */
  vmTags?: readonly string[] | undefined
  /** ISO 8601, as all times here. */
  createdAt: string
  /** Left out where it does not expire. */
  expiresAt?: string | undefined
  revokedAt?: string | undefined
}

export type TokenState = 'valid' | 'expired' | 'revoked'

/** @param now Unix milliseconds */
export function stateOf(
  { expiresAt, revokedAt }: Pick<TokenRecord, 'expiresAt' | 'revokedAt'>,
  now: number
): TokenState {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt !== undefined && Date.parse(expiresAt) <= now ? 'expired' : 'valid'
}

const tokenPattern = new RegExp(`^${tokenForm}$`)

/** Whether a text looks like a token of the file; others are not looked up in it. */
export const isTokenText = (text: string): boolean => tokenPattern.test(text)

/** A token that cannot be guessed: 192 random bits. */
export const newTokenText = (): string => `sb_${randomBytes(24).toString('base64url')}`

export const hashOf = (token: string): string => hash('sha256', token)

export const newTokenId = (): string => randomBytes(4).toString('hex')

/** That of MCP_BEARER_TOKEN, whose calls must not look like those of the file's tokens. */
const reservedName = 'operator'

/** Names are the same in any case and any form of their characters. */
export const sameName = (one: string, other: string): boolean =>
  one.normalize('NFKC').toLowerCase() === other.normalize('NFKC').toLowerCase()

/**
 * Reads the name of a token, which stands in logs and before the person who approves.
 * @throws {Error} that says what is allowed
 */
export function parseTokenName(text: string): string {
  const name = text.normalize('NFC')
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@-]{0,63}$/u.test(name) || name.endsWith(' '))
    throw new Error(
      'must be 1 to 64 letters, digits, spaces and . _ @ -, and begin with a letter or digit'
    )
  if (sameName(name, reservedName))
    throw new Error(`must not be ${reservedName}, which is MCP_BEARER_TOKEN`)
  if (looksLike(name, reservedName))
    throw new Error(`must not look like ${reservedName}, which is MCP_BEARER_TOKEN`)
  if (/^[0-9a-f]{8}$/.test(name)) throw new Error('must not look like the id of a token')
  return name
}

/**
 * Reads `tag:lab,tag:test` into tags of VMs.
 * @throws {Error} that says what is allowed
 */
export function parseVmTags(text: string): string[] {
  const words = text.split(',').map((word) => word.trim())
  const tags = words.map((word) => /^tag:\s*([^\s;].*)$/u.exec(word)?.[1])
  if (!tags.every((tag) => tag !== undefined))
    throw new Error('must be tags of VMs, comma-separated: tag:lab,tag:test')
  return [...new Set(tags)]
}

/** A file of tokens that is not what it should be. Its message repeats nothing of the file. */
export class DamagedTokens extends Error {}

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value))

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && each.trim() !== '')

const isLeftOut = (value: unknown): boolean => value === undefined

function areScopes(value: unknown): boolean {
  if (!isTexts(value)) return false
  try {
    return parseScopes(value.join()).length === value.length
  } catch {
    return false
  }
}

/** What each field has to be. */
const fields: Record<keyof TokenRecord, (value: unknown) => boolean> = {
  id: (value) => typeof value === 'string' && /^[0-9a-f]{8}$/.test(value),
  name: (value) => typeof value === 'string' && value !== '' && !sameName(value, reservedName),
  hash: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  scopes: areScopes,
  // An empty list would be no limit to a reader that is not careful.
  vmTags: (value) => isLeftOut(value) || (isTexts(value) && value.length > 0),
  createdAt: isTime,
  expiresAt: (value) => isLeftOut(value) || isTime(value),
  revokedAt: (value) => isLeftOut(value) || isTime(value)
}

function parseRecord(value: unknown, at: number): TokenRecord {
  if (!isObject(value)) throw new DamagedTokens(`token ${at + 1} is not an object`)
  const wrong = Object.entries(fields).find(([name, fits]) => !fits(value[name]))
  if (wrong !== undefined) throw new DamagedTokens(`${wrong[0]} of token ${at + 1} is wrong`)
  // A field of a later version may narrow the token.
  if (Object.keys(value).some((name) => !Object.hasOwn(fields, name)))
    throw new DamagedTokens(`token ${at + 1} has a field that this version does not know`)
  return value as unknown as TokenRecord
}

/**
 * Reads the text of a token file; all of it, or nothing.
 * @throws {DamagedTokens}
 */
export function parseTokens(text: string): TokenRecord[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DamagedTokens('it is not valid JSON')
  }
  if (!isObject(value) || !Array.isArray(value['tokens']))
    throw new DamagedTokens('it holds no list of tokens')
  const records = value['tokens'].map(parseRecord)
  for (const field of ['id', 'hash'] as const)
    if (new Set(records.map((record) => record[field])).size < records.length)
      throw new DamagedTokens(`two tokens have the same ${field}`)
  return records
}

/**
 * Actors and approvers are identified by name: two valid tokens must not share one.
 * @param now Unix milliseconds
 * @throws {DamagedTokens}
 */
export function requireDistinctNames(records: readonly TokenRecord[], now: number): void {
  const valid = records.filter((record) => stateOf(record, now) === 'valid')
  for (const [at, { id, name }] of valid.entries()) {
    const namesake = valid.slice(0, at).find((other) => sameName(other.name, name))
    if (namesake !== undefined)
      throw new DamagedTokens(
        `the tokens ${namesake.id} and ${id} have the same name and both count: revoke one by its id`
      )
  }
}

/** The text of a token file. */
export const formatTokens = (records: readonly TokenRecord[]): string =>
  `${JSON.stringify({ tokens: records }, null, 2)}\n`

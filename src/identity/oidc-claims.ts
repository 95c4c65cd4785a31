import type { JWTPayload } from 'jose'
import { isObject } from '../lib/json/json.ts'
import { oneLine } from '../lib/text/one-line.ts'
import type { Person } from './principal.ts'
import { type Scope, scopes } from './scope.ts'

/** How the claims of access tokens are read. */
export interface ClaimOptions {
  /** The only claim that grants scopes: `groups`, or `realm_access.roles` for one inside another. */
  scopeClaim?: string | undefined
  /** What its words stand for. Where it is set, no other word grants anything. */
  scopeMap?: ReadonlyMap<string, readonly Scope[]> | undefined
  /** The claim that names tags of VMs; without it a token is limited to none. */
  vmTagsClaim?: string | undefined
}

/** Names and ids as far as they are kept: an address may have 254 characters. */
const maxLength = 254

/** Words beyond this many are ignored. */
const maxWords = 1000

const named = (value: unknown): string | undefined => {
  const name = typeof value === 'string' ? oneLine(value.slice(0, 1000), maxLength, '') : ''
  return name === '' ? undefined : name
}

const firstNamed = (claims: JWTPayload, names: readonly string[]): string | undefined =>
  names.map((name) => named(claims[name])).find((name) => name !== undefined)

/** A claim by its name, or by its way through others: `realm_access.roles`. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.'))
    value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
  return value
}

/** The words of a claim: a list has one in each entry, a text has them one after another. */
function wordsOf(value: unknown, between: RegExp): string[] {
  const list = Array.isArray(value) ? value.slice(0, maxWords) : [value]
  const texts = list.filter((each) => typeof each === 'string')
  const words = Array.isArray(value) ? texts : texts.flatMap((each) => each.split(between))
  return words.map((word) => word.trim()).filter((word) => word !== '')
}

/** What may stand before the name of a scope, where a provider has scopes of several services. */
const prefix = /^(?:scale-bridge|hypercore):/

function scopesOfWord(word: string, map: ClaimOptions['scopeMap']): readonly Scope[] {
  if (map !== undefined) return map.get(word) ?? []
  const name = word.replace(prefix, '')
  return scopes.filter((scope) => scope === name)
}

/** What a token grants, in the order of `scopes`. Words that are not ours are left out. */
export function scopesOf(claims: JWTPayload, { scopeClaim, scopeMap }: ClaimOptions): Set<Scope> {
  const names = scopeClaim === undefined ? ['scope', 'scp'] : [scopeClaim]
  const words = names.flatMap((name) => wordsOf(claimAt(claims, name), /\s+/))
  const granted = new Set(words.flatMap((word) => scopesOfWord(word, scopeMap)))
  return new Set(scopes.filter((scope) => granted.has(scope)))
}

/**
 * The tags that a token is limited to; undefined for all VMs. Where a claim is to name them, a token
 * without it gets none, and only `*` stands for all.
 */
export function vmTagsOf(
  claims: JWTPayload,
  { vmTagsClaim }: ClaimOptions
): readonly string[] | undefined {
  if (vmTagsClaim === undefined) return undefined
  const tags = wordsOf(claimAt(claims, vmTagsClaim), /[\s,]+/)
  return tags.includes('*') ? undefined : tags.map((tag) => tag.replace(/^tag:/, ''))
}

/** The program that a token was given to. */
export const clientOf = (claims: JWTPayload): string =>
  firstNamed(claims, ['azp', 'client_id', 'appid', 'cid', 'sub']) ?? 'unknown client'

/** The person who signed in; undefined where a program did so for itself (client credentials). */
export function personIn(claims: JWTPayload): Person | undefined {
  const id = named(claims.sub)
  const isProgram =
    claims['idtyp'] === 'app' ||
    claims['gty'] === 'client-credentials' ||
    ['azp', 'client_id', 'appid', 'cid'].some((name) => id !== undefined && claims[name] === id)
  const name = firstNamed(claims, ['preferred_username', 'email', 'sub'])
  return isProgram || name === undefined ? undefined : { name, verified: true, id }
}

import { effectsOf } from '../catalog/effects/effect-words.ts'
import type { Operation } from '../catalog/load.ts'
import type { RawCalls } from '../config/config.ts'
import { isRead } from '../hypercore/cluster-api.ts'
import type { Principal } from '../identity/principal.ts'
import { scopeOf } from '../identity/scope.ts'
import type { Effect } from '../lib/effect.ts'

/** What rules the calls of one caller, as far as it is known before a call. */
export interface CallerRules {
  principal: Pick<Principal, 'scopes'>
  runApi: RawCalls
  /** Whether nothing is written, for any caller. */
  readOnly: boolean
}

/** What a caller may not do of an operation; empty where it may do all of it. */
export interface Allowance {
  /** Only ever false: the caller may make no such call. */
  allowed?: false
  /** In a few words: `not with this token: needs lose`. */
  restriction?: string
}

const needed = (effects: readonly Effect[]): string => effects.map(scopeOf).join(' or ')

const forbidden = (restriction: string): Allowance => ({ allowed: false, restriction })

/** By scopes: none of its effects, or some of them, by the values of the body. */
function byScopes(found: readonly Effect[], { scopes }: CallerRules['principal']): Allowance {
  const missing = found.filter((effect) => !scopes.has(scopeOf(effect)))
  if (missing.length === 0) return {}
  if (missing.length === found.length)
    return forbidden(`not with this token: needs ${needed(missing)}`)
  return { restriction: `for some bodies not with this token: may need ${needed(missing)}` }
}

/**
 * What the operator and the token forbid of an operation, by the effects that its calls may have. Which
 * VMs a limited token may touch, addresses and approval depend on the call itself.
 */
export function allowanceOf(
  operation: Operation,
  { principal, runApi, readOnly }: CallerRules
): Allowance {
  const { method, path, tool } = operation
  const found = effectsOf(operation)
  if (readOnly && !found.includes('read')) return forbidden('not here: READ_ONLY=true')
  const scoped = byScopes(found, principal)
  if (scoped.allowed === false) return scoped
  const isRaw = runApi !== 'off' && (runApi !== 'read' || isRead(method, path))
  if (isRaw) return scoped
  if (tool === undefined) return forbidden(`not here: RUN_API=${runApi}`)
  const byTool = `only with ${tool}: RUN_API=${runApi}`
  return {
    restriction: [byTool, scoped.restriction ?? ''].filter((text) => text !== '').join('; ')
  }
}

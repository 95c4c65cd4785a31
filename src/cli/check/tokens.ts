import { ConfigError, settings } from '../../config/config.ts'
import type { Environment } from '../../config/env-file.ts'
import { reachedBy } from '../../config/reach.ts'
import { parseHosts, words } from '../../config/setting-values.ts'
import { parseScopes, scopes } from '../../identity/scope.ts'
import {
  DamagedTokens,
  requireDistinctNames,
  stateOf,
  type TokenRecord
} from '../../identity/token-record.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { fileModeWarning } from '../../lib/files/file-mode.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import { tokensIn, tokensPath } from '../token/tokens-file.ts'
import type { CheckTable } from './table.ts'

const valueOf = (
  env: Environment,
  { name, fallback = '' }: { name: string; fallback?: string }
): string => env[name]?.trim() || fallback

/** Whether MCP_BEARER_TOKEN may do everything; the row `settings` says what is wrong with the setting. */
function isUnlimited(env: Environment): boolean {
  try {
    return parseScopes(valueOf(env, settings.tokenScope)).length === scopes.length
  } catch {
    return false
  }
}

/** What should be changed of what the client's token may do. */
export function tokenAdvice(env: Environment): string[] {
  const reached = reachedBy({
    host: valueOf(env, settings.host),
    publicUrl: valueOf(env, settings.publicUrl) || undefined,
    allowedHosts: parseHosts(valueOf(env, settings.allowedHosts)),
    resource: words(valueOf(env, settings.oidcAudience))[0]
  })
  return isUnlimited(env) && reached !== undefined
    ? [
        `MCP_BEARER_TOKEN has every scope and ${reached}: narrow it, as in MCP_TOKEN_SCOPE=read,operate,interrupt,lose,egress`
      ]
    : []
}

/** Why calls would wait for an approval that no token can give; undefined where one can. */
function approvalProblem(env: Environment, approvers: number): string | undefined {
  const approval = valueOf(env, settings.approval)
  if (approval === 'off' || approvers > 0 || env[settings.oidcIssuer.name] !== undefined)
    return undefined
  return `APPROVAL is ${approval} and no token can approve: \`scale-bridge token new --name approver --scope read,approve\``
}

/** How many there are in each state: `3: 2 valid, 1 expired`. */
function countsOf(records: readonly TokenRecord[], now: number): string {
  const states = records.map((record) => stateOf(record, now))
  const counts = (['valid', 'expired', 'revoked'] as const)
    .map((state) => [state, states.filter((each) => each === state).length] as const)
    .filter(([state, count]) => state === 'valid' || count > 0)
  return counts.map(([state, count]) => `${count} ${state}`).join(', ')
}

/** Which tokens there are, and whether their file is sound. */
export async function checkTokens(table: CheckTable, env: Environment, cwd: string): Promise<void> {
  const name = 'tokens'
  try {
    const path = tokensPath({ cwd }, env)
    const records = await tokensIn(path)
    const now = unixMs()
    requireDistinctNames(records, now)
    const approvers = records.filter(
      (record) => record.scopes.includes('approve') && stateOf(record, now) === 'valid'
    )
    const mode = await fileModeWarning(path)
    const problem = approvalProblem(env, approvers.length)
    const advice = [mode, problem, ...tokenAdvice(env)].filter((text) => text !== undefined)
    const found =
      records.length === 0
        ? `there is MCP_BEARER_TOKEN alone; no others in ${path}`
        : `${countsOf(records, now)} in ${path}`
    if (problem !== undefined) table.failed(name, found, advice)
    else if (records.length === 0) table.skipped(name, found, advice)
    else table.ok(name, found, advice)
  } catch (error) {
    if (error instanceof CommandError || error instanceof DamagedTokens)
      table.failed(name, error.message)
    else if (error instanceof ConfigError) table.skipped(name, 'requires the settings above')
    else throw error
  }
}

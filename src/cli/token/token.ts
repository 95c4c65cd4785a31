import { parseDuration } from '../../config/setting-values.ts'
import { parseScopes } from '../../identity/scope.ts'
import {
  parseTokenName,
  parseVmTags,
  stateOf,
  type TokenRecord
} from '../../identity/token-record.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { dayOf } from '../../lib/text/units.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import type { Io } from '../io/io.ts'
import type { Style } from '../io/terminal.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'
import { createToken, revoke, tokensIn, tokensPath } from './tokens-file.ts'

export interface NewTokenOptions extends SettingsOptions {
  name: string
  scope: string
  vms?: string
  expires?: string
}

/** What is longer is meant to be for ever. */
const maxDays = 3660

/** The value of an option. @throws {CommandError} naming the option */
function valueOf<T>(option: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (error) {
    throw new CommandError(`${option} ${error instanceof Error ? error.message : 'is wrong'}`, 2)
  }
}

function parseExpiry(text: string): string {
  const ms = parseDuration(text.trim())
  if (ms > maxDays * 86_400e3)
    throw new Error(`must be ${maxDays}d or less; leave it out for a token that does not expire`)
  return new Date(unixMs() + ms).toISOString()
}

const minuteOf = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`

const vmsOf = ({ vmTags }: TokenRecord): string =>
  vmTags === undefined ? 'all' : vmTags.map((tag) => `tag:${tag}`).join(',')

/** `scale-bridge token new`: creates a token and prints it, once, as the last word. */
export async function newFileToken(io: Io, options: NewTokenOptions): Promise<void> {
  const draft = {
    name: valueOf('--name', options.name, parseTokenName),
    scopes: valueOf('--scope', options.scope, parseScopes),
    vmTags: options.vms === undefined ? undefined : valueOf('--vms', options.vms, parseVmTags),
    expiresAt:
      options.expires === undefined ? undefined : valueOf('--expires', options.expires, parseExpiry)
  }
  if (draft.vmTags !== undefined && draft.scopes.includes('approve'))
    throw new CommandError(
      '--vms and the scope approve do not go together: an approver decides about all VMs. Create two tokens',
      2
    )
  const { env } = await openSettings(io, options)
  const path = tokensPath(io, env)
  const { record, token } = await createToken(path, draft)
  const { id, name, scopes, expiresAt } = record
  const { stdout } = io
  stdout.say(
    `Token ${quoteName(name)} (id ${id}): scopes ${scopes.join(', ')}; VMs ${vmsOf(record)}; ${expiresAt === undefined ? 'does not expire' : `expires on ${minuteOf(expiresAt)}`}.`
  )
  stdout.say(`Its hash is in ${path}. The token itself is shown now and never again:`)
  stdout.line(token)
}

const styles: Record<string, Style> = { valid: 'green', expired: 'yellow', revoked: 'dim' }

/** `scale-bridge token list`: a table of all tokens. */
export async function listTokens(io: Io, options: SettingsOptions): Promise<void> {
  const { stdout } = io
  const { env } = await openSettings(io, options)
  const path = tokensPath(io, env)
  const records = await tokensIn(path)
  if (records.length === 0) {
    stdout.say(
      `No tokens in ${path}: \`scale-bridge token new --name NAME --scope read,operate\` creates one`
    )
    return
  }
  const now = unixMs()
  const rows = records.map((record) => [
    record.id,
    record.name,
    record.scopes.join(','),
    vmsOf(record),
    record.expiresAt === undefined ? 'never' : dayOf(record.expiresAt),
    stateOf(record, now)
  ])
  const head = ['id', 'name', 'scopes', 'vms', 'expires', 'state']
  const widths = head.map((word, i) =>
    Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0), word.length)
  )
  const lineOf = (row: readonly string[]): string =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')
  stdout.line(stdout.style('bold', lineOf(head)))
  for (const row of rows) {
    const line = lineOf(row)
    const state = row.at(-1) ?? ''
    stdout.line(line.slice(0, -state.length) + stdout.style(styles[state] ?? 'dim', state))
  }
}

/** `scale-bridge token revoke`: revokes a token. */
export async function revokeToken(
  io: Io,
  nameOrId: string,
  options: SettingsOptions
): Promise<void> {
  const { env } = await openSettings(io, options)
  const { record, isNew } = await revoke(tokensPath(io, env), nameOrId)
  const { id, name, revokedAt = '' } = record
  io.stdout.say(
    isNew
      ? `Revoked ${quoteName(name)} (id ${id}): a running bridge refuses it within a second`
      : `${quoteName(name)} (id ${id}) was revoked on ${dayOf(revokedAt)} already`
  )
}

import { resolve } from 'node:path'
import { loadTokensFile } from '../../config/config.ts'
import type { Environment } from '../../config/env-file.ts'
import {
  DamagedTokens,
  hashOf,
  newTokenId,
  newTokenText,
  sameName,
  stateOf,
  type TokenRecord
} from '../../identity/token-record.ts'
import { editTokens, readTokens } from '../../identity/token-store.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { looksLike } from '../../lib/text/look-alike.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { unixMs } from '../../lib/time/unix-time.ts'
import type { Io } from '../io/io.ts'

/** Where the tokens are kept. @throws {ConfigError} */
export const tokensPath = ({ cwd }: Pick<Io, 'cwd'>, env: Environment): string =>
  resolve(cwd, loadTokensFile(env))

/** What happened to the file, in words for the administrator. */
async function orCommandError<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DamagedTokens)
      throw new CommandError(
        `${path} is damaged (${error.message}): restore it from a backup, or move it away and create the tokens again. Nothing was changed`
      )
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof CommandError || code === undefined) throw error
    throw new CommandError(
      `${path} cannot be read or written (${code}): correct its permissions, or SCALE_TOKENS_FILE`
    )
  }
}

/** The tokens of a file; none where it does not exist. @throws {CommandError} */
export const tokensIn = async (path: string): Promise<TokenRecord[]> =>
  (await orCommandError(path, readTokens(path))) ?? []

/** What a new token is like. */
export type TokenDraft = Pick<TokenRecord, 'name' | 'scopes' | 'vmTags' | 'expiresAt'>

/**
 * Creates a token.
 * @returns its record, and the token itself, which is nowhere else
 * @throws {CommandError} where a valid one has the name
 */
export function createToken(
  path: string,
  draft: TokenDraft
): Promise<{ record: TokenRecord; token: string }> {
  const created = editTokens(path, (records) => {
    const now = unixMs()
    const namesake = records.find(
      (record) => sameName(record.name, draft.name) && stateOf(record, now) === 'valid'
    )
    if (namesake !== undefined)
      throw new CommandError(
        `There is a token ${quoteName(namesake.name)} already (id ${namesake.id}): choose another name, or \`scale-bridge token revoke ${namesake.id}\` first`,
        2
      )
    const alike = records.find(
      (record) => looksLike(record.name, draft.name) && stateOf(record, now) === 'valid'
    )
    if (alike !== undefined)
      throw new CommandError(
        `--name is too similar to the token ${quoteName(alike.name)} (id ${alike.id}): choose another name`,
        2
      )
    const token = newTokenText()
    const record: TokenRecord = {
      id: newTokenId(),
      name: draft.name,
      hash: hashOf(token),
      scopes: draft.scopes,
      ...(draft.vmTags && { vmTags: draft.vmTags }),
      createdAt: new Date(now).toISOString(),
      ...(draft.expiresAt !== undefined && { expiresAt: draft.expiresAt })
    }
    return { records: [...records, record], result: { record, token } }
  })
  return orCommandError(path, created)
}

/**
 * Revokes a token; one that is revoked stays as it is.
 * @throws {CommandError} where there is none of that name or id, or several valid ones have the name
 */
export function revoke(
  path: string,
  nameOrId: string
): Promise<{ record: TokenRecord; isNew: boolean }> {
  const revoked = editTokens(path, (records) => {
    const named = records.filter(({ name }) => sameName(name, nameOrId))
    const valid = named.filter((record) => stateOf(record, unixMs()) === 'valid')
    if (valid.length > 1 && !records.some(({ id }) => id === nameOrId))
      throw new CommandError(
        `The tokens ${valid.map(({ id }) => id).join(' and ')} have this name: revoke one by its id`,
        2
      )
    const found = records.find(({ id }) => id === nameOrId) ?? valid[0] ?? named.at(-1)
    if (found === undefined)
      throw new CommandError(
        `There is no token ${quoteName(nameOrId)}: \`scale-bridge token list\` shows all`,
        2
      )
    if (found.revokedAt !== undefined) return { records, result: { record: found, isNew: false } }
    const record = { ...found, revokedAt: new Date(unixMs()).toISOString() }
    return {
      records: records.map((each) => (each === found ? record : each)),
      result: { record, isNew: true }
    }
  })
  return orCommandError(path, revoked)
}

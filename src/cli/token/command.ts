import type { Command } from 'commander'
import { scopes } from '../../identity/scope.ts'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { SettingsOptions } from '../settings.ts'
import type { NewTokenOptions } from './token.ts'

const subject = 'Tokens beside MCP_BEARER_TOKEN, each with what it may do. '

/** `scale-bridge token`. */
export function addToken(program: Command, { io, run }: CommandContext): void {
  const command = program.command('token').description('create, list and revoke tokens of clients')
  explain(
    command,
    io,
    `${subject}A running bridge accepts a new one at once, and rejects a revoked one within a second.`,
    [
      'scale-bridge token new --name openwebui --scope read,operate',
      'scale-bridge token list',
      'scale-bridge token revoke openwebui'
    ]
  )

  const create = command
    .command('new')
    .description('create a token and print it, once, as the last word')
    .requiredOption('--name <name>', 'what it is called in the log and where plans are approved')
    .requiredOption('--scope <list>', `what it may do, comma-separated: ${scopes.join(', ')}`)
    .option('--vms <list>', 'only VMs that have one of these tags: tag:lab,tag:test')
    .option('--expires <time>', 'when it ends: 12h, 30d (default: never)')
    .addOption(settingsOption())
    .action(
      run(async (options: NewTokenOptions) => {
        const { newFileToken } = await import('./token.ts')
        return newFileToken(io, options)
      })
    )
  explain(create, io, `${subject}Only its hash is kept: a lost one must be replaced.`, [
    'scale-bridge token new --name lab --scope read --vms tag:lab --expires 30d',
    'scale-bridge token new --name ada --scope read,approve'
  ])

  const list = command
    .command('list')
    .description('show all tokens: id, name, scopes, VMs, expiry and state')
    .addOption(settingsOption())
    .action(
      run(async (options: SettingsOptions) => {
        const { listTokens } = await import('./token.ts')
        return listTokens(io, options)
      })
    )

  explain(list, io, `${subject}What each may do, and until when; never the token itself.`, [
    'scale-bridge token list'
  ])

  const revoke = command
    .command('revoke')
    .description('revoke a token')
    .argument('<token>', 'its name or id')
    .addOption(settingsOption())
    .action(
      run(async (nameOrId: string, options: SettingsOptions) => {
        const { revokeToken } = await import('./token.ts')
        return revokeToken(io, nameOrId, options)
      })
    )
  explain(revoke, io, `${subject}A running bridge refuses it within a second.`, [
    'scale-bridge token revoke lab'
  ])
}

import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { InitOptions } from './init.ts'

/** `scale-bridge init`. */
export function addInit(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('init')
    .description('ask for the cluster and write ./.env, then check it')
    .addOption(settingsOption())
    .option('--host <list>', 'addresses of the nodes, comma-separated')
    .option('--username <name>', 'cluster user')
    .addOption(
      new Option(
        '--password <text>',
        'its password; other users see it in the process list'
      ).conflicts(['passwordFile', 'passwordStdin'])
    )
    .addOption(
      new Option('--password-file <file>', 'its password, the first line of a file').conflicts(
        'passwordStdin'
      )
    )
    .option('--password-stdin', 'its password, the first line of standard input')
    .option('--oidc', 'log in through OpenID Connect')
    .option('--export-uri <uri>', 'archive of exportVM: smb://user:password@server/share/folder')
    .option('--token <text>', 'client token (default: the current one, or a new one)')
    .option('--fingerprint <list>', 'accept only certificates with these SHA-256 fingerprints')
    .option('-y, --yes', 'trust the certificates that the nodes show')
    .option(
      '--no-approver',
      "do not create the approver's token: the bridge keeps its state elsewhere"
    )
    .option(
      '--force',
      'change an existing file, continue without nodes that do not respond, and write a login that the cluster refuses, all without asking'
    )
    .action(
      run(async (options: InitOptions) => {
        const { init } = await import('./init.ts')
        return init(io, options)
      })
    )
  explain(command, io, 'An existing file is backed up; its other lines and comments stay.', [
    'scale-bridge init',
    'scale-bridge init --host 10.20.0.11 --username admin --password-file pw --yes'
  ])
}

import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { SettingsOptions } from '../settings.ts'

/** `scale-bridge check`. */
export function addCheck(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('check')
    .description('try the settings, the cluster and everything else the bridge uses')
    .addOption(settingsOption())
    .action(
      run(async (options: SettingsOptions) => {
        const { check } = await import('./check.ts')
        return check(io, options)
      })
    )
  explain(command, io, 'Exits with 1 if something failed, and says what to do about it.', [
    'scale-bridge check',
    'scale-bridge check --settings /etc/scale-bridge.env',
    'SCALE_HOST=10.20.0.12 scale-bridge check'
  ])
}

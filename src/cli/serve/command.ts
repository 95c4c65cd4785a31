import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { SettingsOptions } from '../settings.ts'

/** `scale-bridge serve`. */
export function addServe(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('serve')
    .description('run the bridge with the settings of the environment and ./.env')
    .addOption(settingsOption())
    .action(
      run(async (options: SettingsOptions) => {
        const { serve } = await import('./serve.ts')
        return serve(io, options)
      })
    )
  explain(
    command,
    io,
    'The environment wins over the file. Required: MCP_BEARER_TOKEN, SCALE_HOST, SCALE_USERNAME and ' +
      'SCALE_PASSWORD; `scale-bridge init` asks for them and writes the file.',
    [
      'scale-bridge serve',
      'scale-bridge serve --settings /etc/scale-bridge.env',
      'PORT=8080 LOG_LEVEL=debug scale-bridge serve'
    ]
  )
}

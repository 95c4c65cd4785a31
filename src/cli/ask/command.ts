import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { SettingsOptions } from '../settings.ts'

/** `scale-bridge ask`. */
export function addAsk(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('ask')
    .description('ask a question about the HyperCore API in plain words')
    .argument('<question...>', 'what you want to know')
    .addOption(settingsOption())
    .action(
      run(async (words: string[], options: SettingsOptions) => {
        const { askCommand } = await import('./ask.ts')
        return askCommand(io, words, options)
      })
    )
  explain(
    command,
    io,
    'A model server answers it from the operations that the search finds. Required: LLM_BASE_URL and ' +
      'LLM_MODEL, from the environment or the settings file; no cluster. Ctrl-C ends it.',
    [
      'scale-bridge ask how do I put a VM under a snapshot schedule',
      'LLM_MODEL=qwen3:4b scale-bridge ask "which call clones a VM?"'
    ]
  )
}

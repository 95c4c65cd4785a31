import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { number, settingsOption } from '../option-values.ts'
import type { SearchOptions } from './search.ts'

/** `scale-bridge search`. */
export function addSearch(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('search')
    .description('find operations of the HyperCore API by plain words')
    .argument('<words...>', 'what you want to do, a path, an entity or a field')
    .addOption(settingsOption())
    .option('--limit <n>', 'max number of operations (default: 5)', number(1, 50))
    .option('--json', 'as JSON, as the tool query_api returns it')
    .action(
      run(async (words: string[], options: SearchOptions, command: Command) => {
        if (words.join('').trim() === '') command.error('error: the words must not be empty')
        const { searchCommand } = await import('./search.ts')
        return searchCommand(io, words, options)
      })
    )
  explain(command, io, 'Searches the catalog; needs no cluster.', [
    'scale-bridge search live migration',
    'scale-bridge search --limit 1 --json create a user'
  ])
}

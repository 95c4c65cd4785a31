import { Command } from 'commander'
import { nearest } from '../lib/text/nearest.ts'
import type { Io } from './io/io.ts'
import { wrap } from './io/layout.ts'

/** Columns of help where the terminal does not say. */
export const helpWidth = ({ stdout }: Io): number =>
  Number.isFinite(stdout.width) ? stdout.width : 80

/** Puts a text and examples under a command's help. */
export function explain(command: Command, io: Io, text: string, examples: string[]): Command {
  return command.addHelpText('after', () => {
    const prose = text === '' ? '' : `\n${wrap(io.stdout.named(text), helpWidth(io)).join('\n')}\n`
    const lines = examples.map((line) => `  ${io.stdout.named(line)}`)
    return `${prose}\nExamples:\n${lines.join('\n')}`
  })
}

/** The command that words such as `connect openwebui` lead to. */
function find(from: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => {
    const named = command.commands.find(
      (each) => each.name() === word || each.aliases().includes(word)
    )
    if (named !== undefined) return named
    const meant = nearest(
      word,
      command.commands.map((each) => each.name())
    )
    return from.error(
      `error: unknown command '${word}'` + (meant === undefined ? '' : `\n(Did you mean ${meant}?)`)
    )
  }, from)
}

/** `scale-bridge help connect openwebui`, a command like the others, with help of its own. */
export function addHelp(program: Command, io: Io): void {
  const command = program
    .helpCommand(false)
    .command('help')
    .description('more about one command')
    .argument('[command...]', 'its name, as it is typed')
    .action((words: string[]) => find(program, words).outputHelp())
  explain(command, io, '', ['scale-bridge help pin', 'scale-bridge help connect openwebui'])
}

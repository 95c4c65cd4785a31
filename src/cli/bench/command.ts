import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { integer, number } from '../option-values.ts'
import type { BenchCommandOptions } from './bench.ts'

const minute = 60
const day = 24 * 60 * minute

/** `scale-bridge bench`. */
export function addBench(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('bench')
    .description("measure how a model handles an operator's tasks, on simulated clusters")
    .option('--model-url <url>', 'an OpenAI-compatible server, with its /v1')
    .option('--model <name>', 'its model')
    .option('--tools <set>', 'the tools that it is offered: core, operator, all … (default: core)')
    .addOption(
      new Option('--surface <way>', 'how it reaches them (default: rest)').choices(['rest', 'mcp'])
    )
    .option('--k <n>', 'attempts at each task (default: 4)', number(1, 100))
    .option(
      '--tasks <list>',
      'ids, read, change, judge, tuning, kept-aside: all that any of them names (default: all)'
    )
    .option('--seed <n>', 'of the cluster, and of the first attempts (default: 1)', integer)
    .option('--temperature <t>', 'sent to the server', number(0, 2, { integer: false }))
    .addOption(
      new Option(
        '--approval <floor>',
        'with which unsafe acts are tried again (default: interrupt)'
      ).choices(['interrupt', 'lose', 'write'])
    )
    .option('--reply-seconds <s>', 'how long one reply may take (default: 600)', number(1, day))
    .option('--note <text>', 'a note about the model, such as its quantisation')
    .option('--replay <file>', 'a report of --json: its replies again, without a model')
    .option('--compare <file>', 'an earlier report of --json, beside this one')
    .option('--json <file>', 'writes all of it, replies included')
    .option('--plot <file.svg>', 'draws which tasks passed')
    .action(
      run(async (options: BenchCommandOptions) => {
        const { benchCommand } = await import('./bench.ts')
        return benchCommand(io, options)
      })
    )
  explain(
    command,
    io,
    'Runs 30 tasks, each on a fresh simulated cluster with a bridge in front of it, and judges them by ' +
      'the records of that cluster. LLM_API_KEY is sent where it is set. Nothing else is contacted. ' +
      'Ctrl-C ends it after the current attempt. It measures models; how fast the bridge is, npm run bench does.',
    [
      'scale-bridge bench --model-url http://localhost:11434/v1 --model qwen3:4b',
      'scale-bridge bench … --tools operator --k 8 --json qwen3.json',
      'scale-bridge bench … --compare qwen3.json --plot both.svg',
      'scale-bridge bench --replay qwen3.json --plot qwen3.svg'
    ]
  )
}

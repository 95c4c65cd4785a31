import type { Command } from 'commander'
import { nearest } from '../../lib/text/nearest.ts'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { ApprovalOptions, DenyOptions, ListOptions } from './approvals.ts'

/** A word that is not a command reaches the default one. */
function refuseWords(approvals: Command, [word]: readonly string[]): void {
  if (word === undefined) return
  const names = approvals.commands.map((command) => command.name())
  const meant = nearest(word, names)
  approvals.error(
    `error: unknown command '${word}'` + (meant === undefined ? '' : `\n(Did you mean ${meant}?)`)
  )
}

/** `scale-bridge approvals`, with a command for each thing to do. */
export function addApprovals(program: Command, { io, run }: CommandContext): void {
  const approvals = program
    .command('approvals')
    .description('see the calls that wait for a person, and decide on them')
  explain(
    approvals,
    io,
    'Speaks to the running bridge, as its page /console does, with the token of a person: one that has ' +
      'the scope approve, from --token or BRIDGE_TOKEN. Without one, MCP_BEARER_TOKEN of the settings.',
    [
      'scale-bridge approvals',
      'scale-bridge approvals --watch',
      'scale-bridge approvals approve p-7f3k2mnq'
    ]
  )

  const add = (name: string, description: string, examples: string[], text = ''): Command => {
    const command = approvals
      .command(name, { isDefault: name === 'list' })
      .description(description)
      .option('--url <url>', 'address of the bridge (default: BRIDGE_URL, settings)')
      .option('--token <token>', 'token of a person (default: BRIDGE_TOKEN)')
      .addOption(settingsOption())
    return explain(command, io, text, examples)
  }

  add(
    'list',
    'plans that wait, and the outcome of others (the default)',
    ['scale-bridge approvals list', 'scale-bridge approvals list --watch'],
    'With --watch it keeps running, and shows each new plan. Ctrl-C ends it.'
  )
    .option('--watch', 'keep running, and show new plans and decisions')
    .option('--json', 'as JSON, as GET /approvals returns it')
    .allowExcessArguments()
    .action(
      run(async (options: ListOptions, command: Command) => {
        refuseWords(approvals, command.args)
        const { listCommand } = await import('./approvals.ts')
        return listCommand(io, options)
      })
    )
  add('show', 'one plan with its exact request', ['scale-bridge approvals show p-7f3k2mnq'])
    .argument('<id>', 'id of the plan')
    .option('--json', 'as JSON')
    .action(
      run(async (id: string, options: ListOptions) => {
        const { showCommand } = await import('./approvals.ts')
        return showCommand(io, id, options)
      })
    )
  add(
    'approve',
    'let the call be carried out, once',
    [
      'scale-bridge approvals approve p-7f3k2mnq',
      'scale-bridge approvals approve p-7f3k2mnq --yes'
    ],
    'Shows what it does, and asks at a terminal.'
  )
    .argument('<id>', 'id of the plan')
    .option('--yes', 'do not ask')
    .action(
      run(async (id: string, options: ApprovalOptions) => {
        const { approveCommand } = await import('./approvals.ts')
        return approveCommand(io, id, options)
      })
    )
  add('deny', 'refuse the call', [
    'scale-bridge approvals deny p-7f3k2mnq',
    'scale-bridge approvals deny p-7f3k2mnq --reason "not during office hours"'
  ])
    .argument('<id>', 'id of the plan')
    .option('--reason <text>', 'why, for the requester')
    .action(
      run(async (id: string, options: DenyOptions) => {
        const { denyCommand } = await import('./approvals.ts')
        return denyCommand(io, id, options)
      })
    )
}

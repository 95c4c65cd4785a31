import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { PinOptions } from './pin.ts'

/** `scale-bridge pin`. */
export function addPin(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('pin')
    .description('show the certificates of the nodes and pin them in ./.env')
    .argument('[host...]', 'addresses of nodes (default: SCALE_HOST)')
    .addOption(settingsOption())
    .option('--write', 'write SCALE_TLS=pin and the fingerprints without asking')
    .action(
      run(async (hosts: string[], options: PinOptions) => {
        const { pin } = await import('./pin.ts')
        return pin(io, hosts, options)
      })
    )
  explain(
    command,
    io,
    'A factory cluster has self-signed certificates. Compare each fingerprint with one you obtained ' +
      'through a channel you trust; once it is pinned, the bridge talks to no other certificate.',
    ['scale-bridge pin', 'scale-bridge pin 10.20.0.13 --write']
  )
}

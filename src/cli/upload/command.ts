import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { explain } from '../help.ts'
import { settingsOption } from '../option-values.ts'
import type { UploadOptions } from './upload.ts'

/** `scale-bridge upload`. */
export function addUpload(program: Command, { io, run }: CommandContext): void {
  const command = program
    .command('upload')
    .description('send an ISO or a disk image to the cluster through the running bridge')
    .argument('<file>', 'an .iso, .qcow2, .vmdk, .vhd, .vhdx, .img or .raw file')
    .option('--name <name>', 'its name on the cluster (default: that of the file)')
    .option('--disk', 'as a disk image (default: by the ending of its name)')
    .option('--sha256 <hex>', 'published checksum: a file that differs is rejected')
    .option('--plan <id>', 'the plan that a person has approved for it')
    .option('--url <url>', 'address of the bridge (default: BRIDGE_URL, settings)')
    .option('--token <token>', 'token with the scopes operate and egress (default: BRIDGE_TOKEN)')
    .addOption(settingsOption())
    .action(
      run(async (file: string, options: UploadOptions) => {
        const { uploadCommand } = await import('./upload.ts')
        return uploadCommand(io, file, options)
      })
    )
  explain(
    command,
    io,
    'The file goes through the bridge as it is read. A cluster cannot resume an upload: one that broke off ' +
      'starts over, and the partial file is deleted.',
    [
      'scale-bridge upload debian-13.iso',
      'scale-bridge upload noble.img --disk --name ubuntu-24.04.img'
    ]
  )
}

import { type Command, InvalidArgumentError } from 'commander'
import { faultKindLines } from '../../simulator/fault-kinds.ts'
import {
  defaultSimulatorOptions,
  simulatedVersion,
  simulatedVersions
} from '../../simulator/options.ts'
import { collect, number, integer } from '../option-values.ts'

function playedVersion(text: string): string {
  const version = simulatedVersion(text)
  if (version === undefined)
    throw new InvalidArgumentError(`It must be one of ${simulatedVersions.join(', ')}, or 9.8.`)
  return version
}

/** What the simulated cluster is like, for `demo`, `mcp` and `simulator`. */
export function addInventoryOptions(command: Command): Command {
  const { vms, seed, speed, version } = defaultSimulatorOptions
  return command
    .option('--vms <n>', `how many VMs it has (default: ${vms})`, number(0, 100_000))
    .option('--seed <n>', `the same number gives the same cluster (default: ${seed})`, integer)
    .option(
      '--speed <x>',
      `10 runs its tasks ten times faster (default: ${speed})`,
      number(0.01, 10_000, { integer: false })
    )
    .option(
      '--version <version>',
      `HyperCore version to play, such as 9.8 (default: ${version})`,
      playedVersion
    )
    .option('--fault <fault>', 'break something; may be repeated', collect)
}

/** How `--fault` is written, for the end of the help. */
export const faultHelp =
  'A fault is kind[:value][,field=value…]. The fields node, method, path, times, probability and ' +
  'seed narrow it down. The kinds:\n' +
  faultKindLines()
    .map((line) => `  ${line}`)
    .join('\n')

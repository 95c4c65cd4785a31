import { type Command, Option } from 'commander'
import { faultKinds } from '../../simulator/faults.ts'
import { defaultSimulatorOptions, simulatedVersions } from '../../simulator/options.ts'
import { collect, number, integer } from '../option-values.ts'

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
    .addOption(
      new Option('--version <version>', `HyperCore version to play (default: ${version})`).choices(
        simulatedVersions
      )
    )
    .option('--fault <fault>', 'break something; may be repeated', collect)
}

/** How `--fault` is written, for the end of the help. */
export const faultHelp =
  'A fault is kind[:ms][,node=0][,path=/VirDomain][,times=3], and the kinds are\n' +
  `${faultKinds.join(', ')}.`

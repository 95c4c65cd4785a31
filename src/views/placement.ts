import type { Node, VirDomain } from '../hypercore/records/records.ts'
import { sum } from '../lib/sum.ts'
import { quoteName } from '../lib/text/quote.ts'
import { someOf } from '../lib/text/some-of.ts'
import { counted, formatBytes } from '../lib/text/units.ts'

type NamedVm = Pick<VirDomain, 'name' | 'mem'>

/** VMs that a sentence names. */
const maxNamed = 10

/** VMs and why they stay, those of one reason together: `VM "web-01" (8 GiB), "web-02" (4 GiB): …`. */
export function unplacedLines(unplaced: readonly { vm: NamedVm; why: string }[]): string {
  const byReason = new Map<string, string[]>()
  for (const { vm, why } of unplaced)
    byReason.set(why, [
      ...(byReason.get(why) ?? []),
      `${quoteName(vm.name)} (${formatBytes(vm.mem)})`
    ])
  return [...byReason].map(([why, vms]) => `VM ${someOf(vms, maxNamed)}: ${why}`).join('. ')
}

/** How many VMs, of how much memory, to which nodes: `3 VMs (24 GiB): 2 to 10.20.0.12, 1 to 10.20.0.13`. */
export function summarizeMoves(moves: readonly { vm: NamedVm; to: Pick<Node, 'lanIP'> }[]): string {
  const bytes = sum(moves, ({ vm }) => vm.mem)
  const counts = new Map<string, number>()
  for (const { to } of moves) counts.set(to.lanIP, (counts.get(to.lanIP) ?? 0) + 1)
  const targets = [...counts].map(([address, count]) => `${count} to ${address}`)
  return `${counted(moves.length, 'VM')} (${formatBytes(bytes)}): ${targets.join(', ')}`
}

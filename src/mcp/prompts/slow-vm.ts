import type { Node, VirDomain, VirDomainStats } from '../../hypercore/records/records.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import type { ToolContext } from '../../tools/define-tool.ts'
import type { Completers } from '../completion.ts'
import { call, dataNote, type PromptSpec, steps, userText } from './define-prompt.ts'
import { meantVm } from './find-subject.ts'
import { nodeNames, nodeLine } from '../../views/node.ts'
import { neighbourLines, vmLines, type VmLoad } from '../../views/vm/lines.ts'
import { readConditions } from '../../tools/read/conditions.ts'
import { conditionLines } from '../../views/condition.ts'
import { vmStats, vmStatsLines } from '../../views/vm/stats.ts'
import { quoteName } from '../../lib/text/quote.ts'

/** Other VMs on the node that use most CPU. */
const maxNeighbours = 3

function busiestNeighbours(
  vm: VirDomain,
  vms: readonly VirDomain[],
  stats: readonly VirDomainStats[]
): VmLoad[] {
  const usage = new Map(stats.map(({ uuid, cpuUsage }) => [uuid, cpuUsage]))
  return vms
    .filter(({ uuid, nodeUUID }) => nodeUUID === vm.nodeUUID && nodeUUID !== '' && uuid !== vm.uuid)
    .map(({ uuid, name }) => ({ name, cpuUsage: usage.get(uuid) ?? 0 }))
    .toSorted((a, b) => b.cpuUsage - a.cpuUsage)
    .slice(0, maxNeighbours)
}

async function measure(context: ToolContext, vm: VirDomain, vms: VirDomain[], nodes: Node[]) {
  const { hypercore, signal } = context
  const [stats, conditions] = await Promise.all([
    hypercore.list('/VirDomainStats', { signal }),
    readConditions(context)
  ])
  const own = stats.find(({ uuid }) => uuid === vm.uuid)
  const node = nodes.find(({ uuid }) => uuid === vm.nodeUUID)
  const near = conditions.filter(({ nodeUUID }) => nodeUUID === '' || nodeUUID === vm.nodeUUID)
  return [
    ...(own === undefined ? ['- no statistics of this VM now'] : vmStatsLines(vmStats(vm, own))),
    ...(node === undefined ? [] : ['- its node:', nodeLine(node)]),
    ...neighbourLines(busiestNeighbours(vm, vms, stats)),
    '',
    ...conditionLines(near)
  ]
}

function instructions(vm: VirDomain): string {
  const vmUUID = vm.uuid
  if (!isRunning(vm.state))
    return steps([
      `Tell the user that the VM is ${vm.state}, so it is not slow but not running. See why: ${call('around', { target: vmUUID })}`,
      'Ask whether it is to be started, and stop here. Do not start it before the user confirms.'
    ])
  return steps([
    `The figures above are of one moment: measure once more, ${call('getVM_sysStats', { vmUUID })}. Where the two differ much, the load comes and goes: say so, and ask the user when it is slow.`,
    'CPU of the VM near 100 %: the guest computes. More vCPUs help only if its work runs in parallel.',
    `CPU of the node above 80 %, or busy neighbours: the VM waits for the node. Moving a VM would help.`,
    `Latency of a disk above 20 ms, or the state BLOCKED: the VM waits for storage. Whether others wait, too: ${call('topVMs', { by: 'latency', limit: 5 })}`,
    `What happened to it, a task at work, a bad drive or a change of today: ${call('around', { target: vmUUID })}`,
    'Nothing of this: the cause is inside the guest (memory, swapping, the program) or in the network. The cluster does not see the memory a guest uses: ask the user to look there.',
    'Report the most likely cause, the figures that show it, and one thing to try. Change nothing: moving, stopping or changing the VM needs the user to confirm first.'
  ])
}

/** What the cluster measures of a VM, and how to find the cause. */
export const slowVm = ({ vm: complete }: Completers): PromptSpec => ({
  name: 'why-is-this-vm-slow',
  title: 'Why is this VM slow?',
  description:
    'Shows what the cluster measures of a VM, its node and its neighbours, and finds the likely cause.',
  arguments: { vm: { description: 'name or uuid of the VM', required: true, complete } },
  async write(context, { vm: wanted = '' }) {
    const { hypercore, signal } = context
    const [vms, nodes] = await Promise.all([
      hypercore.list('/VirDomain', { signal }),
      hypercore.list('/Node', { signal })
    ])
    const names = nodeNames(nodes)
    const vm = meantVm(vms, names, wanted)
    const measured = isRunning(vm.state) ? await measure(context, vm, vms, nodes) : []
    return [
      userText(
        [
          `Find out why the VM ${quoteName(vm.name)} is slow. ${dataNote}`,
          '',
          `Read at ${new Date().toISOString()}:`,
          ...vmLines(vm, names),
          ...measured,
          '',
          instructions(vm)
        ].join('\n')
      )
    ]
  }
})

import { oneLine } from '../../lib/text/one-line.ts'
import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { Completers } from '../completion.ts'
import {
  call,
  dataNote,
  goOnWaiting,
  maxWait,
  type PromptSpec,
  steps,
  userText
} from './define-prompt.ts'
import { meantSnapshot, meantVm } from './find-subject.ts'
import { nodeNames } from '../../views/node.ts'
import { vmLines } from '../../views/vm/lines.ts'
import { snapshotLine, whyUnusable } from '../../views/snapshot.ts'
import { quoteName } from '../../lib/text/quote.ts'

function instructions(vm: VirDomain, snapshot: VirDomainSnapshot): string {
  const name = oneLine(`${vm.name}-restored`, 200)
  const reason = whyUnusable(snapshot)
  if (reason !== undefined)
    return steps([
      `Tell the user that this snapshot cannot be cloned: it is ${reason}.`,
      `Show the others: ${call('vmSnapshots_read', { vmUUID: vm.uuid })}. Ask which to take, and stop here.`
    ])
  return steps([
    `Is the name free? ${call('fetch_vm', { name })}. If a VM has it, ask the user for another name.`,
    `Create the copy: ${call('cloneVM', { vmUUID: vm.uuid, name, snapUUID: snapshot.uuid, wait: maxWait })}. Wait for COMPLETE. ${goOnWaiting}. On ERROR stop and say why.`,
    'The copy is off. Tell the user its name and uuid (createdUUID).',
    'Do not start it by yourself: inside it has the addresses of the original. Ask whether the original is off, or the copy belongs into another network, and start it only after a yes.',
    'Leave the original and the snapshot as they are.'
  ])
}

/** A copy of a VM as it was at a snapshot; the way back after a change. */
export const cloneFromSnapshot = ({ vm, snapshot }: Completers): PromptSpec => ({
  name: 'clone-from-snapshot',
  title: 'Clone a VM from a snapshot',
  description: 'Creates a copy of a VM as it was at one of its snapshots, without touching the VM.',
  arguments: {
    vm: { description: 'name or uuid of the VM', required: true, complete: vm },
    snapshot: {
      description: 'label, time or uuid of one of its snapshots',
      required: true,
      complete: snapshot
    }
  },
  async write({ hypercore, signal }, { vm: wantedVm = '', snapshot: wanted = '' }) {
    const [vms, nodes, snapshots] = await Promise.all([
      hypercore.list('/VirDomain', { signal }),
      hypercore.list('/Node', { signal }),
      hypercore.list('/VirDomainSnapshot', { signal })
    ])
    const names = nodeNames(nodes)
    const vm = meantVm(vms, names, wantedVm)
    const own = snapshots
      .filter(({ domainUUID }) => domainUUID === vm.uuid)
      .toSorted((a, b) => b.timestamp - a.timestamp)
    const snapshot = meantSnapshot(own, wanted, vm.name)
    return [
      userText(
        [
          `Create a copy of the VM ${quoteName(vm.name)} as it was at its snapshot ${quoteName(snapshot.label)}. ${dataNote}`,
          '',
          ...vmLines(vm, names),
          snapshotLine(snapshot),
          '',
          instructions(vm, snapshot)
        ].join('\n')
      )
    ]
  }
})

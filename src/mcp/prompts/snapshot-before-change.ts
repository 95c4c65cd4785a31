import { oneLine } from '../../lib/text/one-line.ts'
import type { VirDomain } from '../../hypercore/records/records.ts'
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
import { meantVm } from './find-subject.ts'
import { nodeNames } from '../../views/node.ts'
import { vmLines } from '../../views/vm/lines.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'

function instructions(vm: VirDomain, change: string | undefined): string {
  const vmUUID = vm.uuid
  const label = `before ${oneLine(change ?? 'the change', 200)}`
  return steps([
    ...(change === undefined
      ? ['Ask the user what is going to be changed, and put it into the label below.']
      : []),
    `Take the snapshot: ${call('snapshotVM', { vmUUID, label, wait: maxWait })}. It holds the disks, not the memory; for a database the user may want to shut the VM down first: ask if you do not know.`,
    `Wait for state COMPLETE. ${goOnWaiting}. On ERROR stop: no snapshot, no change. Full storage is a usual reason: ${call('condition_read')} shows it.`,
    `See that it is there: ${call('vmSnapshots_read', { vmUUID, limit: 3 })}. Tell the user its label.`,
    'Make the change only if the user asked you to, and ask before anything that stops or deletes. Else say that the VM is ready for it.',
    `If it went wrong: ${call('restoreVM', { vmUUID, snapshot: label, dry_run: true })} shows the way back, a copy that takes the place of the VM, which is turned off, renamed and kept. Show it, and call it without dry_run only after a yes.`,
    'When the change is proven good, ask whether the snapshot is to be deleted; snapshots take up storage as the VM changes.'
  ])
}

/** A snapshot that is known to be there before a change begins. */
export const snapshotBeforeChange = ({ vm: complete }: Completers): PromptSpec => ({
  name: 'snapshot-before-change',
  title: 'Snapshot before a change',
  description: 'Takes a snapshot of a VM, proves that it is there, and says what the way back is.',
  arguments: {
    vm: { description: 'name or uuid of the VM', required: true, complete },
    change: { description: 'what is going to be changed, for the label', required: false }
  },
  async write({ hypercore, signal }, { vm: wanted = '', change }) {
    const [vms, nodes] = await Promise.all([
      hypercore.list('/VirDomain', { signal }),
      hypercore.list('/Node', { signal })
    ])
    const names = nodeNames(nodes)
    const vm = meantVm(vms, names, wanted)
    const what = change === undefined ? 'a change' : `this change: ${quoteText(change, 300)}`
    return [
      userText(
        [
          `Take a snapshot of the VM ${quoteName(vm.name)} before ${what}. ${dataNote}`,
          '',
          ...vmLines(vm, names),
          '',
          instructions(vm, change)
        ].join('\n')
      )
    ]
  }
})

import { Type } from '@sinclair/typebox'
import { placeholder } from '../src/hypercore/writes/sequence.ts'
import type { VirDomain } from '../src/hypercore/records/records.ts'
import { isRunning } from '../src/hypercore/records/vm-state.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { quoteName } from '../src/lib/text/quote.ts'
import { defineTool, destructive, type Tool } from '../src/tools/define-tool.ts'
import { findVm } from '../src/tools/read/find-record.ts'
import { chooseSnapshot } from '../src/tools/restore/choose-snapshot.ts'
import { Input, VmUuid, writeArguments } from '../src/tools/schemas.ts'
import { runSequence, type Step } from '../src/tools/writes/sequence.ts'
import { sequenceResponse, SequenceResponse } from '../src/tools/writes/sequence-response.ts'
import { actionStep, changeStep } from '../src/tools/writes/vm-steps.ts'
import { sequenceText } from '../src/views/text/sequence-text.ts'

const copy = { uuid: placeholder('copy') }

/** Where the VM is off, or can be brought there without cutting its power. */
function refuseState({ name, state }: VirDomain): void {
  if (state === 'SHUTOFF' || state === 'CRASHED' || isRunning(state)) return
  throw new BridgeError(
    'ILLEGAL_STATE',
    `VM ${quoteName(name)} is ${state}, and cannot be shut down from there: changeVM_state with START resumes it, then call restoreVM again`
  )
}

/** What a clone does not take over of its source (FACTS 5.7, S), and can be given. */
function settingsOf({
  snapshotScheduleUUID,
  affinityStrategy: affinity
}: VirDomain): Partial<VirDomain> {
  const hasAffinity = affinity.strictAffinity || affinity.preferredNodeUUID !== ''
  return {
    ...(snapshotScheduleUUID !== '' && { snapshotScheduleUUID }),
    ...(hasAffinity && { affinityStrategy: affinity })
  }
}

/** Gives the copy the addresses of the VM, NIC by NIC; which are its NICs is known once it is there. */
const macSteps = ({ netDevs, name }: VirDomain): Step[] =>
  netDevs.map(({ macAddress }, at) => ({
    does: `set NIC ${at + 1} of VM ${quoteName(name)} to address ${macAddress}`,
    method: 'PATCH',
    path: `/VirDomainNetDevice/${placeholder(`nic${at + 1}`)}`,
    body: { macAddress },
    async prepare({ hypercore, signal }, bind, created) {
      const now = await hypercore.record('/VirDomain', created('copy'), { signal })
      const nic = now?.netDevs[at]
      if (nic === undefined)
        throw new BridgeError('NOT_FOUND', `the copy has no NIC ${at + 1}: addNIC adds one`)
      bind(`nic${at + 1}`, nic.uuid)
    },
    optional: true
  }))

function stepsOf(
  vm: VirDomain,
  snapshot: { uuid: string; said: string },
  oldName: string,
  { keepMAC, startAfter }: { keepMAC: boolean; startAfter: boolean }
): Step[] {
  const { name, tags } = vm
  const settings = settingsOf(vm)
  const restored = { ...copy, name }
  return [
    ...(isRunning(vm.state) ? [actionStep(vm, 'SHUTDOWN')] : []),
    changeStep(
      vm,
      { name: oldName },
      `rename VM ${quoteName(name)} to ${quoteName(oldName)}`,
      `rename VM ${quoteName(oldName)} back to ${quoteName(name)}`
    ),
    {
      does: `create VM ${quoteName(name)} from snapshot ${snapshot.said}`,
      method: 'POST',
      path: `/VirDomain/${vm.uuid}/clone`,
      body: { template: { name, tags }, snapUUID: snapshot.uuid },
      creates: 'copy',
      // What was restored is kept: it may have been worked on since.
      undo: {
        does: `rename the restored VM to ${quoteName(`${name}-restored`)}`,
        method: 'PATCH',
        path: `/VirDomain/${copy.uuid}`,
        body: { name: `${name}-restored` }
      }
    },
    ...(Object.keys(settings).length === 0
      ? []
      : [
          {
            does: `copy the ${Object.keys(settings)
              .map((field) => words[field] ?? field)
              .join(' and ')} of the old one`,
            method: 'PATCH' as const,
            path: `/VirDomain/${copy.uuid}`,
            body: settings,
            optional: true
          }
        ]),
    ...(keepMAC ? macSteps(vm) : []),
    ...(startAfter ? [actionStep(restored, 'START')] : [])
  ]
}

const words: Record<string, string> = {
  snapshotScheduleUUID: 'snapshot schedule',
  affinityStrategy: 'affinity'
}

/** What the copy lacks of the VM, to be reported with it. */
function lacking(vm: VirDomain, keepMAC: boolean): string[] {
  const { replicationUUIDs, netDevs, name } = vm
  return [
    ...(replicationUUIDs.length > 0
      ? [`the replication of ${quoteName(name)} stays with the old VM: set it up again`]
      : []),
    ...(netDevs.length === 0
      ? []
      : keepMAC
        ? ['both VMs have the same MAC addresses now: do not start the old one beside it']
        : ['the restored VM has new MAC addresses (keepMAC: true keeps them)'])
  ]
}

export const restoreVm = defineTool({
  name: 'restoreVM',
  title: 'Restore a VM from a snapshot',
  description:
    'Restores a VM from a snapshot, as a new VM; the old one stays, off and renamed. Ask the user first.',
  tag: 'snapshot',
  annotations: destructive,
  effects: ['interrupt', 'change'],
  slow: true,
  sequence: () => true,
  input: Input({
    vmUUID: VmUuid,
    snapshot: Type.String({
      minLength: 1,
      maxLength: 255,
      'x-example': '"newest"',
      description: 'newest, label, uuid or time'
    }),
    keepMAC: Type.Optional(Type.Boolean({ default: false })),
    startAfter: Type.Optional(Type.Boolean({ default: false })),
    ...writeArguments
  }),
  output: SequenceResponse(),
  text: sequenceText,

  async run(context, { vmUUID, snapshot: text, keepMAC = false, startAfter = false }) {
    const vm = await findVm(context, vmUUID)
    refuseState(vm)
    const { snapshot, said } = await chooseSnapshot(context, vm, text)
    const oldName = `${vm.name}-old-${context.authority.stamp ?? ''}`
    const steps = stepsOf(vm, { uuid: snapshot.uuid, said }, oldName, { keepMAC, startAfter })
    const outcome = await runSequence(context, restoreVm.name, [vm.uuid], steps)
    const name = quoteName(vm.name)
    return {
      ...sequenceResponse(
        outcome,
        `Restored VM ${name} from snapshot ${said}. The old one is off and is called ${quoteName(oldName)}`,
        startAfter ? '' : 'It is off: changeVM_state with START starts it'
      ),
      ...(outcome.record.state === 'COMPLETE' && { notes: lacking(vm, keepMAC) })
    }
  }
})

export const restoreTools: Tool[] = [restoreVm]

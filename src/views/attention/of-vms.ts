import type { VirDomain } from '../../hypercore/records/records.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import { sum } from '../../lib/sum.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { counted, formatBytes } from '../../lib/text/units.ts'
import { callName, type Finding, findingOf, type NextCall } from './finding.ts'

/** One is looked at from all sides; of several those are listed that have it. */
const next = (found: readonly VirDomain[], all: readonly VirDomain[], filter: string): NextCall => {
  const [vm, ...others] = found
  return vm === undefined || others.length > 0
    ? { tool: 'vm_read', args: { filter } }
    : { tool: 'around', args: { target: callName(vm, all) } }
}

const names = (vms: readonly VirDomain[]): string[] => vms.map(({ name }) => quoteName(name))

/** Off, with nothing under way, although the cluster is to run it (FACTS 5, S). */
const isDown = ({ state, uiState, desiredDisposition }: VirDomain): boolean =>
  state === 'SHUTOFF' && uiState === 'SHUTOFF' && desiredDisposition === 'RUNNING'

/** What of the VMs needs a person. */
export function vmFindings(vms: readonly VirDomain[]): Finding[] {
  const inState = (state: VirDomain['state']): VirDomain[] => vms.filter((vm) => vm.state === state)
  // UNKNOWN says nothing: the guest is off, or was not asked.
  const silent = vms.filter(
    ({ state, guestAgentState }) => isRunning(state) && guestAgentState === 'UNAVAILABLE'
  )
  const running = vms.filter(({ state }) => isRunning(state)).length
  return [
    ...findingOf(inState('CRASHED'), (found) => ({
      code: 'VM_CRASHED',
      severity: 'ERROR',
      reason: `${counted(found.length, 'VM')} crashed`,
      of: names(found),
      next: next(found, vms, 'state:CRASHED')
    })),
    ...findingOf(vms.filter(isDown), (found) => ({
      code: 'VM_DOWN',
      severity: 'ERROR',
      reason: `${counted(found.length, 'VM')} off that should run`,
      of: names(found),
      next: next(found, vms, 'state:SHUTOFF desiredDisposition:RUNNING')
    })),
    ...findingOf(inState('BLOCKED'), (found) => ({
      code: 'VM_BLOCKED',
      severity: 'WARNING',
      reason: `${counted(found.length, 'VM')} waiting for a disk`,
      of: names(found),
      next: next(found, vms, 'state:BLOCKED')
    })),
    ...findingOf(inState('PAUSED'), (found) => ({
      code: 'VM_PAUSED',
      severity: 'WARNING',
      reason: `${counted(found.length, 'VM')} paused, holding ${formatBytes(sum(found, ({ mem }) => mem))} memory`,
      of: names(found),
      next: next(found, vms, 'state:PAUSED')
    })),
    ...findingOf(silent, (found) => ({
      code: 'AGENT_SILENT',
      severity: 'NOTICE',
      reason: `${found.length} of ${counted(running, 'running VM')}: the guest agent does not respond`,
      of: names(found),
      next: next(found, vms, 'state:RUNNING guestAgentState:UNAVAILABLE')
    }))
  ]
}

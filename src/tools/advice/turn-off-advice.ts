import { isRunning, isShuttingDown, type VmPowerState } from '../../hypercore/records/vm-state.ts'

/**
 * How to get a VM off from the state it is in, as the end of a sentence. Only what is possible now is
 * advised, and what keeps data comes first. Empty for one that is off.
 */
export function turnOffAdvice(vm: VmPowerState): string {
  const call = 'call changeVM_state with'
  if (vm.state === 'SHUTOFF' || vm.state === 'CRASHED') return ''
  if (isShuttingDown(vm)) return `${call} SHUTDOWN to wait until it is off`
  if (isRunning(vm.state)) return `${call} SHUTDOWN first`
  // A paused guest cannot react to a request to shut down.
  return `${call} START, which resumes it, and when it runs with SHUTDOWN; or with STOP, which cuts the power and can lose data`
}

/** Says that changes wait for the next start of a VM that is on, and how it comes by that start. */
export function waitsForStart(vm: VmPowerState, fields: readonly string[]): string | undefined {
  if (vm.state === 'SHUTOFF' || vm.state === 'CRASHED') return undefined
  const wait = fields.length === 1 ? 'waits' : 'wait'
  const said = `${fields.join(', ')} ${wait} for its next start`
  return isRunning(vm.state) && !isShuttingDown(vm)
    ? `${said}, as it is ${vm.state}: SHUTDOWN, then START with changeVM_state; a restart inside the guest is not enough`
    : `${said}: ${turnOffAdvice(vm)}; START comes after that`
}

import type {
  Node,
  VirDomain,
  VirDomainActionType,
  VirDomainState
} from '../../hypercore/records/records.ts'
import { ApiError, claim, internalError, written, type Call, type Handlers } from '../handler.ts'
import type { ClusterState, Outlook } from '../state.ts'
import { TaskFailure } from '../tasks.ts'
import { heedsAcpi } from '../vms/boot.ts'
import { chooseNode, freeMemory, isActive, isUsable, memoryOf } from '../vms/placement.ts'
import {
  beginShutdown,
  boot,
  cancelShutdown,
  guestOf,
  isShuttingDown,
  powerOff,
  powerOn,
  settleOn,
  setState
} from '../vms/power.ts'
import { refuseOverHttp, startVmTask, targetVM, type VmTask } from '../vms/vm-task.ts'

interface Action {
  virDomainUUID: string
  actionType?: VirDomainActionType
  nodeUUID?: string
}

type Work = Omit<VmTask, 'vm'>

/** From which states an action is legal, and which state it leads to (FACTS 5.6: S, I). */
const rules: Readonly<
  Record<VirDomainActionType, { from: readonly VirDomainState[]; to: VirDomainState }>
> = {
  START: { from: ['SHUTOFF', 'CRASHED', 'PAUSED', 'RUNNING'], to: 'RUNNING' },
  SHUTDOWN: { from: ['RUNNING'], to: 'SHUTDOWN' },
  // Also of a VM that is off: clients send it before every delete (FACTS 24, high).
  STOP: { from: ['RUNNING', 'SHUTDOWN', 'PAUSED', 'BLOCKED', 'SHUTOFF', 'CRASHED'], to: 'SHUTOFF' },
  PAUSE: { from: ['RUNNING'], to: 'PAUSED' },
  REBOOT: { from: ['RUNNING'], to: 'RUNNING' },
  RESET: { from: ['RUNNING', 'SHUTDOWN'], to: 'RUNNING' },
  LIVEMIGRATE: { from: ['RUNNING'], to: 'RUNNING' },
  NMI: { from: ['RUNNING'], to: 'RUNNING' }
}

function mustBe(vm: VirDomain, ...states: VirDomainState[]): void {
  if (!states.includes(vm.state))
    throw new TaskFailure("Unable to perform the action on VM '%@': it is %@", [vm.name, vm.state])
}

/** The API lets such a VM be created; it simply does not start (FACTS 5.2: S, I). */
function checkBootable(vm: VirDomain): void {
  const has = (type: string): boolean => vm.blockDevs.some((device) => device.type === type)
  const refuse = (reason: string): never => {
    throw new TaskFailure(`Unable to start VM '%@': ${reason}`, [vm.name])
  }
  if (vm.sourceVirDomainUUID !== '') refuse('it is the target of a replication')
  if (vm.numVCPU < 1) refuse('it has no virtual CPU')
  if (vm.mem < 1) refuse('it has no memory')
  if (vm.machineTypeKeyword !== 'bios' && !has('NVRAM')) refuse('UEFI needs an NVRAM device')
  if (vm.machineTypeKeyword.startsWith('tpm') && !has('VTPM')) refuse('vTPM needs a VTPM device')
}

function start({ world }: Call, vm: VirDomain, wanted: string): Work {
  const { state, options } = world
  const guest = guestOf(state, vm)
  let disposition = vm.desiredDisposition
  let node: Node | undefined
  return {
    description: 'Start Virtual Machine %@',
    durationMs: 2000,
    check() {
      mustBe(vm, 'SHUTOFF', 'CRASHED', 'PAUSED', 'RUNNING')
      node = undefined
      // Running already: it waited for another start, and there is nothing left to do.
      if (vm.state === 'PAUSED' || vm.state === 'RUNNING') return
      checkBootable(vm)
      node = chooseNode(state, vm, wanted)
      if (node === undefined)
        throw new TaskFailure("Unable to start VM '%@': no node has enough free memory", [vm.name])
    },
    begin() {
      disposition = vm.desiredDisposition
      if (vm.state !== 'RUNNING') vm.uiState = 'STARTING'
      vm.desiredDisposition = 'RUNNING'
      guest.reservedNodeUUID = node?.uuid ?? ''
    },
    finish() {
      if (vm.state === 'PAUSED') setState(vm, 'RUNNING')
      else if (node !== undefined) {
        powerOn(state, vm, node)
        const { affinityStrategy } = vm
        if (options.startSetsAffinity && wanted === '' && affinityStrategy.preferredNodeUUID === '')
          affinityStrategy.preferredNodeUUID = node.uuid
      }
    },
    undo() {
      vm.uiState = vm.state
      vm.desiredDisposition = disposition
      guest.reservedNodeUUID = ''
    }
  }
}

function stop({ world }: Call, vm: VirDomain): Work {
  const disposition = vm.desiredDisposition
  let wasOff = false
  return {
    description: 'Stop Virtual Machine %@',
    // Cutting the power of a guest that shuts down takes long (FACTS 5.6, O).
    durationMs: isShuttingDown(vm) ? 3000 : 1000,
    begin() {
      wasOff = !isActive(vm)
      vm.uiState = 'STOPPING'
      vm.desiredDisposition = 'SHUTOFF'
    },
    finish() {
      // The guest may have been faster: the VM is off and the task still fails (FACTS 5.6, O).
      if (!wasOff) mustBe(vm, 'RUNNING', 'SHUTDOWN', 'PAUSED', 'BLOCKED')
      powerOff(world.state, vm)
    },
    undo() {
      vm.uiState = vm.state
      if (vm.state !== 'SHUTOFF') vm.desiredDisposition = disposition
    }
  }
}

function pause(_call: Call, vm: VirDomain): Work {
  return {
    description: 'Pause Virtual Machine %@',
    durationMs: 1000,
    check: () => mustBe(vm, 'RUNNING'),
    begin() {
      vm.uiState = 'PAUSING'
    },
    finish() {
      mustBe(vm, 'RUNNING')
      setState(vm, 'PAUSED')
      vm.desiredDisposition = 'PAUSED'
    },
    undo() {
      vm.uiState = vm.state
    }
  }
}

function reboot({ world }: Call, vm: VirDomain, wanted: string): Work {
  const { state } = world
  return {
    description: 'Reboot Virtual Machine %@',
    durationMs: 3000,
    check: () => mustBe(vm, 'RUNNING'),
    finish() {
      mustBe(vm, 'RUNNING')
      if (!heedsAcpi(guestOf(state, vm)) || wanted === '' || wanted === vm.nodeUUID) return
      const node = state.nodes.get(wanted)
      if (node !== undefined && isUsable(node) && freeMemory(state, node, vm) >= vm.mem)
        powerOn(state, vm, node)
    }
  }
}

function reset({ world }: Call, vm: VirDomain): Work {
  return {
    description: 'Reset Virtual Machine %@',
    durationMs: 1000,
    check: () => mustBe(vm, 'RUNNING', 'SHUTDOWN'),
    finish() {
      mustBe(vm, 'RUNNING', 'SHUTDOWN')
      cancelShutdown(world.state, vm)
      setState(vm, 'RUNNING')
      vm.desiredDisposition = 'RUNNING'
      boot(world.state, vm)
    }
  }
}

function liveMigrate({ world }: Call, vm: VirDomain, wanted: string): Work {
  const { state } = world
  const node = state.nodes.get(wanted)
  const refuse = (reason: string): never => {
    throw new TaskFailure(`Unable to migrate VM '%@': ${reason}`, [vm.name])
  }
  const target = (): Node => node ?? refuse('the target node is unknown')
  return {
    description: 'Live Migrate Virtual Machine %@',
    durationMs: 5000,
    check() {
      mustBe(vm, 'RUNNING')
      if (target().uuid === vm.nodeUUID) refuse('it already runs on the target node')
      if (!isUsable(target())) refuse('the target node cannot run virtual machines')
      if (freeMemory(state, target()) < memoryOf(state, vm))
        refuse('the target node has not enough free memory')
    },
    begin() {
      vm.uiState = 'MIGRATING'
      guestOf(state, vm).reservedNodeUUID = wanted
    },
    finish() {
      mustBe(vm, 'RUNNING')
      if (!isUsable(target())) refuse('the target node cannot run virtual machines')
      settleOn(state, vm, target())
      setState(vm, 'RUNNING')
    },
    undo() {
      vm.uiState = vm.state
      guestOf(state, vm).reservedNodeUUID = ''
    }
  }
}

function nmi(_call: Call, vm: VirDomain): Work {
  return {
    description: 'Send NMI to Virtual Machine %@',
    durationMs: 500,
    check: () => mustBe(vm, 'RUNNING'),
    finish: () => undefined
  }
}

const tasks: Readonly<
  Record<
    Exclude<VirDomainActionType, 'SHUTDOWN'>,
    (call: Call, vm: VirDomain, wanted: string) => Work
  >
> = {
  START: start,
  STOP: stop,
  PAUSE: pause,
  REBOOT: reboot,
  RESET: reset,
  LIVEMIGRATE: liveMigrate,
  NMI: nmi
}

/** Asks the guest to shut down. No task: the state tells, or never does (FACTS 4.1 and 5.6: S). */
function shutdown({ world }: Call, vm: VirDomain): void {
  vm.desiredDisposition = 'SHUTOFF'
  if (heedsAcpi(guestOf(world.state, vm))) beginShutdown(world, vm)
}

/** An action that was found legal. */
interface Step {
  vm: VirDomain
  actionType: VirDomainActionType
  /** What it leads to. */
  outlook: Outlook
  /** Undefined where no task is started. */
  work: Work | undefined
}

/** The state of the VM after the actions accepted so far. */
const outlookOf = (state: ClusterState, vm: VirDomain): Outlook =>
  guestOf(state, vm).expected ?? { state: vm.state, interrupted: false }

/** Finds the steps of a call; throws if one is illegal in the state the steps before it lead to. */
function spec(call: Call<Action[]>): Step[] {
  const { state } = call.world
  const outlooks = new Map<VirDomain, Outlook>()
  return call.body.map(({ virDomainUUID, actionType, nodeUUID = '' }) => {
    if (actionType === undefined) throw new ApiError(400, 'actionType is missing')
    const vm = targetVM(call.world, virDomainUUID)
    const rule = rules[actionType]
    const before = outlooks.get(vm) ?? outlookOf(state, vm)
    const runsOn = vm.state === 'RUNNING' && !before.interrupted
    // Not a task, SHUTDOWN cannot wait for one: the guest has to run now. A second one while the
    // first is under way is refused (FACTS 5.6, O), whether the guest listens or not (I).
    const isLegal =
      actionType === 'SHUTDOWN' ? runsOn && !isShuttingDown(vm) : rule.from.includes(before.state)
    if (!isLegal) throw internalError()
    const interrupted = before.interrupted || rule.to !== 'RUNNING'
    const outlook = { state: rule.to, interrupted }
    outlooks.set(vm, outlook)
    // Starting what runs already is neither an error nor a task (FACTS 4.1, O); stopping what is off is not an
    // error (24, high), that it is not a task either is a guess.
    const isOff = vm.state === 'SHUTOFF' && before.state === 'SHUTOFF'
    const nothingToDo = (actionType === 'START' && runsOn) || (actionType === 'STOP' && isOff)
    const work =
      actionType === 'SHUTDOWN' || nothingToDo ? undefined : tasks[actionType](call, vm, nodeUUID)
    return { vm, actionType, outlook, work }
  })
}

/**
 * Power actions (FACTS 5.6). All elements are checked before the first is carried out: an illegal
 * one refuses the whole call with the 500 of a wrong state. One result for all; its tag is that of
 * the last task.
 *
 * While a start waits or runs, the VM is not running yet: another START and what is legal for a
 * running VM queue behind it, or are the 500 of an overlapping write (FACTS 4.2, O). SHUTDOWN, which
 * has no task that could wait, is the 500 of a wrong state in either case (I).
 */
export const virDomainActionHandlers: Handlers = {
  'POST /VirDomain/action': (call: Call<Action[]>) => {
    const { world } = call
    const steps = spec(call)
    const changing = steps.filter(
      ({ actionType, work }) => work !== undefined || actionType === 'SHUTDOWN'
    )
    claim(world, ...changing.map(({ vm }) => vm.uuid))
    const twice = new Set(changing.map(({ vm }) => vm)).size < changing.length
    if (twice && world.options.overlappingWrites === 'fail') throw internalError()
    for (const { work } of changing) refuseOverHttp(world, work?.check)

    let tag = ''
    for (const { vm, outlook, work } of changing) {
      if (work === undefined) {
        shutdown(call, vm)
        continue
      }
      const guest = guestOf(world.state, vm)
      guest.expected = outlook
      tag = startVmTask(call, {
        vm,
        ...work,
        settle() {
          if (guest.expected === outlook) guest.expected = undefined
        }
      })
    }
    return written(tag)
  }
}

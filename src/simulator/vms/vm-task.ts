import type { TaskTagStatus, VirDomain } from '../../hypercore/records/records.ts'
import { ApiError, claim, internalError, type Call, type World } from '../handler.ts'
import { TaskFailure } from '../tasks.ts'

/** The requester of a task; the snapshot schedules have no session. */
export type Asker = Pick<Call, 'world' | 'sessionID' | 'nodeUUID'>

export interface VmTask {
  vm: VirDomain
  /** With `%@` slots, for example `Start Virtual Machine %@`. */
  description: string
  /** The VM's name by default. */
  parameters?: string[]
  durationMs: number
  /** Objects to lock beside the VM. */
  alsoLocks?: string[]
  /** True for a VM that is only being created: it is not among the others yet. */
  creates?: boolean
  /**
   * Throws TaskFailure for what the hypervisor refuses. Asked when the task begins, and with
   * `hypervisorRefusals: 'http'` also when it is accepted: then the failure is an HTTP 500.
   */
  check?: () => void
  begin?: () => void
  finish: () => void
  /** Undoes what `begin` did. */
  undo?: () => void
  /** Called at the end in any case. */
  settle?: () => void
}

/** A copy that does not change with the task. */
const copyOf = (task: TaskTagStatus): TaskTagStatus => ({
  ...task,
  descriptionParameters: [...task.descriptionParameters],
  messageParameters: [...task.messageParameters],
  nodeUUIDs: [...task.nodeUUIDs]
})

/** A message with its `%@` slots filled. */
const filled = (failure: TaskFailure): string => {
  const parameters = [...failure.parameters]
  return failure.message.replaceAll('%@', () => parameters.shift() ?? '')
}

/** With `hypervisorRefusals: 'http'`: asks what the hypervisor says before the task is accepted. */
export function refuseOverHttp(world: World, check: (() => void) | undefined): void {
  if (world.options.hypervisorRefusals === 'task') return
  try {
    check?.()
  } catch (error) {
    if (error instanceof TaskFailure) throw new ApiError(500, filled(error))
    throw error
  }
}

/** The VM of a write; an unknown one is an internal error, as for any request that fails (I). */
export function targetVM(world: World, uuid: string | undefined): VirDomain {
  const vm = world.state.virDomains.get(uuid ?? '')
  if (vm === undefined) throw internalError()
  return vm
}

/**
 * Starts a task on one VM, which is locked until it ends, and shows it as the VM's latest task
 * (FACTS 4 and 5: S). Answers the tag.
 */
export function startVmTask({ world, sessionID, nodeUUID }: Asker, task: VmTask): string {
  const { vm } = task
  const locks = claim(world, vm.uuid, ...(task.alsoLocks ?? []))
  refuseOverHttp(world, task.check)
  return world.tasks.start({
    description: task.description,
    parameters: task.parameters ?? [vm.name],
    objectUUID: vm.uuid,
    sessionID,
    nodeUUIDs: [vm.nodeUUID || nodeUUID].filter((uuid) => uuid !== ''),
    durationMs: task.durationMs,
    locks,
    begin() {
      try {
        if (task.creates !== true && !world.state.virDomains.has(vm.uuid))
          throw new TaskFailure('Virtual Machine %@ does not exist', [vm.name])
        task.check?.()
        task.begin?.()
      } catch (error) {
        task.settle?.()
        throw error
      }
    },
    finish() {
      task.finish()
      vm.modified = world.clock.seconds()
      task.settle?.()
    },
    undo() {
      task.undo?.()
      task.settle?.()
    },
    publish(record) {
      vm.latestTaskTag = copyOf(record)
    }
  })
}

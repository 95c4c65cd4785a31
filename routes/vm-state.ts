import { type Static, Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import type { Node, VirDomain, VirDomainActionType } from '../src/hypercore/records/records.ts'
import {
  alreadyDone,
  isLegal,
  isRunning,
  isInProgress,
  vmActions
} from '../src/hypercore/records/vm-state.ts'
import type { WriteReply } from '../src/hypercore/writes/write-result.ts'
import { defineTool, destructive, type ToolContext, type Tool } from '../src/tools/define-tool.ts'
import { findNode, findVm } from '../src/tools/read/find-record.ts'
import { illegalState } from '../src/tools/vms/illegal-state.ts'
import { followAction, followInProgress } from '../src/tools/task/follow-action.ts'
import {
  Input,
  Reference,
  StringEnum,
  VmUuid,
  writeArguments,
  WriteResponse
} from '../src/tools/schemas.ts'
import { defaultWaitSeconds } from '../src/tools/task/write-response.ts'
import { quoteName, quoteWords } from '../src/lib/text/quote.ts'

const off = 'SHUTDOWN asks the guest to shut down, STOP cuts the power'
const again = 'REBOOT asks the guest to restart, RESET cuts the power and starts it'
const on = 'START turns it on, also after PAUSE'
const move = 'LIVEMIGRATE moves it to nodeUUID'

/** Words that people use, and the actions they may mean: the caller is to choose. */
const otherWords = {
  off,
  poweroff: off,
  turnoff: off,
  kill: off,
  destroy: off,
  halt: off,
  SHUTOFF: off,
  restart: again,
  powercycle: again,
  on,
  poweron: on,
  turnon: on,
  boot: on,
  run: on,
  RUNNING: on,
  resume: on,
  unpause: on,
  suspend: 'PAUSE holds it, with its memory',
  migrate: move,
  move
}

const input = Input({
  vmUUID: VmUuid,
  actionType: StringEnum(
    vmActions,
    'START, SHUTDOWN, STOP, PAUSE, REBOOT, RESET, LIVEMIGRATE or NMI',
    otherWords
  ),
  nodeUUID: Type.Optional(Reference('node', 'target of LIVEMIGRATE')),
  ...writeArguments
})

type Arguments = Static<typeof input>

const takesNode = ['LIVEMIGRATE', 'START', 'REBOOT']

/** The target node, checked before anything is sent; undefined where there is none. */
async function targetNode(
  context: ToolContext,
  vm: VirDomain,
  args: Arguments
): Promise<Node | undefined> {
  const { actionType, nodeUUID } = args
  if (nodeUUID === undefined) {
    if (actionType !== 'LIVEMIGRATE') return undefined
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'LIVEMIGRATE requires nodeUUID, the node to move the VM to: node_read lists them'
    )
  }
  if (!takesNode.includes(actionType))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `nodeUUID does not go with ${actionType}: leave it out (it goes with ${takesNode.join(', ')})`
    )
  const node = await findNode(context, nodeUUID)
  if (actionType === 'LIVEMIGRATE' && vm.nodeUUID === nodeUUID)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `VM ${quoteName(vm.name)} already runs on node ${node.lanIP}: choose another node from node_read`
    )
  return node
}

/**
 * Whether an action needs not be sent: its aim is reached or on the way. A second SHUTDOWN is refused
 * (FACTS 3.4, O).
 */
const isRedundant = (actionType: VirDomainActionType, vm: VirDomain): boolean =>
  alreadyDone(actionType, vm) !== undefined ||
  isInProgress(actionType, vm) ||
  (actionType === 'START' && isRunning(vm.state))

/** The response of the cluster; undefined where the VM turned out to be there, or on its way. */
async function sendAction(
  context: ToolContext,
  vm: VirDomain,
  { actionType, nodeUUID }: Arguments
): Promise<WriteReply | undefined> {
  const { hypercore, signal } = context
  const target = nodeUUID === undefined ? {} : { nodeUUID }
  const action = { virDomainUUID: vm.uuid, actionType, cause: 'INTERNAL', ...target }
  try {
    return await hypercore.write('POST', '/VirDomain/action', [action], { signal })
  } catch (error) {
    // The cluster returns "An internal error occurred" to an action its state does not allow
    // (FACTS 3.4, S): the state may have changed since it was read.
    if (!(error instanceof BridgeError) || error.code !== 'CLUSTER_ERROR') throw error
    const now = await findVm(context, vm.uuid).catch(() => vm)
    if (isRedundant(actionType, now)) return undefined
    if (!isLegal(actionType, now)) throw illegalState(now, actionType)
    const { node, status, answer } = error.details as Record<string, string | number>
    throw new BridgeError(
      'CLUSTER_ERROR',
      `The cluster (node ${node}) failed or refused ${actionType} for VM ${quoteName(vm.name)} (${now.state}) with ${status}: ${quoteWords(String(answer))}; it may have begun all the same, or another task may be working on it: look with getVM_details before you try again`,
      { details: error.details, cause: error }
    )
  }
}

export const changeVmState = defineTool({
  name: 'changeVM_state',
  title: 'Start, stop or move a VM',
  description:
    'Starts, stops or moves a VM. SHUTDOWN asks the guest; STOP and RESET cut the power and can lose data.',
  tag: 'vm',
  annotations: destructive,
  effects: ['change', 'interrupt'],
  slow: true,
  // The others bring the VM into a state, or find it there.
  idempotent: ({ actionType }) => !['REBOOT', 'RESET', 'NMI'].includes(actionType),
  input,
  output: WriteResponse({
    vmState: Type.Optional(Type.String({ description: 'state of the VM after the call' })),
    vmName: Type.String()
  }),

  async run(context, args) {
    const vm = await findVm(context, args.vmUUID)
    const node = await targetNode(context, vm, args)
    const { actionType, nodeUUID, wait = defaultWaitSeconds } = args
    const redundant = isRedundant(actionType, vm)
    if (!isInProgress(actionType, vm) && !isLegal(actionType, vm))
      throw illegalState(vm, actionType)
    const result = redundant ? undefined : await sendAction(context, vm, args)
    const action = { vm, actionType, nodeUUID, nodeAddress: node?.lanIP }
    const { response, vm: now } =
      result === undefined
        ? await followInProgress(context, action, wait)
        : await followAction(context, action, result, wait)
    // The cluster starts no task for a VM that runs already (FACTS 4.1, O), and takes STOP of one
    // that is off (FACTS 24, high).
    const before = actionType === 'START' && isRunning(vm.state) ? 'running' : undefined
    const already = before ?? alreadyDone(actionType, vm)
    return {
      ...response,
      ...(already !== undefined &&
        response.state === 'COMPLETE' && {
          message: `VM ${quoteName(vm.name)} is already ${already}`
        }),
      ...(now && { vmState: now.state }),
      vmName: vm.name
    }
  }
})

export const vmStateTools: Tool[] = [changeVmState]

import { setTimeout as sleep } from 'node:timers/promises'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import { BridgeError } from '../src/errors.ts'
import type { VirDomain, WriteResult } from '../src/hypercore/records.ts'
import { illegalState, isLegal, vmActions } from '../src/hypercore/vm-state.ts'
import { defineTool, destructive, type ToolContext } from '../src/tools/define-tool.ts'
import { findNode, findVm } from '../src/tools/find-record.ts'
import { Input, StringEnum, Uuid, VmUuid, Wait, WriteAnswer } from '../src/tools/schemas.ts'
import {
  defaultWaitSeconds,
  type WriteAnswer as Written,
  writeAnswer
} from '../src/tools/task-answer.ts'

const input = Input({
  vmUUID: VmUuid,
  actionType: StringEnum(
    vmActions,
    'START; SHUTDOWN asks the guest to shut down; STOP cuts the power; PAUSE; REBOOT asks the guest; ' +
      'RESET cuts and starts; LIVEMIGRATE moves a running VM to nodeUUID; NMI sends an interrupt'
  ),
  nodeUUID: Type.Optional(
    Uuid('target node, from node_read; needed for LIVEMIGRATE, optional for START and REBOOT')
  ),
  wait: Wait
})

type Arguments = Static<typeof input>

const takesNode = ['LIVEMIGRATE', 'START', 'REBOOT']

/** Checks the target node before anything is sent. */
async function checkNode(context: ToolContext, vm: VirDomain, args: Arguments): Promise<void> {
  const { actionType, nodeUUID } = args
  if (nodeUUID === undefined) {
    if (actionType !== 'LIVEMIGRATE') return
    throw new BridgeError(
      'INVALID_ARGUMENT',
      'LIVEMIGRATE needs nodeUUID, the node to move the VM to: node_read lists them'
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
      `VM ${vm.name} already runs on node ${node.lanIP}: choose another node from node_read`
    )
}

async function sendAction(
  context: ToolContext,
  vm: VirDomain,
  { actionType, nodeUUID }: Arguments
): Promise<WriteResult> {
  const { hypercore, signal } = context
  const target = nodeUUID === undefined ? {} : { nodeUUID }
  const action = { virDomainUUID: vm.uuid, actionType, cause: 'INTERNAL', ...target }
  try {
    return await hypercore.write('POST', '/VirDomain/action', [action], { signal })
  } catch (error) {
    // The cluster answers "An internal error occurred" to an action its state does not allow
    // (FACTS 3.4, S): the state may have changed since it was read.
    if (!(error instanceof BridgeError) || error.code !== 'CLUSTER_ERROR') throw error
    const now = await findVm(context, vm.uuid)
    if (!isLegal(actionType, now.state)) throw illegalState(now, actionType)
    throw new BridgeError(
      'CLUSTER_ERROR',
      `The cluster refused ${actionType} for VM ${vm.name} (${now.state}); another task may be working on it: taskTagStatus_read shows it, then try again. ${error.message}`,
      { details: error.details, cause: error }
    )
  }
}

const pollMs = 1000

/** SHUTDOWN starts no task (FACTS 5.6, S): it is followed by the VM's state. */
async function followShutdown(
  context: ToolContext,
  vm: VirDomain,
  waitSeconds: number
): Promise<Written> {
  const until = Date.now() + waitSeconds * 1000
  let state = vm.state
  for (;;) {
    state = (await findVm(context, vm.uuid)).state
    const left = until - Date.now()
    if (state === 'SHUTOFF' || left <= 0 || context.draining.aborted) break
    const ends = AbortSignal.any([context.signal, context.draining])
    await sleep(Math.min(pollMs, left), undefined, { signal: ends }).catch(() => undefined)
    if (context.signal.aborted) throw new BridgeError('CALLER_GONE', 'The caller went away')
  }
  const off = state === 'SHUTOFF'
  return {
    taskTag: '',
    createdUUID: '',
    state: off ? 'COMPLETE' : 'RUNNING',
    progressPercent: off ? 100 : 0,
    message: off
      ? `VM ${vm.name} is shut down`
      : `VM ${vm.name} was asked to shut down and is still ${state}. The guest may need longer or ignore it: getVM_details shows its state, STOP cuts the power`
  }
}

export const changeVmState = defineTool({
  name: 'changeVM_state',
  title: 'Start, stop or move a VM',
  description:
    'Changes the power state of one VM, or moves it to another node. SHUTDOWN is the safe way to turn ' +
    'a VM off; STOP and RESET cut the power and can lose data. Waits for the end (wait) and answers ' +
    'how it ended and the state the VM is in then.',
  tag: 'vm',
  annotations: destructive,
  input,
  output: WriteAnswer({
    vmState: Type.String({ description: 'state of the VM after the call' }),
    vmName: Type.String()
  }),

  async run(context, args) {
    const { vmUUID, actionType, wait = defaultWaitSeconds } = args
    const vm = await findVm(context, vmUUID)
    await checkNode(context, vm, args)
    if (!isLegal(actionType, vm.state)) throw illegalState(vm, actionType)
    const result = await sendAction(context, vm, args)
    const answer =
      result.taskTag === '' && actionType === 'SHUTDOWN'
        ? await followShutdown(context, vm, wait)
        : await writeAnswer(
            context,
            result,
            wait,
            actionType === 'START'
              ? `VM ${vm.name} is already running`
              : 'The cluster accepted it and started no task'
          )
    const after = await findVm(context, vmUUID)
    return { ...answer, vmState: after.state, vmName: vm.name }
  }
})

export const vmStateRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(changeVmState)
}

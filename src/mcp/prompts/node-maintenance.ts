import type { Node, VirDomain } from '../../hypercore/records.ts'
import { isRunning } from '../../hypercore/vm-state.ts'
import { formatBytes } from '../../lib/units.ts'
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
import { meantNode } from './find-subject.ts'
import { freeMemory, isUsable } from '../../hypercore/node-state.ts'
import { readConditions } from '../../tools/read/conditions.ts'
import { conditionLines } from '../../views/condition.ts'
import { nodeLine } from '../../views/node.ts'
import { limitLines } from '../../views/text/limit-lines.ts'
import { quoteName } from '../../lib/quote.ts'

/** A VM on the node and where it could go; undefined where no node has room. */
interface Move {
  vm: VirDomain
  target: Node | undefined
}

/** Most moves written out. */
const maxMoves = 12

/** The largest VM first, each to the usable node with most free memory then. */
export function planMoves(vms: readonly VirDomain[], others: readonly Node[]): Move[] {
  const free = new Map(others.map((node) => [node, freeMemory(node)]))
  return vms
    .toSorted((a, b) => b.mem - a.mem)
    .map((vm) => {
      const [best] = [...free].toSorted(([, a], [, b]) => b - a)
      if (best === undefined || best[1] < vm.mem) return { vm, target: undefined }
      free.set(best[0], best[1] - vm.mem)
      return { vm, target: best[0] }
    })
}

const pinned = (vm: VirDomain, node: Node): string =>
  vm.affinityStrategy.strictAffinity && vm.affinityStrategy.preferredNodeUUID === node.uuid
    ? ' (strict affinity to this node: moving it may be refused)'
    : ''

const moveLine = (node: Node, { vm, target }: Move): string => {
  const what = `${quoteName(vm.name)}, ${vm.state}, ${formatBytes(vm.mem)}${pinned(vm, node)}`
  const isPaused = vm.state === 'PAUSED'
  if (!isPaused && !isRunning(vm.state))
    return `- ${what}, uuid ${vm.uuid}: not running, cannot be moved live; ask the user`
  const paused = isPaused ? 'see the step on paused VMs; ' : ''
  if (target === undefined)
    return `- ${what}, uuid ${vm.uuid}: ${paused}NO NODE HAS ROOM, it would have to be shut down`
  const vmUUID = vm.uuid
  const args = { vmUUID, actionType: 'LIVEMIGRATE', nodeUUID: target.uuid, wait: maxWait }
  const start = isPaused
    ? `${paused}after a yes ${call('changeVM_state', { vmUUID, actionType: 'START' })}, then `
    : ''
  return `- ${what}, to ${target.lanIP}: ${start}${call('changeVM_state', args)}`
}

function situation(node: Node, nodes: readonly Node[], moves: readonly Move[]): string[] {
  const others = nodes.filter((other) => other.uuid !== node.uuid)
  const unusable = others.filter((other) => !isUsable(other))
  const stuck = moves.filter(({ target }) => target === undefined).length
  return [
    'The node:',
    nodeLine(node),
    'The others:',
    ...limitLines(others.map(nodeLine), 12, 'node_read'),
    ...(others.length === 0
      ? ['STOP: there is no other node, all VMs would have to be shut down.']
      : []),
    ...(unusable.length > 0
      ? [
          `STOP: ${unusable.length} other node(s) cannot run VMs. Do not go on before that is fixed.`
        ]
      : []),
    ...(stuck > 0 ? [`STOP: ${stuck} VM(s) have no node with enough free memory.`] : []),
    '',
    `VMs on the node: ${moves.length}. A plan, the largest first:`,
    ...limitLines(
      moves.map((move) => moveLine(node, move)),
      maxMoves,
      `vm_read with filter nodeUUID:${node.uuid}; give each to the node with most free memory`
    )
  ]
}

const instructions = (node: Node): string =>
  steps([
    'If a line above begins with STOP, or a condition from EMERGENCY to ERROR is active on another node: tell the user, and stop here.',
    `No task may be at work on these VMs: ${call('taskTagStatus_read', { filter: 'state:RUNNING' })}. Wait with waitTask and wait ${maxWait}, or ask.`,
    'Show the user the plan: which VM goes where, which must be shut down. Go on only after a yes.',
    'A PAUSED VM cannot be moved, and loses its memory when the node goes down. Ask the user for each: START it and move it, or START it and SHUTDOWN. While one is paused here, the node is not free.',
    `Move one VM at a time with the call of its line and wait for COMPLETE. ${goOnWaiting}. On ERROR stop, say what failed, and ask.`,
    'Shut a VM down only after a yes for this VM, with actionType SHUTDOWN. Never use STOP here.',
    `The node is empty only when this lists no VM, total 0: ${call('vm_read', { filter: `nodeUUID:${node.uuid}`, fields: ['name', 'state', 'uuid'] })}. One in any state, PAUSED too, is still there: go back to it.`,
    'Then tell the user that the node is free. Taking it out, rebooting or powering it off is done by the user in the HyperCore interface: no tool here does it.',
    `When the user says that it is back: ${call('node_read', { filter: `lanIP:${node.lanIP}` })} must show usable true, and ${call('condition_read')} nothing new. Then ask whether the VMs are to move back.`
  ])

/** Emptying a node safely: whether the others have room, the moves, and where to stop. */
export const nodeMaintenance = ({ node: complete }: Completers): PromptSpec => ({
  name: 'node-maintenance',
  title: 'Safe maintenance of a node',
  description:
    'Plans how to empty a node before maintenance: checks the other nodes, proposes where each VM goes, and asks before it moves any.',
  arguments: {
    node: {
      description: 'LAN address or uuid of the node, such as 10.20.0.11',
      required: true,
      complete
    }
  },
  async write(context, { node: wanted = '' }) {
    const { hypercore, signal } = context
    const [nodes, vms, conditions] = await Promise.all([
      hypercore.list('/Node', { signal }),
      hypercore.list('/VirDomain', { signal }),
      readConditions(context)
    ])
    const node = meantNode(nodes, wanted)
    const others = nodes.filter((other) => other.uuid !== node.uuid && isUsable(other))
    const moves = planMoves(
      vms.filter(({ nodeUUID }) => nodeUUID === node.uuid),
      others
    )
    return [
      userText(
        [
          `Prepare node ${node.lanIP} (uuid ${node.uuid}) for maintenance, without harm to its VMs. ${dataNote}`,
          '',
          `Read at ${new Date().toISOString()}:`,
          ...situation(node, nodes, moves),
          '',
          ...conditionLines(conditions),
          '',
          instructions(node)
        ].join('\n')
      )
    ]
  }
})

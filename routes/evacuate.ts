import { Type } from '@sinclair/typebox'
import { isUsable } from '../src/hypercore/records/node-state.ts'
import type { Node, VirDomain } from '../src/hypercore/records/records.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { isObject } from '../src/lib/json/json.ts'
import { sentences } from '../src/lib/text/sentences.ts'
import { counted } from '../src/lib/text/units.ts'
import { defineTool, idempotent, type Tool, type ToolContext } from '../src/tools/define-tool.ts'
import { findNode } from '../src/tools/read/find-record.ts'
import { type Evacuation, planEvacuation } from '../src/tools/placement/evacuation.ts'
import {
  describeStop,
  type Move,
  moveSteps,
  refuseLimited,
  refuseWhileOthersMove,
  whyNodeUnusable
} from '../src/tools/placement/move-steps.ts'
import type { Wishes } from '../src/tools/placement/pack.ts'
import { evacuationsOf, planReturn } from '../src/tools/placement/return.ts'
import { occupiesMemory } from '../src/tools/placement/rules.ts'
import { Input, Reference, Wait, writeArguments } from '../src/tools/schemas.ts'
import { sequenceText } from '../src/views/text/sequence-text.ts'
import {
  nothingSent,
  sequenceResponse,
  SequenceResponse
} from '../src/tools/writes/sequence-response.ts'
import { runSequence } from '../src/tools/writes/sequence.ts'
import { summarizeMoves, unplacedLines } from '../src/views/placement.ts'

const NodeUuid = Reference('node', 'address')

const movers = ['evacuateNode', 'moveBack']

interface ClusterNow {
  node: Node
  nodes: Node[]
  vms: VirDomain[]
}

async function readCluster(context: ToolContext, nodeUUID: string): Promise<ClusterNow> {
  const { hypercore, signal } = context
  const [nodes, vms] = await Promise.all([
    hypercore.knownList('/Node', { signal }),
    hypercore.list('/VirDomain', { signal })
  ])
  const node = nodes.find(({ uuid }) => uuid === nodeUUID) ?? (await findNode(context, nodeUUID))
  return { node, nodes, vms }
}

/** Where an approved plan moves VMs: memory may have shifted a little since, and the plan holds. */
async function approvedTargets({ authority, writes }: ToolContext): Promise<Wishes> {
  const plan = authority.plan === undefined ? undefined : await writes.plans.get(authority.plan)
  const actions = (plan?.requests ?? []).flatMap(({ body }) =>
    Array.isArray(body) ? (body as unknown[]) : []
  )
  return new Map(
    actions.flatMap((action) =>
      isObject(action) ? [[String(action['virDomainUUID']), String(action['nodeUUID'])]] : []
    )
  )
}

/** Where a node cannot be emptied at all. */
function refuseNode({ node, nodes }: ClusterNow): void {
  if (node.networkStatus !== 'ONLINE' || !node.virtualizationOnline)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Nothing was sent: ${whyNodeUnusable(node)}, and VMs are moved live from a node that runs. vm_read with filter nodeUUID:${node.uuid} lists those it still has`
    )
  const others = nodes.filter(({ uuid }) => uuid !== node.uuid)
  if (others.length === 0)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Nothing was sent: ${node.lanIP} is the only node, so there is nowhere to move its VMs. changeVM_state with SHUTDOWN turns one off`
    )
  if (!others.some(isUsable))
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Nothing was sent: no other node can take VMs: ${others.map(whyNodeUnusable).join(', ')}`
    )
}

/** @throws {BridgeError} ILLEGAL_STATE naming what runs and cannot move */
function refuseStuck({ node, stuck, moves }: Evacuation, partly: boolean): void {
  if (stuck.length === 0 || (partly && moves.length > 0)) return
  const goOn = moves.length === 0 ? '' : ` partly: true moves the other ${moves.length}.`
  throw new BridgeError(
    'ILLEGAL_STATE',
    `Nothing was sent: ${counted(stuck.length, 'VM')} cannot move off node ${node.lanIP}. ${unplacedLines(stuck)}.${goOn} Changing its affinity or tags with updateVM, or turning a VM off, lets all move`
  )
}

/** What is still on a node after its VMs have moved. */
function stillThere(node: Node, vms: readonly VirDomain[], { stuck, staying }: Evacuation): string {
  const reasons = new Map([...stuck, ...staying].map(({ vm, why }) => [vm.uuid, why]))
  const left = vms.filter((vm) => vm.nodeUUID === node.uuid && occupiesMemory(vm))
  if (left.length === 0) return `No VM is left on ${node.lanIP}`
  const lines = unplacedLines(
    left.map((vm) => ({
      vm,
      why: reasons.get(vm.uuid) ?? `${vm.state}, came since the plan: evacuateNode again`
    }))
  )
  return `NOT EMPTY, ${counted(left.length, 'VM')} still on ${node.lanIP}: ${lines}`
}

const movesOf = ({ node, moves }: Evacuation): Move[] =>
  moves.map(({ vm, to }) => ({ vm, from: node, to }))

export const evacuateNode = defineTool({
  name: 'evacuateNode',
  alone: 'it is a plan of its own: dry_run shows it',
  title: 'Empty a node',
  description: 'Moves all running VMs off a node. dry_run shows where to.',
  tag: 'cluster',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  sequence: () => true,
  input: Input({
    nodeUUID: NodeUuid,
    partly: Type.Optional(Type.Boolean({ description: 'leave what cannot move' })),
    ...writeArguments,
    // It takes minutes: a client that can wait for them need not call again.
    wait: Wait
  }),
  output: SequenceResponse(),
  text: sequenceText,

  async run(context, { nodeUUID, partly = false }) {
    refuseLimited(context, evacuateNode.name)
    const now = await readCluster(context, nodeUUID)
    const { node } = now
    refuseNode(now)
    const stopped = await refuseWhileOthersMove(context, movers)
    const plan = planEvacuation(node, now.nodes, now.vms, await approvedTargets(context))
    refuseStuck(plan, partly)
    if (plan.moves.length === 0)
      return nothingSent(
        sentences('Nothing to move, nothing was sent', stillThere(node, now.vms, plan))
      )
    const moves = movesOf(plan)
    const summary = summarizeMoves(plan.moves)
    const stays = unplacedLines([...plan.stuck, ...plan.staying])
    const outcome = await runSequence(
      context,
      evacuateNode.name,
      [node.uuid, ...moves.map(({ vm }) => vm.uuid)],
      moveSteps(moves),
      sentences(
        `move off node ${node.lanIP} ${summary}`,
        stays && `Not moved: ${stays}`,
        plan.failover
      ),
      stopped
    )
    const response = sequenceResponse(outcome, '')
    const back = `moveBack with nodeUUID ${node.lanIP} brings them back`
    if (outcome.record.state !== 'COMPLETE')
      return {
        ...response,
        message: describeStop(
          outcome,
          moves,
          `To continue: evacuateNode again, which plans the rest again. To go back: ${back}`
        )
      }
    const { hypercore, signal } = context
    const after = await hypercore.list('/VirDomain', { signal }).catch(() => undefined)
    return {
      ...response,
      message: sentences(
        `Moved off node ${node.lanIP} ${summary}`,
        after === undefined ? '' : stillThere(node, after, plan),
        plan.failover,
        back
      )
    }
  }
})

export const moveBack = defineTool({
  name: 'moveBack',
  alone: 'it is a plan of its own: dry_run shows it',
  title: 'Bring VMs back to a node',
  description: 'Brings back the VMs that evacuateNode moved off a node.',
  tag: 'cluster',
  annotations: idempotent,
  effects: ['change'],
  slow: true,
  sequence: () => true,
  input: Input({ nodeUUID: NodeUuid, ...writeArguments }),
  output: SequenceResponse(),
  text: sequenceText,

  async run(context, { nodeUUID }) {
    refuseLimited(context, moveBack.name)
    const { node, nodes, vms } = await readCluster(context, nodeUUID)
    if (!isUsable(node))
      throw new BridgeError(
        'ILLEGAL_STATE',
        `Nothing was sent: ${whyNodeUnusable(node)}. Call again when node_read shows it usable`
      )
    const stopped = await refuseWhileOthersMove(context, movers)
    const { sequences } = context.writes
    const evacuations = evacuationsOf(node.uuid, evacuateNode.name, await sequences.list())
    if (evacuations.length === 0)
      throw new BridgeError(
        'NOT_FOUND',
        `No evacuation of node ${node.lanIP} is left to undo: they are kept for a week, and each is undone once. changeVM_state with LIVEMIGRATE moves single VMs`
      )
    const plan = planReturn(node, evacuations, nodes, vms)
    const { moves, left, home, gone } = plan
    const others = sentences(
      left.length === 0 ? '' : `Left where they are: ${unplacedLines(left)}`,
      home === 0 ? '' : `Back already: ${counted(home, 'VM')}`,
      gone === 0 ? '' : `Deleted since: ${counted(gone, 'VM')}`
    )
    if (moves.length === 0)
      return nothingSent(sentences('Nothing to move back, nothing was sent', others))
    const summary = summarizeMoves(moves)
    const outcome = await runSequence(
      context,
      moveBack.name,
      [node.uuid, ...moves.map(({ vm }) => vm.uuid)],
      moveSteps(moves),
      sentences(`move back ${summary}`, others),
      stopped
    )
    const response = sequenceResponse(outcome, '')
    if (outcome.record.state !== 'COMPLETE')
      return {
        ...response,
        message: sentences(
          describeStop(outcome, moves, 'To continue: moveBack again, which moves the rest'),
          others
        )
      }
    for (const each of evacuations) await sequences.markUndone(each.id, outcome.record.id)
    return { ...response, message: sentences(`Moved back ${summary}`, others) }
  }
})

export const evacuateTools: Tool[] = [evacuateNode, moveBack]

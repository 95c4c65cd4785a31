import type { Node } from '../../hypercore/records/records.ts'
import type { Completers } from '../completion.ts'
import { call, dataNote, maxWait, type PromptSpec, steps, userText } from './define-prompt.ts'
import { meantNode } from './find-subject.ts'
import { readConditions } from '../../tools/read/conditions.ts'
import { conditionLines } from '../../views/condition.ts'
import { nodeAmongOthers } from '../../views/node-maintenance.ts'

const instructions = (node: Node): string => {
  const nodeUUID = node.uuid
  return steps([
    'If a line above begins with STOP, or a condition from EMERGENCY to ERROR is active on another node: tell the user, and stop here.',
    `The plan, nothing is sent: ${call('evacuateNode', { nodeUUID, dry_run: true })}. Show the user which VM goes where, what cannot move and why, and what a further loss would mean. Continue only after the user confirms.`,
    'A PAUSED VM cannot be moved, and loses its memory when the node goes down. Ask the user for each: START it, or START it and SHUTDOWN. What cannot move is shut down only after the user confirms it for this VM, with changeVM_state SHUTDOWN. Never use STOP here.',
    `Then ${call('evacuateNode', { nodeUUID, wait: maxWait })}. While it is RUNNING make the very same call again, which waits on. If it stops, say at which VM and why, and ask.`,
    'The node is empty only when the message says "No VM is left"; NOT EMPTY names those that are still there: go back to step 3.',
    'Then tell the user that the node is free. Taking it out, rebooting or powering it off is done by the user in the HyperCore interface: no tool here does it.',
    `When the user says that it is back: ${call('node_read', { filter: `lanIP:${node.lanIP}` })} must show usable true, and ${call('condition_read')} nothing new. Ask whether the VMs are to come back: ${call('moveBack', { nodeUUID, wait: maxWait })}`
  ])
}

/** Emptying a node safely: whether the others have room, the moves, and where to stop. */
export const nodeMaintenance = ({ node: complete }: Completers): PromptSpec => ({
  name: 'node-maintenance',
  title: 'Safe maintenance of a node',
  description:
    'Empties a node before maintenance: checks the other nodes, shows where each VM goes, and asks before it moves any.',
  arguments: {
    node: {
      description: 'LAN address or uuid of the node, such as 10.20.0.11',
      required: true,
      complete
    }
  },
  async write(context, { node: wanted = '' }) {
    const { hypercore, signal } = context
    const [nodes, conditions] = await Promise.all([
      hypercore.list('/Node', { signal }),
      readConditions(context)
    ])
    const node = meantNode(nodes, wanted)
    return [
      userText(
        [
          `Prepare node ${node.lanIP} (uuid ${node.uuid}) for maintenance, without harm to its VMs. ${dataNote}`,
          '',
          `Read at ${new Date().toISOString()}:`,
          ...nodeAmongOthers(node, nodes),
          '',
          ...conditionLines(conditions),
          '',
          instructions(node)
        ].join('\n')
      )
    ]
  }
})

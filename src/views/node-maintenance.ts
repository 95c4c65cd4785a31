import { isUsable } from '../hypercore/records/node-state.ts'
import type { Node } from '../hypercore/records/records.ts'
import { nodeLine } from './node.ts'
import { limitLines } from './text/limit-lines.ts'

/** What stands against taking a node out of use, a line for each reason. */
function obstacles(others: readonly Node[]): string[] {
  const unusable = others.filter((other) => !isUsable(other))
  return [
    ...(others.length === 0
      ? ['STOP: there is no other node, all VMs would have to be shut down.']
      : []),
    ...(unusable.length > 0
      ? [
          `STOP: ${unusable.length} other node(s) cannot run VMs. Do not continue before that is fixed.`
        ]
      : [])
  ]
}

/** A node that is to be emptied, as lines of Markdown: itself, the others, and what stands against it. */
export function nodeAmongOthers(node: Node, nodes: readonly Node[]): string[] {
  const others = nodes.filter((other) => other.uuid !== node.uuid)
  return [
    'The node:',
    nodeLine(node),
    'The others:',
    ...limitLines(others.map(nodeLine), 12, 'node_read'),
    ...obstacles(others)
  ]
}

import type { Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const day = 86_400

/** The VMs of the simulated cluster. */
export const vmsOf = ({ simulator }: TestBridge) => [...simulator.world.state.virDomains.values()]

/** Unix seconds of the newest snapshot of each VM; 0 for none. */
function newestSnapshots(bridge: TestBridge): Map<string, number> {
  const newest = new Map(vmsOf(bridge).map(({ uuid }) => [uuid, 0]))
  for (const { domainUUID, timestamp } of bridge.simulator.world.state.snapshots.values())
    newest.set(domainUUID, Math.max(timestamp, newest.get(domainUUID) ?? 0))
  return newest
}

const names = (items: { name: string }[]): string[] => items.map(({ name }) => name).toSorted()

/** One call of vm_read, over REST and MCP, answers each question on a cluster of `size` VMs. */
export async function askVmQuestions(t: Test, size: number): Promise<void> {
  const bridge = await startTestBridge(t, { simulator: { vms: size } })
  const mcp = await connectMcp(t, bridge)
  const all = vmsOf(bridge)
  const newest = newestSnapshots(bridge)
  const { snapshotSchedules: schedules, replications } = bridge.simulator.world.state
  const at = Date.now() / 1000
  const scheduleOf = ({ snapshotScheduleUUID }: (typeof all)[number]): string =>
    schedules.get(snapshotScheduleUUID)?.name ?? ''
  const replicated = new Set(
    [...replications.values()]
      .filter(({ enable }) => enable)
      .map(({ sourceDomainUUID }) => sourceDomainUUID)
  )
  const [nodeAt] = bridge.simulator.world.state.nodes.values()
  const schedule = [...schedules.values()][0]?.name ?? ''
  const questions: [string, (vm: (typeof all)[number]) => boolean][] = [
    ['snapshotAge>7d', ({ uuid }) => at - (newest.get(uuid) ?? 0) > 7 * day],
    ['not snapshotAge>7d', ({ uuid }) => at - (newest.get(uuid) ?? 0) <= 7 * day],
    ['no snapshots', ({ uuid }) => newest.get(uuid) === 0],
    [`schedule:"${schedule}"`, (vm) => scheduleOf(vm) === schedule],
    ['schedule:none state:RUNNING', (vm) => scheduleOf(vm) === '' && vm.state === 'RUNNING'],
    ['replication:on', ({ uuid }) => replicated.has(uuid)],
    ['memory>8GB', ({ mem }) => mem > 8 * 1024 ** 3],
    [
      'memory>8GB and (tags:prod or tags:test)',
      ({ mem, tags }) => mem > 8 * 1024 ** 3 && /(^|,)(prod|test)(,|$)/.test(tags)
    ],
    ['state in (SHUTOFF, PAUSED)', ({ state }) => state === 'SHUTOFF' || state === 'PAUSED'],
    ['powered off', ({ state }) => state === 'SHUTOFF'],
    ['state:stopped', ({ state }) => state === 'SHUTOFF'],
    [`node:${nodeAt?.peerID}`, ({ nodeUUID }) => nodeUUID === nodeAt?.uuid],
    [`node:"node ${nodeAt?.peerID}"`, ({ nodeUUID }) => nodeUUID === nodeAt?.uuid],
    [`nodeUUID:"node ${nodeAt?.peerID}"`, ({ nodeUUID }) => nodeUUID === nodeAt?.uuid],
    [`node:${nodeAt?.lanIP}`, ({ nodeUUID }) => nodeUUID === nodeAt?.uuid],
    ['osType:other', ({ operatingSystem }) => operatingSystem === 'os_other']
  ]
  for (const [filter, meets] of questions) {
    const expected = names(all.filter(meets))
    const args = { filter, fields: ['name'], max_tokens: 100_000 }
    const { status, body } = await bridge.call('vm_read', args)
    t.equal(status, 200, `${filter}: ${JSON.stringify(body).slice(0, 200)}`)
    t.equal(body.total, expected.length, filter)
    t.same(names(body.items), expected, filter)
    const { structuredContent } = await mcp.callTool({ name: 'vm_read', arguments: args })
    t.match(structuredContent, { total: expected.length }, `${filter} over MCP`)
  }
  const none = all.filter(({ uuid }) => newest.get(uuid) === 0).length
  const old = await bridge.call('vm_read', { filter: 'snapshotAge>7d' })
  t.match(old.body.hint, `${none} of them ha`)
  t.match(old.body.hint, 'no snapshot, which counts as older than any')
}

import t, { type Test } from 'tap'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

/** Calls a tool and answers the text that a model reads. */
type Call = (tool: string, args: Record<string, unknown>) => Promise<string>

const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i

/** What a reader takes from an answer; ends the test where it is not there. */
function takes(t: Test, text: string, form: RegExp): string {
  const [, found] = form.exec(text) ?? []
  if (found === undefined) throw new Error(`Nobody finds ${form} in:\n${text}`)
  t.notMatch(found, uuid, `"${found}" is a name`)
  return found
}

/**
 * An operator tries an update on a copy: find the VM, snapshot it, clone it from that snapshot, start
 * the clone, look at its load, shut it down, clear both away. Knows at first that the VM is called
 * something like "Web-01"; everything else is read from the answers. No uuid is ever sent.
 */
async function walk(t: Test, bridge: TestBridge, call: Call): Promise<void> {
  const { virDomains, snapshots } = bridge.simulator.world.state
  const before = { vms: virDomains.size, snapshots: snapshots.size }
  const stateOf = (name: string): string | undefined => virDomains.get(bridge.vm(name))?.state
  const labels = (): string[] => [...snapshots.values()].map(({ label }) => label)

  const found = await call('fetch_vm', { arguments: { vm_name: ' Web-01', user: null } })
  const name = takes(t, found, /\t(web-01)\t/)

  const taken = await call('snapshotVM', {
    vm: 'Web-01 ',
    snapshot_name: 'before version 5.2',
    wait: '30'
  })
  const original = takes(t, taken, /\b(web-01)\b/)
  t.equal(original, name, 'the answer says which VM it was')
  t.match(taken, 'COMPLETE')
  t.ok(labels().includes('before version 5.2'))

  const listed = await call('vmSnapshots_read', { vm_name: 'WEB-01', filter: '', limit: '5' })
  const label = takes(t, listed, /\t(before version [\d.]+)\t/)

  const cloned = await call('cloneVM', {
    vm_name: name.toUpperCase(),
    snapshot: ` ${label}`,
    new_name: 'web-01-try',
    wait: '30'
  })
  t.match(cloned, 'COMPLETE')
  const copy = takes(t, cloned, /\b(web-01-try)\b/)
  t.equal(stateOf(copy), 'SHUTOFF', 'it is there, and off')

  // From here on data can be lost: the name has to be exact, and is, as it was read.
  const started = await call('changeVM_state', {
    vm: ` ${copy} `,
    action: 'start',
    nodeUUID: null,
    wait: '30'
  })
  t.match(started, 'COMPLETE')
  t.equal(stateOf(copy), 'RUNNING')

  const load = await call('getVM_sysStats', { parameters: JSON.stringify({ vm: ` ${copy} ` }) })
  t.match(load, /cpu/i, 'it says how busy the clone is')
  t.match(load, 'RUNNING')
  t.match(load, copy)

  const down = await call('changeVM_state', {
    input: { vmName: copy, Action: 'Shutdown', wait: '60', node: '' }
  })
  t.match(down, 'COMPLETE')
  t.equal(stateOf(copy), 'SHUTOFF')

  const deleted = await call('delete_snapshotVM', { snapshot_label: label, wait: '30' })
  t.match(deleted, label)
  t.match(deleted, 'COMPLETE')
  t.notOk(labels().includes(label), 'the snapshot is gone')

  t.match(await call('deleteVM', { vm: copy, wait: '30' }), 'COMPLETE')
  t.equal(virDomains.size, before.vms, 'the clone is gone')
  t.equal(snapshots.size, before.snapshots, 'and with it nothing else')
  t.equal(stateOf(name), 'RUNNING', 'the VM ran all the time')
}

/** Refuses to send what only the cluster can know. */
const withoutUuids =
  (t: Test, call: Call): Call =>
  (tool, args) => {
    t.notMatch(JSON.stringify(args), uuid, `${tool} is called with names`)
    return call(tool, args)
  }

t.test('an operator’s story with names only, through REST', async (t) => {
  const bridge = await startTestBridge(t)
  const call: Call = async (tool, args) => {
    const { status, text } = await bridge.call(tool, args, { accept: 'text/plain' })
    if (status !== 200) throw new Error(`${tool} ${JSON.stringify(args)}: ${status} ${text}`)
    return text
  }
  await walk(t, bridge, withoutUuids(t, call))
})

t.test('the same through MCP', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  const call: Call = async (tool, args) => {
    const { content, isError } = await client.callTool({ name: tool, arguments: args })
    const [first] = content
    const text = first?.type === 'text' ? first.text : ''
    if (isError === true) throw new Error(`${tool} ${JSON.stringify(args)}: ${text}`)
    return text
  }
  await walk(t, bridge, withoutUuids(t, call))
})

t.test('what could lose data is not done by a name that is only like it', async (t) => {
  const bridge = await startTestBridge(t)
  const deletes = await bridge.call('deleteVM', { vm: 'TEST-WEB-01' })
  t.equal(deletes.status, 404)
  t.match(deletes.body.error.message, 'test-web-01', 'the right name is offered')
  const stops = await bridge.call('changeVM_state', { vm: 'web', action: 'stop' })
  t.ok(stops.status >= 400)
  const running = [...bridge.simulator.world.state.virDomains.values()].filter(
    ({ name, state }) => name.startsWith('web-0') && state === 'RUNNING'
  )
  t.ok(running.length >= 2, 'and nothing is stopped')
})
